import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../../src/core/clock.ts';
import type { RecordedVideo } from '../../../src/runtime/camera/row-recorder.ts';
import { parseCamera, pushedCamera } from '../../../src/sensors/camera/camera-address.ts';
import { ObservationSampler } from '../../../src/sensors/observation-sampler.ts';
import { FakeSource } from '../../../src/testing/index.ts';
import { FPS, clock, levelsIn, open, pushed, robot, stateOf } from './open-hub.ts';
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
  until,
  videoFile,
} from './test-cameras.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

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
    const sizes = [...hub.health.values()].map(({ recordedSize }) => recordedSize);
    expect(sizes).toEqual([
      { width: WIDTH, height: HEIGHT },
      { width: 64, height: 48 },
    ]);
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
