import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { z } from 'zod';
import { InvalidFileError, messageOf } from '../core/errors.ts';
import { parseJson } from '../core/parse-json.ts';
import { listFiles } from './dataset-files.ts';
import { DATASET_PATHS, formatPath, infoSchema, STATISTIC_NAMES } from './format.ts';
import type { DatasetInfo, EpisodeRecord, FeatureStatistics, FileIndex } from './format.ts';

/** An opened Parquet file. */
export interface ParquetFile {
  readonly path: string;
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
}

/** Rows and columns to read. */
export interface RowRange {
  readonly columns?: string[];
  readonly rowStart?: number;
  readonly rowEnd?: number;
}

type Row = Record<string, unknown>;

/** Opens a Parquet file. Throws InvalidFileError where it is missing, cut off or no Parquet file. */
export async function openParquet(path: string): Promise<ParquetFile> {
  if (!existsSync(path)) throw missingFile(path);
  try {
    const buffer = await asyncBufferFromFile(path);
    return { path, buffer, metadata: await parquetMetadataAsync(buffer) };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Rows as objects. BYTE_ARRAY columns without a text type stay bytes; int64 values are bigint. */
export async function readRows(file: ParquetFile, range: RowRange = {}): Promise<Row[]> {
  try {
    return await parquetReadObjects({ file: file.buffer, metadata: file.metadata, compressors, utf8: false, ...range });
  } catch (cause) {
    throw unreadable(file.path, cause);
  }
}

/** Reads meta/info.json. Throws InvalidFileError for another format version or content that does not fit. */
export async function readInfo(directory: string): Promise<DatasetInfo> {
  const path = join(directory, DATASET_PATHS.info);
  const document = await readJson(path);
  const version = z.looseObject({ codebase_version: z.string() }).safeParse(document).data?.codebase_version;
  if (version !== undefined && !version.startsWith('v3.')) {
    throw new InvalidFileError(path, 'the dataset has another format version', {
      expected: 'v3.0',
      found: version,
      remedy: version.startsWith('v2')
        ? 'Convert it: armature dataset convert DIR OUT.'
        : 'Use a version of Armature that knows this format.',
    });
  }
  const result = infoSchema.safeParse(document);
  if (!result.success) {
    throw new InvalidFileError(path, `does not describe a dataset:\n${z.prettifyError(result.error)}`, {
      remedy: 'Correct these entries.',
    });
  }
  return result.data;
}

/** Task sentences by task index. */
export async function readTasks(directory: string): Promise<string[]> {
  const path = join(directory, DATASET_PATHS.tasks);
  const tasks: string[] = [];
  for (const row of await readRows(await openParquet(path))) {
    // Older converters leave pandas' own name for the index column.
    const task = row['task'] ?? row['__index_level_0__'];
    if (typeof task !== 'string' || row['task_index'] === undefined) {
      throw new InvalidFileError(path, 'does not list tasks', {
        expected: 'columns task_index and task',
        found: Object.keys(row).join(', '),
        remedy: 'Restore the file from the recording.',
      });
    }
    tasks[Number(row['task_index'])] = task;
  }
  return tasks;
}

const integer = z.union([z.bigint(), z.number()]).transform(Number);
const episodeRowSchema = z.looseObject({
  episode_index: integer,
  tasks: z.array(z.string()),
  length: integer,
  'data/chunk_index': integer,
  'data/file_index': integer,
  dataset_from_index: integer,
  dataset_to_index: integer,
});

/** A row of meta/episodes as it stands; nothing is checked against other rows. */
export interface StoredEpisode {
  /** File of meta/episodes, relative to the dataset's folder. */
  readonly file: string;
  readonly episode: EpisodeRecord;
  /** The file the row says it is in; a writer that continues the dataset takes the next one. */
  readonly statedFile: FileIndex;
  /** Statistics of the features that have columns here; those of older writers lack the quantiles. */
  readonly statistics: ReadonlyMap<string, Partial<FeatureStatistics>>;
}

/** The rows of one file of meta/episodes, without their statistics. */
async function readEpisodeFile(path: string, info: DatasetInfo): Promise<EpisodeRecord[]> {
  const videoKeys = videoFeatures(info);
  const videoColumns = videoKeys.flatMap((key) => VIDEO_COLUMNS.map((column) => `videos/${key}/${column}`));
  const columns = [...Object.keys(episodeRowSchema.shape), ...videoColumns];
  const file = await openParquet(path);
  requireColumns(file, columns);
  return (await readRows(file, { columns })).map((row) => parseEpisode(row, videoKeys, path));
}

/** The rows of one file of meta/episodes, `file` relative to the dataset's folder, with their statistics. */
export async function readStoredEpisodes(directory: string, file: string, info: DatasetInfo): Promise<StoredEpisode[]> {
  const path = join(directory, file);
  const episodes = await readEpisodeFile(path, info);
  const parquet = await openParquet(path);
  const present = new Set(columnNames(parquet));
  const rows = await readRows(parquet);
  return episodes.map((episode, row) => ({
    file,
    episode,
    statedFile: {
      chunkIndex: Number(rows[row]?.['meta/episodes/chunk_index'] ?? -1),
      fileIndex: Number(rows[row]?.['meta/episodes/file_index'] ?? -1),
    },
    statistics: new Map(
      Object.keys(info.features).flatMap((name) => {
        const stored = STATISTIC_NAMES.filter((statistic) => present.has(`stats/${name}/${statistic}`)).map(
          (statistic) => [statistic, flattenNumbers(rows[row]?.[`stats/${name}/${statistic}`])] as const,
        );
        return stored.length === 0 ? [] : [[name, Object.fromEntries(stored)]];
      }),
    ),
  }));
}

/** Statistics of every episode, by feature; only features that have all ten of them. */
export async function readEpisodeStatistics(
  directory: string,
  info: DatasetInfo,
): Promise<ReadonlyMap<string, FeatureStatistics>[]> {
  const result: ReadonlyMap<string, FeatureStatistics>[] = [];
  for (const file of await listFiles(directory, 'meta/episodes', '.parquet')) {
    for (const { statistics } of await readStoredEpisodes(directory, file, info))
      result.push(new Map([...statistics].flatMap(([name, values]) => (isComplete(values) ? [[name, values]] : []))));
  }
  return result;
}

/**
 * The greatest value of a feature of one number in each episode, in order, as their statistics say; null where they do not. Of a
 * flag it says whether it was ever set, without reading the rows.
 */
export async function readEpisodeMaxima(directory: string, feature: string): Promise<(number | null)[]> {
  const column = `stats/${feature}/max`;
  const maxima: (number | null)[] = [];
  for (const path of await listFiles(directory, 'meta/episodes', '.parquet')) {
    const file = await openParquet(join(directory, path));
    const rows: readonly Row[] = columnNames(file).includes(column)
      ? await readRows(file, { columns: [column] })
      : Array.from({ length: Number(file.metadata.num_rows) }, () => ({}));
    maxima.push(...rows.map((row) => flattenNumbers(row[column])[0] ?? null));
  }
  return maxima;
}

/** Whether none of the ten statistics is missing. */
export function isComplete(values: Partial<FeatureStatistics>): values is FeatureStatistics {
  return STATISTIC_NAMES.every((name) => (values[name]?.length ?? 0) > 0);
}

/** Episodes in order. Their number may exceed info.total_episodes by what a crash kept from being counted. */
export async function readEpisodes(directory: string, info: DatasetInfo): Promise<EpisodeRecord[]> {
  const episodes: EpisodeRecord[] = [];
  for (const path of await listFiles(directory, 'meta/episodes', '.parquet'))
    episodes.push(...(await readEpisodeFile(join(directory, path), info)));
  episodes.forEach((episode, position) => {
    const from = episodes[position - 1]?.toIndex ?? 0;
    const gap = episode.episodeIndex !== position || episode.fromIndex !== from;
    if (gap || episode.toIndex - episode.fromIndex !== episode.length) {
      throw new InvalidFileError(
        join(directory, 'meta/episodes'),
        `the row of episode ${position} does not follow the one before`,
        {
          expected: `episode ${position} from frame ${from}`,
          found: `episode ${episode.episodeIndex}, frames ${episode.fromIndex} to ${episode.toIndex}, length ${episode.length}`,
          remedy: 'Restore the files of meta/episodes from the recording.',
        },
      );
    }
  });
  requireEpisodeRows(directory, info, episodes.length);
  return episodes;
}

function requireEpisodeRows(directory: string, info: DatasetInfo, found: number): void {
  if (found >= info.total_episodes) return;
  throw new InvalidFileError(join(directory, 'meta/episodes'), 'rows of episodes are missing', {
    expected: `${info.total_episodes} episodes, as meta/info.json says`,
    found: `${found}`,
    remedy: 'The recording was cut off or copied in part; copy it again.',
  });
}

/**
 * Reads meta/info.json and the ends of the other files of metadata: enough to say what a dataset holds, and that these files are whole.
 * Throws InvalidFileError as DatasetReader.open does, which looks at more.
 */
export async function glanceAtDataset(directory: string): Promise<DatasetInfo> {
  const info = await readInfo(directory);
  await openParquet(join(directory, DATASET_PATHS.tasks));
  let rows = 0;
  for (const file of await listFiles(directory, 'meta/episodes', '.parquet'))
    rows += Number((await openParquet(join(directory, file))).metadata.num_rows);
  requireEpisodeRows(directory, info, rows);
  return info;
}

/** meta/stats.json with flat values per feature; empty where the dataset has none. */
export async function readStatistics(directory: string): Promise<Map<string, FeatureStatistics>> {
  const path = join(directory, DATASET_PATHS.statistics);
  if (!existsSync(path)) return new Map();
  const statistics = z.record(z.string(), z.unknown()).transform((values) => {
    const named = STATISTIC_NAMES.map((name) => [name, flattenNumbers(values[name])] as const);
    return Object.fromEntries(named) as unknown as FeatureStatistics;
  });
  const result = z.record(z.string(), statistics).safeParse(await readJson(path));
  if (!result.success) {
    throw new InvalidFileError(path, `does not hold statistics:\n${z.prettifyError(result.error)}`, {
      remedy: 'Remove the file; the statistics of the episodes are kept beside them.',
    });
  }
  return new Map(Object.entries(result.data));
}

/** Absolute path of a file of the dataset. Throws InvalidFileError for a template that leads out of the folder. */
export function datasetFile(directory: string, template: string, file: FileIndex, videoKey?: string): string {
  const path = resolve(directory, formatPath(template, file, videoKey));
  if (!path.startsWith(resolve(directory) + sep)) {
    throw new InvalidFileError(join(directory, DATASET_PATHS.info), 'a path template leads out of the dataset', {
      found: template,
      remedy: `Use ${DATASET_PATHS.data}.`,
    });
  }
  return path;
}

/** Names of the features stored as videos. */
export function videoFeatures(info: DatasetInfo): string[] {
  return Object.keys(info.features).filter((name) => info.features[name]?.dtype === 'video');
}

/** Throws InvalidFileError where the file lacks one of the columns. */
export function requireColumns(file: ParquetFile, columns: readonly string[]): void {
  const present = new Set(columnNames(file));
  const missing = columns.filter((column) => !present.has(column));
  if (missing.length > 0) {
    throw new InvalidFileError(file.path, `has no column ${missing.join(', ')}`, {
      expected: columns.join(', '),
      found: [...present].join(', '),
      remedy:
        'The file does not belong to this dataset, or meta/info.json was changed; restore both from the recording.',
    });
  }
}

/** Numbers of nested lists, in order. */
function flattenNumbers(value: unknown): number[] {
  if (Array.isArray(value)) return value.flatMap(flattenNumbers);
  return value === null || value === undefined ? [] : [Number(value)];
}

/** Names of the top-level columns, in order. */
export function columnNames(file: ParquetFile): string[] {
  return parquetSchema(file.metadata).children.map(({ element }) => element.name);
}

const VIDEO_COLUMNS = ['chunk_index', 'file_index', 'from_timestamp', 'to_timestamp'] as const;

function parseEpisode(row: Row, videoKeys: readonly string[], path: string): EpisodeRecord {
  const result = episodeRowSchema.safeParse(row);
  if (!result.success) {
    throw new InvalidFileError(path, `a row does not describe an episode:\n${z.prettifyError(result.error)}`, {
      remedy: 'Restore the file from the recording.',
    });
  }
  const episode = result.data;
  const videos = videoKeys.map((key) => {
    const [chunkIndex, fileIndex, fromTimestampS, toTimestampS] = VIDEO_COLUMNS.map((column) =>
      Number(row[`videos/${key}/${column}`] ?? 0),
    );
    return [key, { chunkIndex, fileIndex, fromTimestampS, toTimestampS }];
  });
  return {
    episodeIndex: episode.episode_index,
    tasks: episode.tasks,
    length: episode.length,
    data: { chunkIndex: episode['data/chunk_index'], fileIndex: episode['data/file_index'] },
    fromIndex: episode.dataset_from_index,
    toIndex: episode.dataset_to_index,
    videos: Object.fromEntries(videos) as EpisodeRecord['videos'],
  };
}

/** Reads a JSON file. Throws InvalidFileError where it is missing or holds no JSON. */
export async function readJson(path: string): Promise<unknown> {
  if (!existsSync(path)) throw missingFile(path);
  return parseJson(await readFile(path, 'utf8'), path, 'Restore the file from the recording.');
}

function missingFile(path: string): InvalidFileError {
  return new InvalidFileError(path, 'the file is missing', {
    remedy:
      'Give the folder of a complete LeRobotDataset v3.0: the one that contains meta/, data/ and perhaps videos/.',
  });
}

function unreadable(path: string, cause: unknown): InvalidFileError {
  return new InvalidFileError(path, 'cannot be read as Parquet', {
    found: messageOf(cause),
    remedy: 'The file was cut off or damaged; copy it again, or record the episode again.',
    cause,
  });
}
