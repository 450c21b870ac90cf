import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cutVideo } from '../../../src/record/cut-video.ts';
import { DatasetReader } from '../../../src/record/dataset-reader.ts';
import type { EpisodeData } from '../../../src/record/dataset-reader.ts';
import { DatasetWriter } from '../../../src/record/dataset-writer.ts';
import { STATISTIC_NAMES } from '../../../src/record/format.ts';
import type { FeatureStatistics } from '../../../src/record/format.ts';
import { repairDataset } from '../../../src/record/verify/repair-dataset.ts';
import type { Repair } from '../../../src/record/verify/repair-dataset.ts';
import { verifyDataset } from '../../../src/record/verify/verify-dataset.ts';
import { fixture } from '../sample-dataset.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import {
  changeCell,
  changeRows,
  contentsOf,
  DATA,
  EPISODES,
  FRONT,
  imageDataset,
  INFO,
  inShort,
  lerobotDataset,
  problemsOf,
  removeKey,
  saveVideoEpisode,
  STATISTICS,
  TASKS,
  videoDataset,
} from './damaged-dataset.ts';

const LAST_EPISODES = 'meta/episodes/chunk-000/file-002.parquet';
const LAST_DATA = 'data/chunk-000/file-002.parquet';
const LAST_VIDEO = `videos/${FRONT}/chunk-000/file-002.mp4`;

async function repair(directory: string): Promise<Repair[]> {
  return repairDataset(directory, await verifyDataset(directory));
}

/** Errors and warnings but for files that were set aside on purpose. */
async function remaining(directory: string): Promise<string[]> {
  return (await problemsOf(directory)).map(inShort).filter((line) => !line.includes('set aside'));
}

async function episodesOf(directory: string): Promise<EpisodeData[]> {
  const reader = await DatasetReader.open(directory);
  return Promise.all(reader.episodes.map(({ episodeIndex }) => reader.readEpisode(episodeIndex)));
}

async function statisticsOf(directory: string): Promise<Map<string, FeatureStatistics>> {
  return (await DatasetReader.open(directory)).readStatistics();
}

/** The same but for what storing changes: float32 rounding of timestamps, encoding of videos. */
function expectNear(found: Map<string, FeatureStatistics>, expected: Map<string, FeatureStatistics>): void {
  expect([...found.keys()]).toEqual([...expected.keys()]);
  for (const [name, statistics] of expected) {
    for (const statistic of STATISTIC_NAMES) {
      statistics[statistic].forEach((value, element) =>
        expect(found.get(name)?.[statistic][element]).toBeCloseTo(value, name === FRONT ? 2 : 5),
      );
    }
  }
}

