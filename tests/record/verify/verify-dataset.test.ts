import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { writeVideo } from '../../../src/record/video.ts';
import { fixture } from '../sample-dataset.ts';
import {
  changeCell,
  changeJson,
  changeRows,
  DATA,
  EPISODES,
  FRONT,
  imageDataset,
  INFO,
  inShort,
  lerobotDataset,
  problemsOf,
  STATISTICS,
  TASKS,
  videoDataset,
  videoFrames,
} from './damaged-dataset.ts';

const VIDEO = `videos/${FRONT}/chunk-000/file-001.mp4`;

type Damage = (directory: string) => void | Promise<void>;

/** Changes a column of the data by adding to its numbers. */
const replaced =
  (row: number, cell: Record<string, unknown>, file = DATA): Damage =>
  (directory) =>
    changeCell(directory, file, row, cell);

const info =
  (change: (document: Record<string, unknown>) => Record<string, unknown>): Damage =>
  (directory) =>
    changeJson(directory, INFO, change);

const feature = (name: string, change: Record<string, unknown>): Damage =>
  info((document) => {
    const features = document['features'] as Record<string, object>;
    return { ...document, features: { ...features, [name]: { ...features[name], ...change } } };
  });

async function expectProblem(directory: string, expected: RegExp): Promise<void> {
  const problems = await problemsOf(directory);
  expect(problems.map(inShort).filter((line) => expected.test(line))).not.toEqual([]);
  for (const { remedy } of problems) expect(remedy).not.toBe('');
}

describe('a dataset in order', () => {
  it('has no problems: recorded by us with images, with videos, and by LeRobot', async () => {
    expect(await problemsOf(await imageDataset())).toEqual([]);
    expect(await problemsOf(await videoDataset())).toEqual([]);
    expect(await problemsOf(fixture('ref_v3_by_lerobot_0.6.2'))).toEqual([]);
    expect(await problemsOf(fixture('ref_v3_image_dtype'))).toEqual([]);
  });

  it('has none either when pictures are not decoded', async () => {
    expect(await problemsOf(fixture('ref_v3_by_lerobot_0.6.2'), { quick: true })).toEqual([]);
    expect(await problemsOf(await imageDataset(), { quick: true })).toEqual([]);
  });
});

describe('verify finds in the description', () => {
  it.each<[string, Damage, RegExp]>([
    ['counts that are wrong', info((document) => ({ ...document, total_frames: 99 })), /total_frames is wrong/],
    ['episodes that are not counted', info((document) => ({ ...document, total_episodes: 2 })), /total_episodes/],
    ['another version', info((document) => ({ ...document, codebase_version: 'v2.1' })), /another format version/],
    ['no frame rate', info((document) => ({ ...document, fps: 'fast' })), /does not describe a dataset/],
    ['half a frame rate', info((document) => ({ ...document, fps: 7.5 })), /fps is no whole number/],
    ['a path out of the folder', info((document) => ({ ...document, data_path: '../{chunk_index}' })), /leads out/],
    ['names for other values', feature('action', { names: ['a'] }), /"action" has not one name per value/],
    ['a default feature of another type', feature('timestamp', { dtype: 'float64' }), /"timestamp" is another/],
    ['a missing file', (directory) => rmSync(join(directory, INFO)), /info\.json: the file is missing/],
    ['no JSON', (directory) => writeFileSync(join(directory, INFO), '{'), /not valid JSON/],
  ])('%s', async (_name, damage, expected) => {
    const directory = await imageDataset();
    await damage(directory);
    await expectProblem(directory, expected);
  });
});

describe('verify finds in the tasks', () => {
  const tasks =
    (columns: { name: string; data: unknown[] }[], pandas?: string): Damage =>
    (directory) => {
      const metadata = pandas === undefined ? {} : { kvMetadata: [{ key: 'pandas', value: pandas }] };
      parquetWriteFile({ filename: join(directory, TASKS), columnData: columns, ...metadata });
    };
  const rows = [
    { name: 'task_index', data: [0n, 1n] },
    { name: 'task', data: ['reach the cube', 'push the cube'] },
  ];

  it.each<[string, Damage, RegExp]>([
    ['no index, so that LeRobot would read numbers', tasks(rows), /does not say that the sentence is the index/],
    ['another index', tasks(rows, '{"index_columns": ["task_index"]}'), /does not say that the sentence/],
    [
      'rows out of order',
      tasks([{ name: 'task_index', data: [1n, 0n] }, ...rows.slice(1)], '{"index_columns": ["task"]}'),
      /not in the order of task_index/,
    ],
    ['no sentences', tasks([{ name: 'task_index', data: [0n] }]), /does not list tasks/],
    ['fewer than are used', tasks(rows.map(({ name, data }) => ({ name, data: data.slice(0, 1) }))), /not in the list/],
    ['no file', (directory) => rmSync(join(directory, TASKS)), /the file is missing/],
  ])('%s', async (_name, damage, expected) => {
    const directory = await imageDataset();
    await damage(directory);
    await expectProblem(directory, expected);
  });
});

