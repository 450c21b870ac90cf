import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatasetReader } from '../../src/record/dataset-reader.ts';
import { DatasetWriter } from '../../src/record/dataset-writer.ts';
import { encodePictures } from '../../src/record/episode-input.ts';
import type { Episode } from '../../src/record/episode-input.ts';
import { decodePng, encodePng } from '../../src/record/png.ts';
import { SAMPLE_FEATURES, sampleEpisode } from './sample-dataset.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function create(directory: string, episodesPerFile = 1): Promise<DatasetWriter> {
  return DatasetWriter.create({ directory, fps: 10, robotType: 'toy', features: SAMPLE_FEATURES, episodesPerFile });
}

/** A folder in which a writer was abandoned, as by a crash, after saving `episodes` episodes of 3 frames. */
async function abandoned(episodes: number): Promise<string> {
  const directory = temporaryFolder();
  const writer = await create(directory);
  for (let seed = 0; seed < episodes; seed += 1) await writer.saveEpisode(sampleEpisode(seed, 3));
  return directory;
}

async function expectEpisodes(directory: string, seeds: readonly number[]): Promise<void> {
  const reader = await DatasetReader.open(directory);
  expect(reader.info.total_episodes).toBe(seeds.length);
  for (const [index, seed] of seeds.entries()) {
    const { columns } = await reader.readEpisode(index);
    expect(columns['next.counter']?.[0]).toBe(seed * 1000);
  }
}

describe('what is written is read back', () => {
  it('gives every value of every type, and the default features', async () => {
    const directory = temporaryFolder();
    const writer = await create(directory);
    await writer.saveEpisode(sampleEpisode(1, 3));
    await writer.saveEpisode(sampleEpisode(2, 4, 'push the block'));
    await writer.close();
    const reader = await DatasetReader.open(directory);
    const { columns, images, tasks } = await reader.readEpisode(1);
    expect(columns).toEqual({
      action: Float32Array.of(2, -2, 2.125, -2, 2.25, -2, 2.375, -2),
      'observation.state': Float32Array.of(2, 0, 2.25, 1, 2.5, 2, 2.75, 3),
      'observation.time': Float64Array.of(200, 200 + 1 / 7, 200 + 2 / 7, 200 + 3 / 7),
      'next.done': Uint8Array.of(0, 0, 0, 1),
      'next.counter': Float64Array.of(2000, 2001, 2002, 2003),
      timestamp: Float32Array.of(0, 0.1, 0.2, 0.3),
      frame_index: Float64Array.of(0, 1, 2, 3),
      episode_index: Float64Array.of(1, 1, 1, 1),
      index: Float64Array.of(3, 4, 5, 6),
      task_index: Float64Array.of(1, 1, 1, 1),
    });
    const pictures = images['observation.images.front'] ?? [];
    expect(pictures.map((bytes) => decodePng(bytes).rgb[0])).toEqual([40, 41, 42, 43]);
    expect(tasks).toEqual(Array(4).fill('push the block'));
    expect(reader.info.features['action']?.info).toEqual({ unit: 'rad' });
    expect(reader.info).toMatchObject({ total_episodes: 2, total_frames: 7, total_tasks: 2, splits: { train: '0:2' } });
  });

  it('keeps the bytes of pictures that are PNGs already, and the statistics a worker computed', async () => {
    const directory = temporaryFolder();
    const writer = await create(directory);
    const picture = encodePng(new Uint8Array(72).fill(9), 6, 4);
    const episode = sampleEpisode(0, 2);
    const encoded = encodePictures('front', SAMPLE_FEATURES['observation.images.front'], [picture, picture]);
    const frames = { ...episode.frames, 'observation.images.front': structuredClone(encoded) };
    await writer.saveEpisode({ ...episode, frames });
    const reader = await DatasetReader.open(directory);
    const { images } = await reader.readEpisode(0, ['observation.images.front']);
    expect(images['observation.images.front']?.map((bytes) => [...bytes])).toEqual([[...picture], [...picture]]);
    expect((await reader.readStatistics()).get('observation.images.front')).toMatchObject({
      count: [2],
      max: [9 / 255, 9 / 255, 9 / 255],
    });
  });

  it('takes overlapping calls in their order', async () => {
    const directory = temporaryFolder();
    const writer = await create(directory);
    const saved = await Promise.all([3, 1, 2].map((seed) => writer.saveEpisode(sampleEpisode(seed, seed))));
    expect(saved).toEqual([3, 1, 2].map((length, episodeIndex) => ({ episodeIndex, length })));
    await expectEpisodes(directory, [3, 1, 2]);
  });

  it('puts several episodes in a file when asked to, and the rest when closed', async () => {
    const directory = temporaryFolder();
    const writer = await create(directory, 2);
    for (const seed of [0, 1, 2]) await writer.saveEpisode(sampleEpisode(seed, 2));
    await expectEpisodes(directory, [0, 1]);
    await writer.close();
    await writer.close();
    await expectEpisodes(directory, [0, 1, 2]);
    expect(readdirSync(join(directory, 'data/chunk-000'))).toEqual(['file-000.parquet', 'file-001.parquet']);
    await expect(writer.saveEpisode(sampleEpisode(3, 2))).rejects.toThrow('E_WRITER_CLOSED');
  });
});

