import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { InvalidFileError } from '../../core/errors.ts';
import { readJson } from '../dataset-metadata.ts';
import { DatasetReader } from '../dataset-reader.ts';
import { DATASET_PATHS, isPicture } from '../format.ts';
import type { DatasetInfo, EpisodeRecord, FeatureInfo } from '../format.ts';

/*
 * LeRobotDataset v2.0 and v2.1, as tables.
 *
 *   meta/info.json                                      legacyInfoSchema
 *   meta/tasks.jsonl                                    {task_index, task}
 *   meta/episodes.jsonl                                 {episode_index, tasks, length}
 *   meta/episodes_stats.jsonl                           without quantiles; not read, because they are computed anew
 *   data/chunk-000/episode_000000.parquet               one file per episode
 *   videos/chunk-000/<feature>/episode_000000.mp4       one file per episode and feature
 */

const LEGACY_VERSION = /^v2\.[01]$/;
const LEGACY_PATHS = {
  data: 'data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet',
  video: 'videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4',
} as const;

const legacyInfoSchema = z.looseObject({
  codebase_version: z.string(),
  fps: z.number().positive(),
  features: z.record(
    z.string(),
    z.looseObject({
      dtype: z.string(),
      shape: z.array(z.int().positive()),
      names: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]).nullish(),
      info: z.record(z.string(), z.unknown()).nullish(),
      /** As v2.0 has it. */
      video_info: z.record(z.string(), z.unknown()).nullish(),
    }),
  ),
  chunks_size: z.int().positive().default(1000),
  data_path: z.string().default(LEGACY_PATHS.data),
  video_path: z.string().nullable().default(null),
  robot_type: z.string().nullable().default(null),
});

const taskSchema = z.looseObject({ task_index: z.int().nonnegative(), task: z.string() });
const episodeSchema = z.looseObject({
  episode_index: z.int().nonnegative(),
  tasks: z.array(z.string()),
  length: z.int().positive(),
});

/** Opens a dataset of version 3.0, or of 2.0 or 2.1. Throws InvalidFileError as DatasetReader.open does. */
export async function openAnyDataset(directory: string): Promise<DatasetReader> {
  const document = await readJson(join(directory, DATASET_PATHS.info));
  const version = z.looseObject({ codebase_version: z.string() }).safeParse(document).data?.codebase_version ?? '';
  return LEGACY_VERSION.test(version) ? openLegacyDataset(directory, document) : DatasetReader.open(directory);
}

/** Every episode has its own files, so their index is the episode's; read like that, it is a dataset of version 3.0. */
async function openLegacyDataset(directory: string, document: unknown): Promise<DatasetReader> {
  const path = join(directory, DATASET_PATHS.info);
  const parsed = legacyInfoSchema.safeParse(document);
  if (!parsed.success) {
    throw new InvalidFileError(path, `does not describe a dataset:\n${z.prettifyError(parsed.error)}`, {
      remedy: 'Correct these entries.',
    });
  }
  const { features, chunks_size: chunksSize, data_path: dataPath, video_path: videoPath, ...rest } = parsed.data;
  const tasks: string[] = [];
  for (const { task_index: index, task } of await readLines(directory, 'meta/tasks.jsonl', taskSchema))
    tasks[index] = task;
  const rows = await readLines(directory, 'meta/episodes.jsonl', episodeSchema);
  const videoKeys = Object.keys(features).filter((name) => features[name]?.dtype === 'video');
  const episodes: EpisodeRecord[] = [];
  for (const row of rows.toSorted((a, b) => a.episode_index - b.episode_index)) {
    const fromIndex = episodes.at(-1)?.toIndex ?? 0;
    const file = { chunkIndex: Math.floor(row.episode_index / chunksSize), fileIndex: row.episode_index };
    const span = { ...file, fromTimestampS: 0, toTimestampS: row.length / rest.fps };
    episodes.push({
      episodeIndex: row.episode_index,
      tasks: row.tasks,
      length: row.length,
      data: file,
      fromIndex,
      toIndex: fromIndex + row.length,
      videos: Object.fromEntries(videoKeys.map((key) => [key, span])),
    });
  }
  checkNumbering(directory, episodes);
  const info: DatasetInfo = {
    ...rest,
    features: Object.fromEntries(Object.entries(features).map(([name, feature]) => [name, toFeature(feature)])),
    total_episodes: episodes.length,
    total_frames: episodes.at(-1)?.toIndex ?? 0,
    total_tasks: tasks.length,
    chunks_size: chunksSize,
    data_files_size_in_mb: 100,
    video_files_size_in_mb: 200,
    data_path: translateTemplate(dataPath),
    video_path: translateTemplate(videoPath ?? LEGACY_PATHS.video),
    splits: {},
  };
  return DatasetReader.of({ directory, info, tasks, episodes });
}

function toFeature({
  video_info: videoInfo,
  ...feature
}: z.infer<typeof legacyInfoSchema>['features'][string]): FeatureInfo {
  const info = feature.info ?? videoInfo ?? {};
  const [first] = Array.isArray(feature.names) ? feature.names : [];
  if (!isPicture(feature.dtype)) return { ...feature, info };
  // Some writers put the channels first in the description; in the files they are last.
  const [a = 0, b = 0, c = 0] = feature.shape;
  const shape = first?.startsWith('channel') === true ? [b, c, a] : feature.shape;
  return { ...feature, shape, names: null, info };
}

function translateTemplate(template: string): string {
  return template.replaceAll('{episode_chunk', '{chunk_index').replaceAll('{episode_index', '{file_index');
}

function checkNumbering(directory: string, episodes: readonly EpisodeRecord[]): void {
  const gap = episodes.findIndex(({ episodeIndex }, position) => episodeIndex !== position);
  if (gap < 0) return;
  throw new InvalidFileError(join(directory, 'meta/episodes.jsonl'), 'the episodes are not numbered through', {
    expected: `episode ${gap}`,
    found: `episode ${episodes[gap]?.episodeIndex}`,
    remedy: 'Copy the dataset again; a part of it is missing.',
  });
}

async function readLines<T>(directory: string, file: string, schema: z.ZodType<T>): Promise<T[]> {
  const path = join(directory, file);
  if (!existsSync(path)) {
    throw new InvalidFileError(path, 'the file is missing', {
      remedy: 'Give the folder of a complete LeRobotDataset v2.1; @lerobot/web writes none.',
    });
  }
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, number) => {
    try {
      return schema.parse(JSON.parse(line));
    } catch (cause) {
      throw new InvalidFileError(path, `line ${number + 1} does not fit`, {
        found: line.slice(0, 100),
        remedy: 'Restore the file from the recording.',
        cause,
      });
    }
  });
}