describe('verify finds in the rows of episodes', () => {
  it.each<[string, Damage, RegExp]>([
    ['a gap', replaced(1, { dataset_from_index: 13n }, EPISODES), /\(1\): does not follow the episode before/],
    ['a wrong length', replaced(2, { length: 14n }, EPISODES), /\(2\): length and frames differ/],
    ['a wrong number', replaced(1, { episode_index: 5n }, EPISODES), /not numbered through/],
    ['a task that is not listed', replaced(0, { tasks: ['dance'] }, EPISODES), /\(0\): a task is not in the list/],
    [
      'a file that is not there',
      replaced(2, { 'data/file_index': 7n }, EPISODES),
      /file-007\.parquet: the file is missing/,
    ],
    [
      'a video that is not there',
      replaced(0, { [`videos/${FRONT}/file_index`]: 3n }, EPISODES),
      /file-003\.mp4: the file is missing/,
    ],
    [
      'spans that overlap',
      replaced(1, { [`videos/${FRONT}/from_timestamp`]: 0.2 }, EPISODES),
      /overlaps that of episode 0/,
    ],
    ['a span of another length', replaced(1, { [`videos/${FRONT}/to_timestamp`]: 2 }, EPISODES), /another length/],
    ['a row that names another file', replaced(2, { 'meta/episodes/file_index': 4n }, EPISODES), /names another file/],
    ['no Parquet', (directory) => writeFileSync(join(directory, EPISODES), 'PAR1'), /cannot be read as Parquet/],
    [
      'one row less',
      (directory) => changeRows(directory, EPISODES, (rows) => rows.slice(0, 2)),
      /total_episodes is wrong/,
    ],
  ])('%s', async (_name, damage, expected) => {
    const directory = lerobotDataset();
    await damage(directory);
    await expectProblem(directory, expected);
  });
});

