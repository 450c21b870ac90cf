import { encodeParquet } from './dataset-files.ts';
import type { ParquetColumn } from './dataset-files.ts';
import type { PreparedEpisode } from './episode-input.ts';
import { elementCount, isPicture, STATISTIC_NAMES } from './format.ts';
import type { EpisodeRecord, Features, FeatureSpec, FeatureStatistics, FileIndex, StatisticName } from './format.ts';
import { dataMetadata, dataSchema, episodesSchema, isScalar, tasksMetadata, tasksSchema } from './parquet-schema.ts';
import { computeStatistics } from './statistics.ts';

/** An episode with its place in the dataset, default features included. */
export interface EpisodeRow extends EpisodeRecord {
  readonly metadata: FileIndex;
  readonly numbers: ReadonlyMap<string, Float32Array | Float64Array>;
  readonly pictures: ReadonlyMap<string, readonly Uint8Array[]>;
  readonly statistics: ReadonlyMap<string, FeatureStatistics>;
}

/** Where the next episode goes. */
export interface EpisodePlace {
  readonly episodeIndex: number;
  readonly fromIndex: number;
  /** Of every frame. */
  readonly taskIndices: readonly number[];
  readonly fps: number;
  readonly data: FileIndex;
  readonly metadata: FileIndex;
  readonly videos: EpisodeRecord['videos'];
}

/** Adds the default features to an episode. Timestamps are those of the frame rate, s, from 0. */
export function placeEpisode(episode: PreparedEpisode, place: EpisodePlace): EpisodeRow {
  const { length } = episode;
  const column = (value: (frame: number) => number): Float64Array =>
    Float64Array.from({ length }, (_, frame) => value(frame));
  const defaults = {
    timestamp: column((frame) => frame / place.fps),
    frame_index: column((frame) => frame),
    episode_index: column(() => place.episodeIndex),
    index: column((frame) => place.fromIndex + frame),
    task_index: Float64Array.from(place.taskIndices),
  };
  const statistics = new Map(episode.statistics);
  for (const [name, values] of Object.entries(defaults)) statistics.set(name, computeStatistics(values, 1));
  return {
    episodeIndex: place.episodeIndex,
    tasks: [...new Set(episode.tasks)],
    length,
    data: place.data,
    metadata: place.metadata,
    fromIndex: place.fromIndex,
    toIndex: place.fromIndex + length,
    videos: place.videos,
    numbers: new Map([...episode.numbers, ...Object.entries(defaults)]),
    pictures: episode.pictures,
    statistics,
  };
}

/** data/: one row per frame, one row group per episode. */
export function encodeData(features: Features, rows: readonly EpisodeRow[]): Uint8Array {
  const columns = Object.entries(features).flatMap(([name, feature]): ParquetColumn[] => {
    if (feature.dtype === 'video') return [];
    if (feature.dtype === 'image')
      return [{ name, values: rows.flatMap((row) => imageCells(row, name)), pictures: true }];
    return [{ name, values: rows.flatMap((row) => numberCells(row, name, feature)) }];
  });
  const rowGroupLengths = rows.map((row) => row.length);
  return encodeParquet({ schema: dataSchema(features), columns, rowGroupLengths, metadata: dataMetadata(features) });
}

/** meta/tasks.parquet: the row number is the task index. */
export function encodeTasks(tasks: readonly string[]): Uint8Array {
  const columns = [
    { name: 'task_index', values: tasks.map((_, index) => BigInt(index)) },
    { name: 'task', values: tasks },
  ];
  return encodeParquet({
    schema: tasksSchema(),
    columns,
    rowGroupLengths: [Math.max(tasks.length, 1)],
    metadata: tasksMetadata(),
  });
}

/** meta/episodes/: one row per episode. */
export function encodeEpisodes(features: Features, rows: readonly EpisodeRow[]): Uint8Array {
  const integers = (name: string, value: (row: EpisodeRow) => number): ParquetColumn => ({
    name,
    values: rows.map((row) => BigInt(value(row))),
  });
  const videoKeys = Object.keys(features).filter((name) => features[name]?.dtype === 'video');
  const columns: ParquetColumn[] = [
    integers('episode_index', (row) => row.episodeIndex),
    { name: 'tasks', values: rows.map((row) => [...row.tasks]) },
    integers('length', (row) => row.length),
    integers('data/chunk_index', (row) => row.data.chunkIndex),
    integers('data/file_index', (row) => row.data.fileIndex),
    integers('dataset_from_index', (row) => row.fromIndex),
    integers('dataset_to_index', (row) => row.toIndex),
    ...videoKeys.flatMap((key) => [
      integers(`videos/${key}/chunk_index`, (row) => row.videos[key]?.chunkIndex ?? 0),
      integers(`videos/${key}/file_index`, (row) => row.videos[key]?.fileIndex ?? 0),
      { name: `videos/${key}/from_timestamp`, values: rows.map((row) => row.videos[key]?.fromTimestampS) },
      { name: `videos/${key}/to_timestamp`, values: rows.map((row) => row.videos[key]?.toTimestampS) },
    ]),
    ...Object.entries(features).flatMap(([name, feature]) =>
      STATISTIC_NAMES.map((statistic) => ({
        name: `stats/${name}/${statistic}`,
        values: rows.map((row) => statisticCell(row.statistics.get(name), statistic, feature)),
      })),
    ),
    integers('meta/episodes/chunk_index', (row) => row.metadata.chunkIndex),
    integers('meta/episodes/file_index', (row) => row.metadata.fileIndex),
  ];
  return encodeParquet({ schema: episodesSchema(features), columns, rowGroupLengths: [rows.length] });
}

/** The content of meta/stats.json. */
export function statisticsDocument(
  features: Features,
  statistics: ReadonlyMap<string, FeatureStatistics>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(features).flatMap(([name, feature]) => {
      const values = statistics.get(name);
      if (values === undefined) return [];
      const named = STATISTIC_NAMES.map((statistic) => [
        statistic,
        shapeStatistic(values[statistic], statistic, feature),
      ]);
      return [[name, Object.fromEntries(named) as unknown]];
    }),
  );
}

/** Vectors as they are; per-channel values of pictures in shape (3, 1, 1), which LeRobot insists on. */
function shapeStatistic(values: readonly number[], statistic: StatisticName, feature: FeatureSpec): unknown[] {
  return isPicture(feature.dtype) && statistic !== 'count' ? values.map((value) => [[value]]) : [...values];
}

function statisticCell(values: FeatureStatistics | undefined, statistic: StatisticName, feature: FeatureSpec): unknown {
  if (values === undefined) return null;
  return statistic === 'count' ? values.count.map(BigInt) : shapeStatistic(values[statistic], statistic, feature);
}

function imageCells(row: EpisodeRow, name: string): { bytes: Uint8Array; path: string }[] {
  const frames = row.pictures.get(name) ?? [];
  return frames.map((bytes, frame) => ({ bytes, path: `frame-${String(frame).padStart(6, '0')}.png` }));
}

function numberCells(row: EpisodeRow, name: string, feature: FeatureSpec): unknown[] {
  const values = [...(row.numbers.get(name) ?? [])];
  const cells =
    feature.dtype === 'int64'
      ? values.map(BigInt)
      : feature.dtype === 'bool'
        ? values.map((value) => value !== 0)
        : values;
  if (isScalar(feature)) return cells;
  const width = elementCount(feature);
  return Array.from({ length: row.length }, (_, frame) => cells.slice(frame * width, (frame + 1) * width));
}
