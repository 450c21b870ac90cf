import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loaderArguments } from '../../../src/core/module-worker.ts';
import { parseCamera, pushedCamera } from '../../../src/sensors/camera/camera-address.ts';
import { FPS, clock, levelsIn, open, pushed, stateOf } from './open-hub.ts';
import {
  HEIGHT,
  LEVELS,
  MjpegServer,
  PATIENCE_MS,
  WIDTH,
  expectInOrder,
  levelOf,
  until,
  videoFile,
} from './test-cameras.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

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
    await expect(hub.ready(2000)).rejects.toMatchObject({
      code: 'E_CAMERA',
      problem: 'camera front (/dev/no-such-camera): it gave no picture within 2000 ms',
      // The remedy is told once, by the error that carries this.
      found: 'it cannot be opened: No such file or directory',
    });
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