describe('verify finds in the data', () => {
  const png = (directory: string): Uint8Array => readFileSync(join(directory, DATA));
  it.each<[string, Damage, RegExp]>([
    ['a wrong index', replaced(2, { index: 9n }), /\(0\): index is wrong in frame 2/],
    ['a wrong frame_index', replaced(3, { frame_index: 1n }), /frame_index is wrong in frame 3/],
    ['a wrong episode_index', replaced(0, { episode_index: 1n }), /episode_index is wrong in frame 0/],
    ['a timestamp off the grid', replaced(1, { timestamp: 0.1002 }), /timestamp is wrong in frame 1/],
    ['another task', replaced(1, { task_index: 1n }), /the tasks of the rows/],
    [
      'a value that is no number',
      replaced(1, { action: [NaN, 0] }),
      /action holds values that are no numbers in frame 1/,
    ],
    [
      'a missing value',
      replaced(1, { 'observation.time': null }),
      /observation\.time does not have the feature's shape/,
    ],
    ['a short vector', replaced(1, { action: [1] }), /action does not have the feature's shape in frame 1/],
    ['a clock that runs backwards', replaced(3, { 'observation.time': -5 }), /warning.*does not grow in frame 3/],
    ['a missing picture', replaced(1, { [FRONT]: { bytes: null, path: 'a.png' } }), /no whole picture in frame 1/],
    [
      'a picture of another kind',
      replaced(1, { [FRONT]: { bytes: Uint8Array.of(1, 2), path: '' } }),
      /no whole picture/,
    ],
    [
      'a row too many',
      (directory) => changeRows(directory, DATA, (rows) => [...rows, ...rows.slice(0, 1)]),
      /frames of no episode/,
    ],
    ['a row too few', (directory) => changeRows(directory, DATA, (rows) => rows.slice(1)), /lacks frames of episode 0/],
    [
      'a file of no episode',
      (directory) => copyFileSync(join(directory, DATA), join(directory, DATA.replace('000.p', '009.p'))),
      /frames of no episode/,
    ],
    [
      'a file without end',
      (directory) => writeFileSync(join(directory, DATA), png(directory).subarray(0, 900)),
      /cannot be read as Parquet/,
    ],
    ['a column of another type', feature('action', { dtype: 'float64' }), /column "action" has another type/],
    [
      'a missing column',
      feature('observation.effort', { dtype: 'float32', shape: [2] }),
      /no column "observation\.effort"/,
    ],
  ])('%s', async (_name, damage, expected) => {
    const directory = await imageDataset();
    await damage(directory);
    await expectProblem(directory, expected);
  });

  it('a picture whose bytes were damaged', async () => {
    const directory = await imageDataset();
    await changeRows(directory, DATA, (rows) => {
      const { bytes } = rows[2]?.[FRONT] as { bytes: Uint8Array };
      bytes[45] = (bytes[45] ?? 0) ^ 1;
      return rows;
    });
    await expectProblem(directory, /no whole picture in frame 2/);
  });
});

describe('verify finds in the videos', () => {
  const encode =
    (frames: readonly Uint8Array[], fps = 10): Damage =>
    (directory) =>
      writeVideo({ path: join(directory, VIDEO), width: 48, height: 32, fps, frames });

  it.each<[string, Damage, RegExp]>([
    ['a frame less than rows', encode(videoFrames(1, 2)), /\(1\): has no picture for frame 2/],
    ['a frame more', encode(videoFrames(1, 4)), /warning.*holds frames of no episode/],
    ['frames at other times', encode(videoFrames(1, 3), 15), /has no picture for frame 1/],
    [
      'other pictures than were measured',
      encode(videoFrames(5, 3)),
      /the statistics of observation\.images\.front are wrong/,
    ],
    [
      'no video',
      (directory) => writeFileSync(join(directory, VIDEO), 'nothing'),
      /file-001\.mp4: FFmpeg could not open it/,
    ],
    ['a missing file', (directory) => rmSync(join(directory, VIDEO)), /the file is missing/],
    ['another size', feature(FRONT, { shape: [32, 46, 3] }), /has another size/],
    ['another codec', feature(FRONT, { info: { 'video.codec': 'av1' } }), /warning.*has another codec/],
  ])('%s', async (_name, damage, expected) => {
    const directory = await videoDataset();
    await damage(directory);
    await expectProblem(directory, expected);
  });

  it('damage that only decoding shows, unless it is not to decode', async () => {
    const directory = lerobotDataset();
    const path = join(directory, `videos/${FRONT}/chunk-000/file-000.mp4`);
    const bytes = readFileSync(path);
    bytes.fill(0x55, Math.floor(bytes.length * 0.6), Math.floor(bytes.length * 0.6) + 40);
    writeFileSync(path, bytes);
    await expectProblem(directory, /is damaged/);
    expect(await problemsOf(directory, { quick: true })).toEqual([]);
  });
});

describe('verify finds in the statistics', () => {
  it.each<[string, Damage, RegExp]>([
    [
      'a wrong mean of an episode',
      replaced(1, { 'stats/action/mean': [0, 0, 0, 0, 0, 9] }, EPISODES),
      /\(1\): the statistics of action are wrong: mean of element/,
    ],
    [
      'a wrong quantile',
      replaced(0, { 'stats/observation.state/q99': [5, 5, 5, 5, 5, 5] }, EPISODES),
      /observation\.state are wrong: q99/,
    ],
    [
      'a picture brighter than white',
      replaced(0, { [`stats/${FRONT}/max`]: [[[2]], [[1]], [[1]]] }, EPISODES),
      /front are wrong: max/,
    ],
    [
      'pixels counted as pictures, as LeRobot does',
      replaced(0, { [`stats/${FRONT}/count`]: [73728n] }, EPISODES),
      /warning.*counts more pictures/,
    ],
    [
      'a wrong total',
      (directory) => changeStatistic(directory, 'action', 'std', 9),
      /stats\.json: the statistics of action are wrong: std/,
    ],
    [
      'quantiles joined in another way',
      (directory) => changeStatistic(directory, 'timestamp', 'q50', 0.15),
      /warning.*quantiles of timestamp are joined in another way/,
    ],
    [
      'a missing total',
      (directory) => changeJson(directory, STATISTICS, ({ action: _, ...rest }) => rest),
      /the statistics of action are missing/,
    ],
    ['no totals', (directory) => rmSync(join(directory, STATISTICS)), /there are no statistics/],
  ])('%s', async (_name, damage, expected) => {
    const directory = lerobotDataset();
    await damage(directory);
    await expectProblem(directory, expected);
  });
});

function changeStatistic(directory: string, name: string, statistic: string, value: number): void {
  changeJson(directory, STATISTICS, (document) => {
    const values = document[name] as Record<string, number[]>;
    return { ...document, [name]: { ...values, [statistic]: (values[statistic] ?? []).map(() => value) } };
  });
}

describe('verify finds files that nobody reads', () => {
  it.each<[string, Damage, RegExp]>([
    [
      'an unfinished one',
      (directory) => writeFileSync(join(directory, `${DATA}.partial`), ''),
      /warning.*was not finished/,
    ],
    [
      'one that was set aside',
      (directory) => writeFileSync(join(directory, `${DATA}.orphan`), ''),
      /warning.*set aside/,
    ],
    [
      'a video of no episode',
      (directory) => renameSync(join(directory, VIDEO), join(directory, VIDEO.replace('1.mp4', '8.mp4'))),
      /file-008\.mp4: no episode refers/,
    ],
    [
      'pictures that wait for an encoder',
      (directory) => {
        mkdirSync(join(directory, 'images/a'), { recursive: true });
        writeFileSync(join(directory, 'images/a/frame-000000.png'), '');
      },
      /warning: images: holds pictures/,
    ],
  ])('%s', async (_name, damage, expected) => {
    const directory = await videoDataset();
    await damage(directory);
    await expectProblem(directory, expected);
  });
});
