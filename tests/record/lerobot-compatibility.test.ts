import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileMetaData } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { openParquet } from '../../src/record/dataset-metadata.ts';
import { DatasetReader } from '../../src/record/dataset-reader.ts';
import { DatasetWriter } from '../../src/record/dataset-writer.ts';
import type { EpisodeFrames } from '../../src/record/episode-input.ts';
import { DEFAULT_FEATURES, STATISTIC_NAMES } from '../../src/record/format.ts';
import { writableFeatures } from '../../src/record/check-features.ts';
import type { DatasetInfo } from '../../src/record/format.ts';
import { fixture } from './sample-dataset.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const DATA = 'data/chunk-000/file-000.parquet';
const TASKS = 'meta/tasks.parquet';
const EPISODES = 'meta/episodes/chunk-000/file-000.parquet';

/** Reads every episode of a dataset LeRobot wrote and writes it again. */
async function rewrite(source: string): Promise<string> {
  const directory = temporaryFolder();
  const reader = await DatasetReader.open(source);
  const isOwn = (name: string): boolean => !(name in DEFAULT_FEATURES);
  const features = Object.fromEntries(Object.entries(writableFeatures(reader.info)).filter(([name]) => isOwn(name)));
  const { fps, robot_type: robotType } = reader.info;
  const episodesPerFile = reader.episodes.length;
  const writer = await DatasetWriter.create({ directory, fps, robotType, features, episodesPerFile });
  for (const { episodeIndex } of reader.episodes) {
    const { columns, images, tasks } = await reader.readEpisode(episodeIndex);
    const frames: Record<string, EpisodeFrames[string]> = { ...images };
    for (const [name, values] of Object.entries(columns)) if (isOwn(name)) frames[name] = values;
    for (const name of Object.keys(features)) frames[name] ??= await reader.readPictures(episodeIndex, name);
    await writer.saveEpisode({ frames, task: tasks[0] ?? '' });
  }
  await writer.close();
  return directory;
}

async function parquetOf(directory: string, path: string): Promise<FileMetaData> {
  return (await openParquet(join(directory, path))).metadata;
}

function keyValue(metadata: FileMetaData, key: string): unknown {
  return JSON.parse(metadata.key_value_metadata?.find((entry) => entry.key === key)?.value ?? 'null');
}

function readJson(directory: string, path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(directory, path), 'utf8')) as Record<string, unknown>;
}

const NAMES = ['ref_v3_by_lerobot_0.6.2', 'ref_v3_image_dtype'] as const;

