import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { MonotonicClock, NS_PER_MS } from '../../../src/core/clock.ts';
import type { ArmatureError } from '../../../src/core/errors.ts';
import type { CameraFrame } from '../../../src/core/observation.ts';
import { loaderArguments } from '../../../src/core/module-worker.ts';
import { readVideo } from '../../../src/record/read-video.ts';
import type { CameraStateChange } from '../../../src/runtime/camera/camera-channel.ts';
import { CameraHub } from '../../../src/runtime/camera/camera-hub.ts';
import type { RecordedVideo } from '../../../src/runtime/camera/row-recorder.ts';
import { parseCamera, pushedCamera } from '../../../src/sensors/camera/camera-address.ts';
import type { CameraAddress } from '../../../src/sensors/camera/camera-address.ts';
import { ObservationSampler } from '../../../src/sensors/observation-sampler.ts';
import { FakeSource, makeRobot } from '../../../src/testing/index.ts';
import { RtspServer } from './rtsp-server.ts';
import {
  HEIGHT,
  LEVELS,
  MjpegServer,
  PATIENCE_MS,
  WIDTH,
  expectInOrder,
  greyRgb,
  levelOf,
  temporaryFolder,
  until,
  videoFile,
} from './test-cameras.ts';

const clock = new MonotonicClock();
const robot = makeRobot();
const FPS = 30;
const hubs: CameraHub[] = [];

afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.close();
});

interface Watched {
  readonly hub: CameraHub;
  readonly changes: CameraStateChange[];
  readonly failures: ArmatureError[];
}

async function open(...cameras: CameraAddress[]): Promise<Watched> {
  const hub = await CameraHub.open({ robot, cameras, clock });
  hubs.push(hub);
  const [changes, failures]: [CameraStateChange[], ArmatureError[]] = [[], []];
  hub.listen({ onState: (change) => changes.push(change), onFailure: (failure) => failures.push(failure) });
  return { hub, changes, failures };
}

const pushed = (level: number, stampNs: number, camera = 'front'): CameraFrame => {
  return { camera, width: WIDTH, height: HEIGHT, rgb: greyRgb(level), stampNs };
};

async function levelsIn({ path, frames }: RecordedVideo): Promise<number[]> {
  return (await readVideo({ path, fromTimestampS: 0, frameCount: frames, fps: FPS })).map(levelOf);
}

const stateOf = (hub: CameraHub, camera = 'front'): string | undefined => hub.health.get(camera)?.state;