describe('repair', () => {
  it('leaves a dataset in order untouched, and so does verify a damaged one', async () => {
    const directory = await imageDataset();
    const before = contentsOf(directory);
    expect(await repair(directory)).toEqual([]);
    expect(contentsOf(directory)).toEqual(before);
    rmSync(join(directory, LAST_DATA));
    const damaged = contentsOf(directory);
    await verifyDataset(directory);
    expect(contentsOf(directory)).toEqual(damaged);
  });

  it('counts a complete episode that lost its row, with the same statistics', async () => {
    for (const dataset of [imageDataset, videoDataset]) {
      const directory = await dataset();
      const [episodes, statistics] = [await episodesOf(directory), await statisticsOf(directory)];
      rmSync(join(directory, LAST_EPISODES));
      rmSync(join(directory, STATISTICS));
      const repairs = await repair(directory);
      expect(repairs.map(({ file }) => file)).toEqual([LAST_EPISODES, STATISTICS]);
      expect(repairs[0]?.done).toMatch(/all frames of episode 2 are there/);
      expect(await remaining(directory)).toEqual([]);
      expect(await episodesOf(directory)).toEqual(episodes);
      expectNear(await statisticsOf(directory), statistics);
    }
  });

  it('sets aside the row of an episode at the end whose frames are not there, and keeps the others', async () => {
    for (const file of [LAST_DATA, LAST_VIDEO]) {
      const directory = await videoDataset();
      const episodes = await episodesOf(directory);
      writeFileSync(join(directory, file), readFileSync(join(directory, file)).subarray(0, 400));
      const repairs = await repair(directory);
      expect(repairs[0]).toEqual({ file: LAST_EPISODES, done: 'set aside: frames are missing of episode 2' });
      expect(await remaining(directory)).toEqual([]);
      expect(await episodesOf(directory)).toEqual(episodes.slice(0, 2));
      const writer = await DatasetWriter.resume(directory);
      await saveVideoEpisode(writer, 2, 5);
      expect(await remaining(directory)).toEqual([]);
    }
  });

  it('leaves damage that complete episodes follow, and verify still tells it', async () => {
    const directory = await videoDataset();
    writeFileSync(join(directory, 'data/chunk-000/file-001.parquet'), 'PAR1');
    const before = contentsOf(directory);
    expect(await repair(directory)).toEqual([]);
    expect(contentsOf(directory)).toEqual(before);
    expect((await remaining(directory)).join()).toMatch(/file-001\.parquet: cannot be read as Parquet/);
  });

  it('makes the sentences the index of the tasks again', async () => {
    const directory = await imageDataset();
    const { tasks } = await DatasetReader.open(directory);
    await changeRows(directory, TASKS, (rows) => rows.toReversed());
    expect((await repair(directory)).map(({ file }) => file)).toEqual([TASKS]);
    expect(await remaining(directory)).toEqual([]);
    expect((await DatasetReader.open(directory)).tasks).toEqual(tasks);
  });

  it('computes statistics anew that are wrong or missing', async () => {
    const directory = lerobotDataset();
    const before = await statisticsOf(directory);
    await changeCell(directory, EPISODES, 1, { 'stats/action/std': [9, 9, 9, 9, 9, 9] });
    await changeCell(directory, EPISODES, 0, { [`stats/${FRONT}/count`]: [73728n] });
    removeKey(directory, STATISTICS, 'timestamp');
    const repairs = await repair(directory);
    expect(repairs.map(({ file }) => file)).toEqual([EPISODES, STATISTICS]);
    expect(await remaining(directory)).toEqual([]);
    const after = await statisticsOf(directory);
    for (const [name, { mean }] of before)
      mean.forEach((value, element) =>
        expect(after.get(name)?.mean[element]).toBeCloseTo(value, name === FRONT ? 1 : 4),
      );
  });
});

describe('repair of a dataset that LeRobot did not finish', () => {
  it('finds the episodes in the data and the video when their rows were never written', async () => {
    const directory = lerobotDataset();
    const episodes = await episodesOf(directory);
    rmSync(join(directory, 'meta/episodes'), { recursive: true });
    await repair(directory);
    expect(await remaining(directory)).toEqual([]);
    const rebuilt = await episodesOf(directory);
    expect(rebuilt.map(({ columns, tasks }) => ({ columns, tasks }))).toEqual(
      episodes.map(({ columns, tasks }) => ({ columns, tasks })),
    );
    const [found, expected] = await Promise.all(
      [directory, fixture('ref_v3_by_lerobot_0.6.2')].map((path) => DatasetReader.open(path)),
    );
    for (const { episodeIndex } of episodes.map(({ episode }) => episode))
      expect(await found?.readPictures(episodeIndex, FRONT)).toEqual(await expected?.readPictures(episodeIndex, FRONT));
  });

  it('takes the frames of an episode without video out of a file that other episodes lie in', async () => {
    const directory = lerobotDataset();
    const episodes = await episodesOf(directory);
    const path = join(directory, `videos/${FRONT}/chunk-000/file-000.mp4`);
    const cut = join(temporaryFolder(), 'cut.mp4');
    await cutVideo({ path, fromTimestampS: 0, frameCount: 21, fps: 30 }, cut);
    cpSync(cut, path);
    const repairs = await repair(directory);
    expect(repairs.map(({ file }) => file)).toEqual([EPISODES, DATA, STATISTICS, INFO]);
    expect(repairs[1]?.done).toMatch(/without 15 rows of no episode/);
    expect(await remaining(directory)).toEqual([]);
    expect(await episodesOf(directory)).toEqual(episodes.slice(0, 2));
  });

  it('reads the rows of a data file that was never closed', async () => {
    const directory = lerobotDataset();
    const episodes = await episodesOf(directory);
    const path = join(directory, DATA);
    writeFileSync(path, readFileSync(path).subarray(0, -50));
    expect((await repair(directory))[0]?.done).toMatch(/written again with the 36 rows that were found in it/);
    expect(await remaining(directory)).toEqual([]);
    expect(await episodesOf(directory)).toEqual(episodes);
    expect(Object.keys(contentsOf(directory))).toContain(`${DATA}.orphan`);
  });

  // LeRobot 0.6.1 saved five episodes of 30 to 34 frames and was killed: no rows of episodes, no end of the data.
  it.each([
    [1, 5],
    [0.8, 4],
    [0.5, 2],
    [0.05, 0],
  ])(
    'brings back the episodes of one that was killed, as far as the data go: %d of it, %d episodes',
    async (share, count) => {
      const directory = temporaryFolder();
      cpSync(fixture('crashed_by_lerobot_0.6.1'), directory, { recursive: true });
      const path = join(directory, DATA);
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.subarray(0, Math.ceil(bytes.length * share)));
      await repair(directory);
      expect((await remaining(directory)).filter((line) => !line.includes('frames of no episode'))).toEqual([]);
      const reader = await DatasetReader.open(directory);
      expect(reader.episodes.map(({ length }) => length)).toEqual([30, 31, 32, 33, 34].slice(0, count));
      for (const { episodeIndex, length } of reader.episodes) {
        const { columns, tasks } = await reader.readEpisode(episodeIndex);
        expect(tasks[0]).toBe(['pick', 'place'][episodeIndex % 2]);
        expect(Array.from(columns['action']?.subarray(-3) ?? [])).toEqual([episodeIndex, length - 1, Math.fround(0.1)]);
        const pictures = await reader.readPictures(episodeIndex, FRONT);
        pictures.forEach((rgb, frame) => expect(Math.abs((rgb[900] ?? 0) - 5 * frame - episodeIndex)).toBeLessThan(4));
      }
    },
  );

  it('keeps the file when nothing can be read of it', async () => {
    const directory = lerobotDataset();
    writeFileSync(join(directory, DATA), 'PAR1 and then something else');
    await repair(directory);
    expect(await remaining(directory)).toEqual([]);
    expect(JSON.parse(readFileSync(join(directory, INFO), 'utf8'))).toMatchObject({
      total_episodes: 0,
      total_frames: 0,
    });
    expect(Object.keys(contentsOf(directory))).toContain(`${DATA}.orphan`);
  });
});