describe('a crash', () => {
  it('costs no episode that was saved', async () => {
    await expectEpisodes(await abandoned(3), [0, 1, 2]);
  });

  it('leaves a dataset that can be opened before the first episode', async () => {
    const directory = await abandoned(0);
    expect((await DatasetReader.open(directory)).episodes).toEqual([]);
    await (await DatasetWriter.resume(directory)).saveEpisode(sampleEpisode(5, 2));
    await expectEpisodes(directory, [5]);
  });

  it('can be followed by a resumption in new files', async () => {
    const directory = await abandoned(2);
    const before = readFileSync(join(directory, 'data/chunk-000/file-001.parquet'));
    const writer = await DatasetWriter.resume(directory);
    expect(writer.episodeCount).toBe(2);
    await writer.saveEpisode(sampleEpisode(7, 3, 'another task'));
    await expectEpisodes(directory, [0, 1, 7]);
    expect(readFileSync(join(directory, 'data/chunk-000/file-001.parquet'))).toEqual(before);
    const statistics = await (await DatasetReader.open(directory)).readStatistics();
    expect(statistics.get('index')).toMatchObject({ min: [0], max: [8], mean: [4], count: [9] });
  });

  it('between writing an episode and counting it costs nothing either', async () => {
    const directory = await abandoned(1);
    const uncounted = ['meta/info.json', 'meta/stats.json'].map(
      (path) => [path, readFileSync(join(directory, path))] as const,
    );
    const writer = await DatasetWriter.resume(directory);
    await writer.saveEpisode(sampleEpisode(1, 5));
    for (const [path, content] of uncounted) writeFileSync(join(directory, path), content);
    expect((await DatasetReader.open(directory)).episodes).toHaveLength(2);
    await (await DatasetWriter.resume(directory)).saveEpisode(sampleEpisode(2, 4));
    await expectEpisodes(directory, [0, 1, 2]);
    const statistics = await (await DatasetReader.open(directory)).readStatistics();
    expect(statistics.get('index')).toMatchObject({ max: [11], count: [12] });
    expect(statistics.get('action')?.max[0]).toBeCloseTo(2 + 3 / 8);
  });

  it('in the middle of an episode leaves files that are set aside, not read and not overwritten', async () => {
    const directory = await abandoned(1);
    const data = join(directory, 'data/chunk-000');
    copyFileSync(join(data, 'file-000.parquet'), join(data, 'file-001.parquet'));
    writeFileSync(join(data, 'file-002.parquet.partial'), 'PAR1');
    await (await DatasetWriter.resume(directory)).saveEpisode(sampleEpisode(1, 2));
    expect(readdirSync(data)).toEqual(['file-000.parquet', 'file-001.parquet.orphan', 'file-002.parquet']);
    await expectEpisodes(directory, [0, 1]);
  });
});

it('a full or forbidden disk costs only the episode being saved, which can be saved again', async () => {
  const directory = await abandoned(1);
  const writer = await DatasetWriter.resume(directory);
  renameSync(join(directory, 'data'), join(directory, 'hidden'));
  writeFileSync(join(directory, 'data'), 'in the way');
  await expect(writer.saveEpisode(sampleEpisode(1, 2))).rejects.toThrow('E_DATASET_WRITE');
  rmSync(join(directory, 'data'));
  renameSync(join(directory, 'hidden'), join(directory, 'data'));
  await expectEpisodes(directory, [0]);
  expect(await writer.saveEpisode(sampleEpisode(1, 2))).toEqual({ episodeIndex: 1, length: 2 });
  await expectEpisodes(directory, [0, 1]);
});

