import { z } from 'zod';

/*
 * LeRobotDataset v3.0, as tables.
 *
 *   meta/info.json                                  infoSchema
 *   meta/stats.json                                 {feature: {statistic: values}}
 *   meta/tasks.parquet                              task_index int64, task string (pandas index)
 *   meta/episodes/chunk-000/file-000.parquet        one row per episode
 *   data/chunk-000/file-000.parquet                 one row per frame, one row group per episode
 *   videos/<feature>/chunk-000/file-000.mp4         features of dtype video; they have no column in data/
 */

export const CODEBASE_VERSION = 'v3.0';

export const DATASET_PATHS = {
  info: 'meta/info.json',
  statistics: 'meta/stats.json',
  tasks: 'meta/tasks.parquet',
  episodes: 'meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet',
  data: 'data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet',
  video: 'videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4',
} as const;

/** Files per chunk folder, and the sizes (MiB) above which a new file is started. */
export const FILE_RULES = { chunksSize: 1000, dataFilesSizeInMb: 100, videoFilesSizeInMb: 200 } as const;

/** Order of the `stats/<feature>/<statistic>` columns and of the keys in stats.json. */
export const STATISTIC_NAMES = ['min', 'max', 'mean', 'std', 'count', 'q01', 'q10', 'q50', 'q90', 'q99'] as const;
export type StatisticName = (typeof STATISTIC_NAMES)[number];

/** Quantile each `q` statistic stands for. */
export const QUANTILES = { q01: 0.01, q10: 0.1, q50: 0.5, q90: 0.9, q99: 0.99 } as const;

/** Feature types that are written, with the Parquet type of one element; images and videos are no numbers. */
export const NUMERIC_TYPES = {
  float32: { physicalType: 'FLOAT' },
  float64: { physicalType: 'DOUBLE' },
  int64: { physicalType: 'INT64' },
  bool: { physicalType: 'BOOLEAN' },
} as const;
export type NumericDtype = keyof typeof NUMERIC_TYPES;
export type FeatureDtype = NumericDtype | 'image' | 'video';

/** One column of a dataset. Images and videos have shape [height, width, 3]; everything else [N]. */
export interface FeatureSpec {
  readonly dtype: FeatureDtype;
  readonly shape: readonly number[];
  /** One name per element, for joints the joint name with ".pos". */
  readonly names?: readonly string[] | null;
  /** Free facts about the feature, for example {unit: 'rad'}. */
  readonly info?: Readonly<Record<string, unknown>>;
}
export type Features = Readonly<Record<string, FeatureSpec>>;

/** Written by the recorder itself, always present and always last. */
export const DEFAULT_FEATURES = {
  timestamp: { dtype: 'float32', shape: [1], names: null },
  frame_index: { dtype: 'int64', shape: [1], names: null },
  episode_index: { dtype: 'int64', shape: [1], names: null },
  index: { dtype: 'int64', shape: [1], names: null },
  task_index: { dtype: 'int64', shape: [1], names: null },
} as const satisfies Features;

/** Names of the elements of an image or video feature. */
export const IMAGE_NAMES = ['height', 'width', 'channels'] as const;

const featureSchema = z.looseObject({
  dtype: z.string(),
  shape: z.array(z.int().positive()),
  names: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]).nullish(),
  info: z.record(z.string(), z.unknown()).nullish(),
});

/** meta/info.json. Unknown keys are kept: newer writers add some. */
export const infoSchema = z.looseObject({
  codebase_version: z.string(),
  fps: z.number().positive(),
  features: z.record(z.string(), featureSchema),
  total_episodes: z.int().nonnegative().default(0),
  total_frames: z.int().nonnegative().default(0),
  total_tasks: z.int().nonnegative().default(0),
  chunks_size: z.int().positive().default(FILE_RULES.chunksSize),
  data_files_size_in_mb: z.number().positive().default(FILE_RULES.dataFilesSizeInMb),
  video_files_size_in_mb: z.number().positive().default(FILE_RULES.videoFilesSizeInMb),
  data_path: z.string().default(DATASET_PATHS.data),
  video_path: z.string().nullable().default(null),
  robot_type: z.string().nullable().default(null),
  splits: z.record(z.string(), z.string()).default({}),
});
export type DatasetInfo = z.infer<typeof infoSchema>;
export type FeatureInfo = DatasetInfo['features'][string];

/** Statistics of one feature: a value per element (per channel for images), `count` a single value. */
export type FeatureStatistics = Readonly<Record<StatisticName, readonly number[]>>;

/** Position of a file: `chunk-<chunkIndex>/file-<fileIndex>`. */
export interface FileIndex {
  readonly chunkIndex: number;
  readonly fileIndex: number;
}

/** One row of meta/episodes. Frame indices are global; `toIndex` is exclusive; timestamps are seconds in the mp4. */
export interface EpisodeRecord {
  readonly episodeIndex: number;
  readonly tasks: readonly string[];
  readonly length: number;
  readonly data: FileIndex;
  readonly fromIndex: number;
  readonly toIndex: number;
  readonly videos: Readonly<
    Record<string, FileIndex & { readonly fromTimestampS: number; readonly toTimestampS: number }>
  >;
}

/** Path of a file below the dataset's folder, from one of the templates of DATASET_PATHS or info.json. */
export function formatPath(template: string, file: FileIndex, videoKey = ''): string {
  const values: Record<string, string | number> = {
    chunk_index: file.chunkIndex,
    file_index: file.fileIndex,
    video_key: videoKey,
  };
  return template.replaceAll(/\{(\w+)(?::0(\d+)d)?\}/g, (_, name: string, digits: string | undefined) =>
    String(values[name] ?? '').padStart(Number(digits ?? 0), '0'),
  );
}

/** Position of a file, from a path that contains `chunk-XXX/file-XXX`. */
export function fileIndexOf(path: string): FileIndex {
  const match = /chunk-(\d+)\/file-(\d+)/.exec(path);
  return { chunkIndex: Number(match?.[1] ?? 0), fileIndex: Number(match?.[2] ?? 0) };
}

/** The file after this one: the next in the chunk, or the first of the next chunk. */
export function nextFileIndex(file: FileIndex, chunksSize: number): FileIndex {
  return file.fileIndex + 1 < chunksSize
    ? { chunkIndex: file.chunkIndex, fileIndex: file.fileIndex + 1 }
    : { chunkIndex: file.chunkIndex + 1, fileIndex: 0 };
}

/** Whether frames of this type are pictures. */
export function isPicture(dtype: string): dtype is 'image' | 'video' {
  return dtype === 'image' || dtype === 'video';
}

/** Number of values of one frame; shape [N]. */
export function elementCount(feature: { readonly shape: readonly number[] }): number {
  return feature.shape.reduce((product, size) => product * size, 1);
}
