import { existsSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { MonotonicClock } from '../../../src/core/clock.ts';
import { DatasetReader } from '../../../src/record/dataset-reader.ts';
import { EpisodeVideo } from '../../../src/record/video.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { RecordingSession } from '../../../src/runtime/recording/recording-session.ts';
import { Studio } from '../../../src/runtime/recording/studio.ts';
import type { StudioOptions } from '../../../src/runtime/recording/studio.ts';
import { SimulatedTask } from '../../../src/runtime/simulated-task.ts';
import { resolveTask } from '../../../src/runtime/task-request.ts';
import { parseCameras } from '../../../src/sensors/camera/camera-address.ts';
import { ScriptedAgent } from '../../../src/testing/index.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const robot = loadRobot('so101');
const request = resolveTask('wave at the audience', 'reach');
const FRONT = 'observation.images.front';
let folder: string;
let film: string;
let task: SimulatedTask;

beforeAll(async () => {
  folder = temporaryFolder();
  film = join(folder, 'film.mp4');
  const video = await EpisodeVideo.open({ path: film, width: 96, height: 64, fps: 20 });
  for (let frame = 0; frame < 40; frame += 1) await video.add(new Uint8Array(96 * 64 * 3).fill(5 * frame));
  await video.finish();
  task = await SimulatedTask.load(robot, request.task);
});
afterAll(async () => {
  await task.close();
});

async function recordWith(options: Partial<StudioOptions>, episodes = 1): Promise<DatasetReader> {
  const directory = mkdtempSync(join(folder, 'dataset-'));
  const studio = await Studio.open({
    directory,
    robot,
    resume: false,
    video: true,
    cameras: [],
    clock: new MonotonicClock(),
    hasScene: true,
    ...options,
  });
  onTestFinished(() => studio.close());
  const session = new RecordingSession({
    place: task.through('mirror'),
    request,
    writer: studio.writer,
    episodes,
    seed: 3,
    timeLimitS: 1,
    agent: () => new ScriptedAgent(() => robot.homeRad),
    keep: (seed) => studio.keep(seed),
    cameras: studio.sources,
    signal: new AbortController().signal,
  });
  await session.run();
  await studio.close();
  expect(existsSync(join(directory, '.recording'))).toBe(false);
  return DatasetReader.open(directory);
}

/** Column of a feature as rows. */
async function rowsOf(reader: DatasetReader, episode: number, name: string): Promise<number[][]> {
  const { columns, episode: record } = await reader.readEpisode(episode, [name]);
  const values = Array.from(columns[name] ?? [], Number);
  const width = values.length / record.length;
  return Array.from({ length: record.length }, (_, row) => values.slice(row * width, (row + 1) * width));
}

describe('a studio', () => {
  it('has one picture of each simulated camera for every row, none of them blank, and knows when it was taken', async () => {
    const reader = await recordWith({}, 2);
    for (const episode of [0, 1]) {
      const pictures = await reader.readPictures(episode, FRONT);
      expect(pictures).toHaveLength(reader.episodes[episode]?.length ?? 0);
      for (const rgb of pictures) expect(Math.max(...rgb)).toBeGreaterThan(50);
      const times = await rowsOf(reader, episode, 'observation.time');
      const captured = await rowsOf(reader, episode, 'observation.capture_time');
      captured.forEach(([arm = NaN, front = NaN], row) => {
        expect(arm).toBeLessThanOrEqual((times[row]?.[0] ?? 0) + 1e-4);
        expect(front).toBeLessThanOrEqual((times[row]?.[0] ?? 0) + 1e-4);
        expect(front).toBeGreaterThan((times[row]?.[0] ?? 0) - 0.5);
      });
    }
  });

  it('records real cameras in their own size, beside simulated ones, and others in addition', async () => {
    const cameras = parseCameras([`front=file:${film}`, `extra=file:${film},width=48,height=32`]);
    const reader = await recordWith({ cameras });
    expect(reader.info.features[FRONT]?.shape).toEqual([64, 96, 3]);
    expect(reader.info.features['observation.images.wrist']?.shape).toEqual([64, 64, 3]);
    expect(reader.info.features['observation.images.extra']?.shape).toEqual([32, 48, 3]);
    const levels = (await reader.readPictures(0, FRONT)).map((rgb) => rgb[3000] ?? 0);
    const repeated = await rowsOf(reader, 0, 'observation.repeated');
    // The film grows brighter from picture to picture: where none is marked as repeated, each is another one.
    levels.slice(1).forEach((level, row) => {
      if (repeated[row + 1]?.[0] === 0) expect(level).not.toBe(levels[row]);
    });
    expect(new Set(levels).size).toBeGreaterThan(5);
  });

  it('stores pictures one by one where videos are not wanted', async () => {
    const reader = await recordWith({ video: false });
    expect(reader.info.features[FRONT]?.dtype).toBe('image');
    expect(await reader.readPictures(0, FRONT)).toHaveLength(reader.episodes[0]?.length ?? 0);
  });

  it('says which camera gives no picture', async () => {
    const cameras = parseCameras(['front=file:/nowhere.mp4,width=96,height=64']);
    await expect(recordWith({ cameras, readyMs: 500 })).rejects.toThrow(/E_CAMERA.*front/s);
  });
});