describe('an episode that does not fit is refused and changes nothing', () => {
  const episode = sampleEpisode(0, 2);
  const withFrames = (frames: Record<string, unknown>): Episode => ({
    ...episode,
    frames: { ...episode.frames, ...frames } as Episode['frames'],
  });
  const { action: _, ...withoutAction } = episode.frames;
  const cases: [string, Episode, RegExp][] = [
    ['a missing feature', { ...episode, frames: withoutAction }, /action missing/],
    ['a feature too many', withFrames({ surplus: [1, 2] }), /surplus in addition/],
    ['features of unequal length', withFrames({ 'next.counter': [1, 2, 3] }), /next\.counter: 3/],
    ['no frames', { ...sampleEpisode(0, 0) }, /number of frames/],
    ['no task', { ...episode, task: ' ' }, /has no task/],
    ['a number that is not finite', withFrames({ action: [0, 0, Number.NaN, 0] }), /frame 1, a\.pos/],
    ['half a frame', withFrames({ action: [0, 0, 0] }), /whole number of frames/],
    ['a frame of another width', withFrames({ action: [[0, 0], [0]] }), /frame 1 has another length/],
    ['a fraction in an int64 feature', withFrames({ 'next.counter': [1, 1.5] }), /no int64/],
    ['a truth value of 2', withFrames({ 'next.done': [0, 2] }), /no bool/],
    [
      'a picture of another size',
      withFrames({ 'observation.images.front': [encodePng(new Uint8Array(12), 2, 2), new Uint8Array(72)] }),
      /2 x 2/,
    ],
    [
      'bytes that are no picture',
      withFrames({ 'observation.images.front': [new Uint8Array(72), new Uint8Array(5)] }),
      /frame 1/,
    ],
  ];

  it.each(cases)('%s', async (_name, bad, message) => {
    const directory = await abandoned(1);
    const writer = await DatasetWriter.resume(directory);
    await expect(writer.saveEpisode(bad)).rejects.toThrow(message);
    await writer.saveEpisode(sampleEpisode(1, 2));
    await expectEpisodes(directory, [0, 1]);
  });

  it('a damaged PNG', async () => {
    const directory = temporaryFolder();
    const damaged = encodePng(new Uint8Array(72), 6, 4).slice(0, 40);
    const writer = await create(directory);
    await expect(writer.saveEpisode(withFrames({ 'observation.images.front': [damaged, damaged] }))).rejects.toThrow(
      'E_IMAGE_FORMAT',
    );
  });
});

describe('a dataset that cannot be stored is refused before anything is written', () => {
  const cases: [string, object, RegExp][] = [
    ['a name with a slash', { 'a/b': { dtype: 'float32', shape: [1] } }, /must not be empty or contain/],
    ['a default feature', { timestamp: { dtype: 'float32', shape: [1] } }, /by the recorder itself/],
    ['an unknown type', { a: { dtype: 'float8', shape: [1] } }, /"float8" is not known/],
    ['a matrix', { a: { dtype: 'float32', shape: [2, 2] } }, /must be \[N\]/],
    ['names that do not match', { a: { dtype: 'float32', shape: [2], names: ['x'] } }, /1 names for 2 values/],
    ['a vector with "image" in its name', { 'image.gain': { dtype: 'float32', shape: [1] } }, /must not have "image"/],
    ['a picture without channels', { a: { dtype: 'image', shape: [4, 4] } }, /\[height, width, 3\]/],
    ['a video of odd width', { a: { dtype: 'video', shape: [4, 5, 3] } }, /even width/],
    ['no features', {}, /no features/],
  ];
  it.each(cases)('%s', async (_name, features, message) => {
    const directory = join(temporaryFolder(), 'new');
    const options = { directory, fps: 10, robotType: null, features: features as typeof SAMPLE_FEATURES };
    await expect(DatasetWriter.create(options)).rejects.toThrow(message);
    expect(existsSync(directory)).toBe(false);
  });

  it('a fractional frame rate', async () => {
    const options = { directory: temporaryFolder(), fps: 29.97, robotType: null, features: SAMPLE_FEATURES };
    await expect(DatasetWriter.create(options)).rejects.toThrow(/positive whole number/);
  });

  it('a folder that holds a dataset', async () => {
    const directory = await abandoned(1);
    await expect(create(directory)).rejects.toThrow(/DatasetWriter\.resume/);
  });

  it('no episode per file', async () => {
    await expect(create(temporaryFolder(), 0)).rejects.toThrow('E_OPTION');
  });
});

describe('a damaged dataset is named, not continued', () => {
  it('when a data file is missing', async () => {
    const directory = await abandoned(2);
    rmSync(join(directory, 'data/chunk-000/file-000.parquet'));
    await expect(DatasetWriter.resume(directory)).rejects.toThrow(/file-000\.parquet.*meta\/episodes refers to it/);
  });

  it('when the metadata of an episode are missing', async () => {
    const directory = await abandoned(3);
    rmSync(join(directory, 'meta/episodes/chunk-000/file-001.parquet'));
    await expect(DatasetReader.open(directory)).rejects.toThrow(/row of episode 1 does not follow/);
  });

  it('when a data file is cut off', async () => {
    const directory = await abandoned(2);
    const path = join(directory, 'data/chunk-000/file-001.parquet');
    truncateSync(path, 500);
    await expect((await DatasetReader.open(directory)).readEpisode(1)).rejects.toThrow(
      /file-001\.parquet: cannot be read as Parquet/,
    );
  });
});