describe('a recording', { timeout: 2 * PATIENCE_MS }, () => {
  it('has in each row the newest picture that had arrived by its time, again where there is none, and marks it', async () => {
    const { hub } = await open(pushedCamera('front'));
    // Pictures arrive at 10, 20, 30, ... with levels 1, 2, 3, ...; rows come at their own times.
    for (let picture = 1; picture <= 3; picture += 1) hub.push(pushed(picture, 10 * picture));
    await hub.beginEpisode({ directory: join(temporaryFolder(), 'new'), fps: FPS });
    hub.row(0, 25);
    hub.row(1, 30);
    hub.row(2, 39);
    hub.push(pushed(4, 40));
    hub.push(pushed(5, 50));
    hub.push(pushed(6, 60));
    hub.row(3, 51);
    hub.row(4, 59);
    hub.row(5, 1000);
    const video = (await hub.endEpisode()).get('front') as RecordedVideo;
    expect(video).toMatchObject({ frames: 6, width: WIDTH, height: HEIGHT, overrunRows: 0 });
    expect([...video.captureNs]).toEqual([20, 30, 30, 50, 50, 60]);
    expect([...video.repeated]).toEqual([0, 0, 1, 0, 1, 0]);
    expect(await levelsIn(video)).toEqual([2, 3, 3, 5, 5, 6]);
    expect(video.statistics.count).toEqual([6]);
    const levels = [2, 3, 3, 5, 5, 6].map((level) => (greyRgb(level)[0] ?? 0) / 255);
    expect(video.statistics.mean[0]).toBeCloseTo(levels.reduce((sum, level) => sum + level) / 6, 2);
  });

  it('of several cameras has one picture a row in each, and another episode can follow', async () => {
    const path = await videoFile(3 * LEVELS, FPS);
    const { hub, failures } = await open(
      parseCamera(`front=file:${path}`),
      parseCamera(`extra=file:${path},fps=9,width=64,height=48`),
    );
    await hub.ready(PATIENCE_MS);
    for (const rows of [30, 12]) {
      const directory = temporaryFolder();
      await hub.beginEpisode({ directory, fps: FPS });
      for (let row = 0; row < rows; row += 1) {
        await delay(1000 / FPS);
        hub.row(row, clock.nowNs());
      }
      const videos = await hub.endEpisode();
      expect([...videos.keys()].toSorted()).toEqual(['extra', 'front']);
      expect(videos.get('extra')).toMatchObject({ frames: rows, width: 64, height: 48 });
      expect(readdirSync(directory).toSorted()).toEqual(['extra.mp4', 'front.mp4']);
      for (const video of videos.values()) {
        const levels = await levelsIn(video);
        expect(levels.length).toBe(rows);
        // The file goes on and on: a new picture is a later one, and only a repeated one is the same.
        for (let row = 1; row < rows; row += 1) {
          const steps = ((levels[row] ?? 0) - (levels[row - 1] ?? 0) + LEVELS) % LEVELS;
          expect(steps === 0).toBe(video.repeated[row] === 1);
          expect((video.captureNs[row] ?? 0) > (video.captureNs[row - 1] ?? 0)).toBe(video.repeated[row] === 0);
        }
      }
    }
    expect(hub.queueDepth).toBe(0);
    expect(failures).toEqual([]);
  });

  it('goes on with the last picture, marked, while a camera is lost, and with new ones once it is back', async () => {
    const server = await MjpegServer.start();
    const { hub, changes } = await open(parseCamera(`front=${server.url}`));
    await hub.ready(PATIENCE_MS);
    await hub.beginEpisode({ directory: temporaryFolder(), fps: FPS });
    let rows = 0;
    const recordUntil = async (condition: () => boolean): Promise<void> => {
      for (let row = 0; row < FPS / 2 || !condition(); row += 1) {
        hub.row(rows, clock.nowNs());
        rows += 1;
        await delay(1000 / FPS);
      }
    };
    await recordUntil(() => true);
    const { port } = server;
    await server.refuse();
    await recordUntil(() => stateOf(hub) === 'lost');
    const lostAt = rows;
    await recordUntil(() => (hub.health.get('front')?.problem ?? '') !== '');
    expect(hub.health.get('front')?.problem).toMatch(/cannot be opened.*Connection refused/);
    const backAt = rows;
    await server.listen(port);
    await recordUntil(() => stateOf(hub) === 'ok');
    const okAt = rows;
    await recordUntil(() => true);
    const video = (await hub.endEpisode()).get('front') as RecordedVideo;
    expect(video.frames).toBe(rows);
    expectInOrder(
      changes.map(({ state }) => state),
      ['ok', 'lost', 'ok'],
    );
    const levels = await levelsIn(video);
    expect(new Set(levels.slice(lostAt, backAt)).size).toBe(1);
    expect(video.repeated.slice(lostAt, backAt).every((flag) => flag === 1)).toBe(true);
    expect(video.repeated.slice(okAt)).toContain(0);
    for (let row = 1; row < rows; row += 1) if (video.repeated[row] === 1) expect(levels[row]).toBe(levels[row - 1]);
  });

  it('is given up without a trace, also by closing', async () => {
    const { hub } = await open(pushedCamera('front'));
    hub.push(pushed(1, 10));
    const directory = temporaryFolder();
    await hub.beginEpisode({ directory, fps: FPS });
    for (let row = 0; row < 5; row += 1) hub.row(row, 10);
    expect(readdirSync(directory)).toEqual(['front.mp4.partial']);
    await hub.discardEpisode();
    await hub.discardEpisode();
    expect(readdirSync(directory)).toEqual([]);
    await hub.beginEpisode({ directory, fps: FPS });
    hub.row(0, 10);
    await hub.close();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('knows what comes when', async () => {
    const { hub } = await open(pushedCamera('front'));
    const directory = temporaryFolder();
    await expect(hub.beginEpisode({ directory, fps: FPS })).rejects.toThrow(/E_CAMERA:.*no picture to begin with/);
    expect(() => hub.row(0, 0)).toThrow(/E_CAMERA_EPISODE.*beginEpisode first/);
    await expect(hub.endEpisode()).rejects.toThrow('no episode is under way');
    hub.push(pushed(1, 10));
    await expect(hub.beginEpisode({ directory, fps: 29.5 })).rejects.toThrow(/whole number of frames/);
    await hub.beginEpisode({ directory, fps: FPS });
    await expect(hub.beginEpisode({ directory, fps: FPS })).rejects.toThrow('under way already');
    hub.row(0, 10);
    expect(() => hub.row(2, 20)).toThrow(/row 2 is not the next one\. Expected row 1/);
    expect(() => hub.push(pushed(1, 30, 'back'))).toThrow(/no camera "back"\. Expected front/);
    expect((await hub.endEpisode()).get('front')?.frames).toBe(1);
    await hub.beginEpisode({ directory, fps: FPS });
    await expect(hub.endEpisode()).rejects.toThrow(/needs frames/);
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('what can go wrong', { timeout: 2 * PATIENCE_MS }, () => {
  it('a camera whose picture stands still is frozen, one that falls silent lost, and both are told', async () => {
    const server = await MjpegServer.start();
    const { hub, changes } = await open(parseCamera(`front=${server.url}`));
    await until(() => stateOf(hub) === 'ok');
    server.mode = 'freeze';
    await until(() => stateOf(hub) === 'frozen');
    server.mode = 'run';
    await until(() => stateOf(hub) === 'ok');
    server.mode = 'stall';
    await until(() => stateOf(hub) === 'lost');
    // Silence on an open connection ends it, and the camera is opened anew.
    await until(() => server.connections > 1);
    server.mode = 'run';
    await until(() => stateOf(hub) === 'ok');
    expectInOrder(
      changes.map(({ state }) => state),
      ['ok', 'frozen', 'ok', 'lost', 'ok'],
    );
    expect(hub.health.get('front')).toMatchObject({ deaths: 0, problem: undefined });
  });

  it('a damaged picture is left out', async () => {
    const server = await MjpegServer.start();
    const { hub } = await open(parseCamera(`front=${server.url}`));
    await until(() => stateOf(hub) === 'ok');
    for (let picture = 0; picture < 5; picture += 1) server.sendNonsense();
    const before = hub.health.get('front')?.pid;
    const seen: number[] = [];
    hub.sources.get('front')?.subscribe({ next: ({ rgb }) => seen.push(levelOf(rgb)), error: () => undefined });
    await until(() => seen.length > 10);
    expect(hub.health.get('front')?.pid).toBe(before);
  });

  it('a process that is killed is named and started again; its episode is lost, nothing else is', async () => {
    const path = await videoFile(LEVELS, FPS);
    const { hub, failures } = await open(parseCamera(`front=file:${path}`), pushedCamera('wrist'));
    hub.push(pushed(1, 10, 'wrist'));
    await hub.ready(PATIENCE_MS);
    const directory = temporaryFolder();
    const record = async (folder: string): Promise<void> => {
      await hub.beginEpisode({ directory: join(directory, folder), fps: FPS });
      for (let row = 0; row < 10; row += 1) hub.row(row, clock.nowNs());
    };
    await record('saved');
    const saved = await hub.endEpisode();
    await record('lost');
    process.kill(hub.health.get('front')?.pid as number, 'SIGKILL');
    await until(() => hub.episodeFailure !== undefined);
    hub.row(10, clock.nowNs());
    await expect(hub.endEpisode()).rejects.toThrow(/E_CAMERA_DIED: the process of camera front ended \(SIGKILL\)/);
    expect(failures.map(({ code }) => code)).toEqual(['E_CAMERA_DIED']);
    expect(readdirSync(join(directory, 'lost'))).toEqual([]);
    await until(() => hub.health.get('front')?.deaths === 1 && stateOf(hub) === 'ok');
    await record('next');
    for (const videos of [saved, await hub.endEpisode()])
      for (const video of videos.values()) expect((await levelsIn(video)).length).toBe(10);
  });

  it('a process that hangs is lost, then ended and started again', async () => {
    const { hub, failures, changes } = await open(parseCamera(`front=file:${await videoFile(LEVELS, FPS)}`));
    await until(() => stateOf(hub) === 'ok');
    process.kill(hub.health.get('front')?.pid as number, 'SIGSTOP');
    await until(() => stateOf(hub) === 'lost');
    expect(failures).toEqual([]);
    await until(() => stateOf(hub) === 'ok');
    expect(failures.map(({ code }) => code)).toEqual(['E_CAMERA_DIED']);
    expectInOrder(
      changes.map(({ state }) => state),
      ['ok', 'lost', 'ok'],
    );
  });

  it('a full disk ends the episode with a clear word, and the next one can be recorded elsewhere', async () => {
    const { hub, failures } = await open(pushedCamera('front'), pushedCamera('wrist'));
    for (const camera of ['front', 'wrist']) hub.push(pushed(1, 10, camera));
    const directory = temporaryFolder();
    symlinkSync('/dev/full', join(directory, 'wrist.mp4.partial'));
    await expect(hub.beginEpisode({ directory, fps: FPS })).rejects.toThrow(/E_DISK_FULL.*wrist\.mp4/);
    expect(readdirSync(directory)).toEqual([]);
    await hub.beginEpisode({ directory, fps: FPS });
    hub.row(0, 10);
    expect((await hub.endEpisode()).size).toBe(2);
    expect(failures).toEqual([]);
  });

  it('a disk that fills up while recording is told at once, and the end of the episode says why', async ({ skip }) => {
    const small = temporaryFolder();
    skip(
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]).status !== 0,
      'mounting is not permitted',
    );
    onTestFinished(() => void spawnSync('umount', [small]));
    const { hub, failures } = await open(pushedCamera('front'));
    const noise = Uint8Array.from(
      { length: WIDTH * HEIGHT * 3 },
      (_, index) => Math.imul(index + 1, 2_654_435_761) >>> 24,
    );
    hub.push({ ...pushed(0, 0), rgb: noise });
    await hub.beginEpisode({ directory: small, fps: FPS });
    for (let row = 0; failures.length === 0; row += 1) {
      hub.push({ ...pushed(0, row + 1), rgb: noise.map((value) => value ^ row) });
      hub.row(row, row + 1);
      await delay(5);
    }
    expect(hub.episodeFailure?.code).toBe('E_DISK_FULL');
    await expect(hub.endEpisode()).rejects.toThrow(/E_DISK_FULL.*front\.mp4/);
    expect(readdirSync(small)).toEqual([]);
    expect(failures.map(({ code }) => code)).toEqual(['E_DISK_FULL']);
    await hub.beginEpisode({ directory: temporaryFolder(), fps: FPS });
    hub.row(0, 10);
    expect((await hub.endEpisode()).get('front')?.frames).toBe(1);
  });

  it('a supervisor that is killed leaves no process and nothing of the episode', async () => {
    const directory = temporaryFolder();
    const source = join(import.meta.dirname, '../../../src');
    const module = (path: string): string => JSON.stringify(pathToFileURL(join(source, path)).href);
    const script = `
      const { CameraHub } = await import(${module('runtime/camera/camera-hub.ts')});
      const { pushedCamera } = await import(${module('sensors/camera/camera-address.ts')});
      const { MonotonicClock } = await import(${module('core/clock.ts')});
      const clock = new MonotonicClock();
      const hub = await CameraHub.open({ robot: { cameras: [] }, cameras: [pushedCamera('front')], clock });
      hub.push({ camera: 'front', width: 64, height: 64, rgb: new Uint8Array(64 * 64 * 3), stampNs: 0 });
      await hub.beginEpisode({ directory: ${JSON.stringify(directory)}, fps: 30 });
      for (let row = 0; row < 50; row += 1) hub.row(row, row);
      console.log(hub.health.get('front').pid);`;
    const words = [...loaderArguments({ isTypeScript: true }), '--input-type=module', '-e', script];
    const supervisor = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(supervisor.stdout, 'data')) as [Buffer];
    expect(readdirSync(directory)).toEqual(['front.mp4.partial']);
    supervisor.kill('SIGKILL');
    await until(() => readdirSync(directory).length === 0);
    await until(() => !existsSync(`/proc/${line.toString().trim()}`));
  });

  it('a camera that is not there is lost, and says why; ready tells', async () => {
    const { hub } = await open(parseCamera('front=/dev/no-such-camera'), pushedCamera('wrist'));
    hub.push(pushed(1, clock.nowNs(), 'wrist'));
    await expect(hub.ready(2000)).rejects.toThrow(
      /E_CAMERA: camera front \(\/dev\/no-such-camera\): it gave no picture within 2000 ms.*No such file/,
    );
    expect(stateOf(hub)).toBe('lost');
    expect(() => hub.push(pushed(1, 20))).toThrow(/no frames can be pushed/);
  });

  it('a listener that throws is detached', async () => {
    const { hub, changes } = await open(pushedCamera('front'));
    hub.listen({
      onState: () => {
        throw new Error('mine');
      },
    });
    hub.push(pushed(1, clock.nowNs()));
    await until(() => changes.length === 2);
    expectInOrder(
      changes.map(({ state }) => state),
      ['ok', 'lost'],
    );
    expect(hub.listenerFailures.map(String)).toEqual(['Error: mine']);
  });
});

describe('an RTSP camera', { timeout: 2 * PATIENCE_MS }, () => {
  it('is recorded, lost when it falls silent, and opened anew', async () => {
    const server = await RtspServer.start();
    const { hub } = await open(parseCamera(`front=${server.url}`));
    await hub.ready(PATIENCE_MS);
    await hub.beginEpisode({ directory: temporaryFolder(), fps: FPS });
    for (let row = 0; row < 20; row += 1) {
      await delay(1000 / FPS);
      hub.row(row, clock.nowNs());
    }
    const video = (await hub.endEpisode()).get('front') as RecordedVideo;
    expect(video).toMatchObject({ frames: 20, width: WIDTH, height: HEIGHT });
    const levels = await levelsIn(video);
    for (let row = 1; row < 20; row += 1) if (video.repeated[row] === 0) expect(levels[row]).not.toBe(levels[row - 1]);
    expect(new Set(levels).size).toBeGreaterThan(5);
    server.isStalled = true;
    await until(() => stateOf(hub) === 'lost' && server.connections > 1);
    server.isStalled = false;
    await until(() => stateOf(hub) === 'ok');
  });
});

describe('the pictures of the robot', { timeout: 2 * PATIENCE_MS }, () => {
  it('come in the size it wants, stamped on arrival, newest first, and a sampler takes them', async () => {
    const path = await videoFile(LEVELS, FPS);
    const { hub } = await open(parseCamera(`front=file:${path}`), parseCamera(`extra=file:${path}`));
    expect([...hub.sources.keys()]).toEqual(['front']);
    const sources = { arm: new FakeSource(), cameras: hub.sources } as never;
    const sampler = new ObservationSampler({ robot, sources, instruction: '' });
    const commandRad = new Float64Array(2);
    const sample = (): ReturnType<ObservationSampler['sample']> =>
      sampler.sample({ tick: 0, nowNs: clock.nowNs(), commandRad });
    await until(() => sample().cameras.get('front')?.fresh === true);
    const seen = sample().cameras.get('front');
    expect(seen?.value).toMatchObject({ camera: 'front', width: 4, height: 4 });
    expect(seen?.value.rgb.length).toBe(48);
    expect(seen?.ageNs).toBeLessThan(200 * NS_PER_MS);
    const before = levelOf(seen?.value.rgb as Uint8Array);
    await until(() => levelOf(sample().cameras.get('front')?.value.rgb as Uint8Array) !== before);
    sampler.close();
    expect(existsSync(path)).toBe(true);
  });
});