/** Files that saving the third episode writes, in the order in which they get their names. */
const COMMIT = [LAST_VIDEO, LAST_DATA, LAST_EPISODES, STATISTICS, INFO];

describe('repair after a crash while the third episode was saved', () => {
  /** As it stands when the process dies: `named` files have their names, the others are unfinished or complete. */
  async function crashed(named: number, isWritten: boolean): Promise<string> {
    const complete = await videoDataset();
    const directory = temporaryFolder();
    cpSync(complete, directory, { recursive: true });
    const [full, before] = [COMMIT.map((file) => readFileSync(join(complete, file))), await twoEpisodes()];
    for (const file of COMMIT) rmSync(join(directory, file));
    for (const file of [STATISTICS, INFO]) cpSync(join(before, file), join(directory, file));
    COMMIT.forEach((file, index) => {
      const content = full[index] ?? Buffer.alloc(0);
      mkdirSync(dirname(join(directory, file)), { recursive: true });
      if (index < named) writeFileSync(join(directory, file), content);
      else
        writeFileSync(
          join(directory, `${file}.partial`),
          isWritten ? content : content.subarray(0, content.length / 2),
        );
    });
    return directory;
  }

  async function twoEpisodes(): Promise<string> {
    const directory = await videoDataset();
    for (const file of [LAST_VIDEO, LAST_DATA, LAST_EPISODES])
      renameSync(join(directory, file), join(directory, `${file}.removed`));
    await repair(directory);
    return directory;
  }

  it.each([0, 1, 2, 3, 4])('with %i of its files named', async (named) => {
    const episodes = await episodesOf(await videoDataset());
    const directory = await crashed(named, true);
    await repair(directory);
    expect(await remaining(directory)).toEqual([]);
    // All of its frames are on the disk: the episode is complete, though it was not reported as saved.
    expect(await episodesOf(directory)).toEqual(episodes);
  });

  it('with nothing of it complete', async () => {
    const episodes = await episodesOf(await videoDataset());
    const directory = await crashed(0, false);
    await repair(directory);
    expect(await remaining(directory)).toEqual([]);
    expect(await episodesOf(directory)).toEqual(episodes.slice(0, 2));
    expect(Object.keys(contentsOf(directory)).filter((file) => file.endsWith('.partial'))).toEqual([]);
  });
});