describe.each(NAMES)('%s, read and written again', (name) => {
  it('has the same Parquet schema in every file, column by column', async () => {
    const directory = await rewrite(fixture(name));
    for (const path of [DATA, TASKS, EPISODES]) {
      expect((await parquetOf(directory, path)).schema).toEqual((await parquetOf(fixture(name), path)).schema);
    }
  });

  it('has one row group per episode in the data', async () => {
    const directory = await rewrite(fixture(name));
    const lengths = (metadata: FileMetaData): bigint[] => metadata.row_groups.map((group) => group.num_rows);
    expect(lengths(await parquetOf(directory, DATA))).toEqual(lengths(await parquetOf(fixture(name), DATA)));
  });

  it('describes the features for the Hub as LeRobot does', async () => {
    const directory = await rewrite(fixture(name));
    const ours = keyValue(await parquetOf(directory, DATA), 'huggingface') as { info: unknown };
    const theirs = keyValue(await parquetOf(fixture(name), DATA), 'huggingface') as { info: unknown };
    expect(ours.info).toEqual(theirs.info);
  });

  it('makes the task sentence the index that pandas sees', async () => {
    const directory = await rewrite(fixture(name));
    const ours = keyValue(await parquetOf(directory, TASKS), 'pandas');
    const theirs = keyValue(await parquetOf(fixture(name), TASKS), 'pandas') as { index_columns: unknown };
    expect(ours).toMatchObject({ index_columns: theirs.index_columns });
  });

  it('has the same keys in the same order in info.json', async () => {
    const directory = await rewrite(fixture(name));
    const ours = readJson(directory, 'meta/info.json');
    const theirs = readJson(fixture(name), 'meta/info.json');
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    // A rewritten video has another codec; everything else must be equal.
    const withoutFacts = (info: Record<string, unknown>): unknown =>
      Object.entries(info['features'] as DatasetInfo['features']).map(([key, { dtype, shape, names }]) => [
        key,
        dtype,
        shape,
        names,
      ]);
    expect(withoutFacts(ours)).toEqual(withoutFacts(theirs));
    expect({ ...ours, features: null }).toEqual({ ...theirs, features: null });
  });

  it('has the statistics that LeRobot computed', async () => {
    const directory = await rewrite(fixture(name));
    const ours = await (await DatasetReader.open(directory)).readStatistics();
    const theirs = await (await DatasetReader.open(fixture(name))).readStatistics();
    expect([...ours.keys()].toSorted()).toEqual([...theirs.keys()].toSorted());
    for (const [feature, expected] of theirs) {
      const isLossy = feature.includes('images') && name === 'ref_v3_by_lerobot_0.6.2';
      for (const statistic of STATISTIC_NAMES) {
        expected[statistic].forEach((value, index) => {
          const found = ours.get(feature)?.[statistic][index] ?? Number.NaN;
          const where = `${feature} ${statistic} ${index}`;
          // The pictures of the fixture were measured before they were encoded as video.
          if (isLossy) expect(Math.abs(found - value), where).toBeLessThan(0.04);
          else expect(Math.abs(found - value), where).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
        });
      }
    }
  });

  it('gives back the same episodes', async () => {
    const directory = await rewrite(fixture(name));
    const [ours, theirs] = await Promise.all([DatasetReader.open(directory), DatasetReader.open(fixture(name))]);
    expect(ours.tasks).toEqual(theirs.tasks);
    for (const { episodeIndex } of theirs.episodes) {
      const [found, expected] = await Promise.all([ours.readEpisode(episodeIndex), theirs.readEpisode(episodeIndex)]);
      expect(found.columns).toEqual(expected.columns);
      expect(found.images).toEqual(expected.images);
      expect(found.tasks).toEqual(expected.tasks);
    }
  });
});

/** The background's level: the white square of the fixture covers less than half of the picture. */
function medianOfChannel(rgb: Uint8Array, channel: number): number {
  return rgb.filter((_, index) => index % 3 === channel).toSorted()[rgb.length / 6] ?? Number.NaN;
}

it("reads the frame that belongs to each row out of LeRobot's own video", async () => {
  const reader = await DatasetReader.open(fixture('ref_v3_by_lerobot_0.6.2'));
  for (const { episodeIndex, length } of reader.episodes) {
    const frames = await reader.readPictures(episodeIndex, 'observation.images.front');
    expect(frames).toHaveLength(length);
    frames.forEach((rgb, frame) => {
      expect(Math.abs(medianOfChannel(rgb, 0) - 10 * frame)).toBeLessThan(5);
      expect(Math.abs(medianOfChannel(rgb, 1) - 80 * episodeIndex)).toBeLessThan(5);
    });
  }
});

it('continues a dataset that LeRobot wrote, in new files', async () => {
  const directory = await rewrite(fixture('ref_v3_image_dtype'));
  const writer = await DatasetWriter.resume(directory);
  const { columns, images } = await (await DatasetReader.open(directory)).readEpisode(0);
  const frames = Object.fromEntries(
    [...Object.entries(columns), ...Object.entries(images)].filter(([name]) => !(name in DEFAULT_FEATURES)),
  );
  await writer.saveEpisode({ frames, task: 'another task' });
  const reader = await DatasetReader.open(directory);
  expect(reader.episodes.map((episode) => episode.data.fileIndex)).toEqual([0, 1]);
  expect(reader.tasks).toEqual(['t', 'another task']);
  expect((await reader.readEpisode(1)).columns['index']).toEqual(Float64Array.of(4, 5, 6, 7));
});
