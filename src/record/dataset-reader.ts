import { join } from 'node:path';
import { InvalidFileError, UnknownNameError } from '../core/errors.ts';
import {
  datasetFile,
  openParquet,
  readEpisodeMaxima,
  readEpisodes,
  readInfo,
  readRows,
  readStatistics,
  readTasks,
  requireColumns,
} from './dataset-metadata.ts';
import type { ParquetFile } from './dataset-metadata.ts';
import { DATASET_PATHS, elementCount, NUMERIC_TYPES } from './format.ts';
import type { DatasetInfo, EpisodeRecord, FeatureInfo, FeatureStatistics, NumericDtype } from './format.ts';
import { decodePng } from './png.ts';
import { readVideo } from './read-video.ts';

/** float32 as Float32Array, float64 and int64 as Float64Array (exact to 2^53), bool as Uint8Array. */
export type NumericValues = Float32Array | Float64Array | Uint8Array;

/** What readEpisode gives. */
export interface EpisodeData {
  readonly episode: EpisodeRecord;
  /** Task of every frame. */
  readonly tasks: readonly string[];
  /** Flat numbers of shape (frames, N) per feature. */
  readonly columns: Readonly<Record<string, NumericValues>>;
  /** PNG bytes per frame and image feature. */
  readonly images: Readonly<Record<string, readonly Uint8Array[]>>;
}

/** Reads a LeRobotDataset v3.0, LeRobot's or our own. */
export class DatasetReader {
  readonly directory: string;
  readonly info: DatasetInfo;
  /** Sentences by task index. */
  readonly tasks: readonly string[];
  readonly episodes: readonly EpisodeRecord[];
  readonly #files = new Map<string, Promise<ParquetFile>>();

  private constructor(content: Pick<DatasetReader, 'directory' | 'info' | 'tasks' | 'episodes'>) {
    this.directory = content.directory;
    this.info = content.info;
    this.tasks = content.tasks;
    this.episodes = content.episodes;
  }

  /** Opens the dataset in a folder. Throws InvalidFileError where a file is missing or does not fit. */
  static async open(directory: string): Promise<DatasetReader> {
    const info = await readInfo(directory);
    const [tasks, episodes] = await Promise.all([readTasks(directory), readEpisodes(directory, info)]);
    return DatasetReader.of({ directory, info, tasks, episodes });
  }

  /** A reader of a dataset whose metadata were read elsewhere, for example one of an older format. */
  static of(content: Pick<DatasetReader, 'directory' | 'info' | 'tasks' | 'episodes'>): DatasetReader {
    return new DatasetReader(content);
  }

  /** Statistics of the whole dataset; empty where it has none. */
  readStatistics(): Promise<Map<string, FeatureStatistics>> {
    return readStatistics(this.directory);
  }

  /** Of each episode whether this flag was ever set, as its statistics say; null where they do not. */
  async readFlags(feature: string): Promise<(boolean | null)[]> {
    const maxima = await readEpisodeMaxima(this.directory, feature);
    return this.episodes.map((_, index) => {
      const most = maxima[index] ?? null;
      return most === null ? null : most > 0;
    });
  }

  /**
   * Reads an episode; `features` limits what is read (default: all but videos, which are not in the
   * Parquet files; see readPictures). Throws UnknownNameError for a feature or an episode that does not exist,
   * InvalidFileError where the file does not hold what the metadata say.
   */
  async readEpisode(episodeIndex: number, features?: readonly string[]): Promise<EpisodeData> {
    const episode = this.#episode(episodeIndex);
    const names = features ?? Object.keys(this.info.features).filter((name) => isStored(this.#feature(name)));
    for (const name of names) this.#checkReadable(name);
    const file = await this.#dataFile(episode);
    const columns = [...new Set([...names, 'episode_index', 'task_index'])];
    requireColumns(file, columns);
    const rowStart = episode.fromIndex - this.#firstFrameOf(episode);
    const rows = await readRows(file, { columns, rowStart, rowEnd: rowStart + episode.length });
    if (rows.length !== episode.length || rows.some((row) => Number(row['episode_index']) !== episodeIndex)) {
      throw new InvalidFileError(file.path, `does not hold the frames of episode ${episodeIndex}`, {
        expected: `${episode.length} rows from row ${rowStart}`,
        found: `${rows.length} rows of episode ${[...new Set(rows.map((row) => Number(row['episode_index'])))].join(', ')}`,
        remedy: 'The data and meta/episodes do not belong together; copy the dataset again.',
      });
    }
    const numeric = names.filter((name) => this.#feature(name).dtype !== 'image');
    const images = names.filter((name) => this.#feature(name).dtype === 'image');
    const cells = (name: string): unknown[] => rows.map((row) => row[name]);
    return {
      episode,
      tasks: cells('task_index').map((index) => this.tasks[Number(index)] ?? ''),
      columns: Object.fromEntries(
        numeric.map((name) => [name, toValues(cells(name), this.#feature(name), `${file.path}, ${name}`)]),
      ),
      images: Object.fromEntries(images.map((name) => [name, toImages(cells(name), `${file.path}, ${name}`)])),
    };
  }

  /** Pictures of an image or video feature as RGB bytes of shape (height, width, 3), one per frame. */
  async readPictures(episodeIndex: number, feature: string): Promise<Uint8Array[]> {
    if (this.#feature(feature).dtype === 'video') {
      const { path, fromTimestampS } = this.videoOf(episodeIndex, feature);
      const frameCount = this.#episode(episodeIndex).length;
      return readVideo({ path, fromTimestampS, frameCount, fps: this.info.fps });
    }
    const { images } = await this.readEpisode(episodeIndex, [feature]);
    return (images[feature] ?? []).map((bytes) => decodePng(bytes).rgb);
  }

  /** The mp4 that holds an episode's frames of a video feature, and where in it they lie, s. */
  videoOf(episodeIndex: number, feature: string): { path: string; fromTimestampS: number; toTimestampS: number } {
    const video = this.#episode(episodeIndex).videos[feature];
    if (video === undefined)
      throw new UnknownNameError('video feature', feature, Object.keys(this.episodes[0]?.videos ?? {}));
    const path = datasetFile(this.directory, this.info.video_path ?? DATASET_PATHS.video, video, feature);
    return { path, fromTimestampS: video.fromTimestampS, toTimestampS: video.toTimestampS };
  }

  #episode(episodeIndex: number): EpisodeRecord {
    const episode = this.episodes[episodeIndex];
    if (episode !== undefined) return episode;
    throw new UnknownNameError('episode', String(episodeIndex), [`0 to ${this.episodes.length - 1}`]);
  }

  #feature(name: string): FeatureInfo {
    const feature = this.info.features[name];
    if (feature !== undefined) return feature;
    throw new UnknownNameError('feature', name, Object.keys(this.info.features));
  }

  #checkReadable(name: string): void {
    const feature = this.#feature(name);
    if (isStored(feature)) return;
    throw new InvalidFileError(join(this.directory, DATASET_PATHS.info), `feature "${name}" cannot be read`, {
      expected: `${Object.keys(NUMERIC_TYPES).join(', ')} of shape [N], or image`,
      found: `${feature.dtype} of shape [${feature.shape.join(', ')}]`,
      remedy: feature.dtype === 'video' ? 'Read its frames with readPictures.' : 'Leave this feature out.',
    });
  }

  #dataFile(episode: EpisodeRecord): Promise<ParquetFile> {
    const path = datasetFile(this.directory, this.info.data_path, episode.data);
    const known = this.#files.get(path) ?? openParquet(path);
    this.#files.set(path, known);
    return known;
  }

  /** Global index of the first frame in the episode's file. */
  #firstFrameOf(episode: EpisodeRecord): number {
    let first = episode;
    for (let index = episode.episodeIndex - 1; index >= 0; index -= 1) {
      const before = this.episodes[index];
      if (before === undefined || !isSameFile(before, episode)) break;
      first = before;
    }
    return first.fromIndex;
  }
}

function isSameFile(a: EpisodeRecord, b: EpisodeRecord): boolean {
  return a.data.chunkIndex === b.data.chunkIndex && a.data.fileIndex === b.data.fileIndex;
}

function isStored(feature: FeatureInfo): boolean {
  return feature.dtype === 'image' || (feature.dtype in NUMERIC_TYPES && feature.shape.length === 1);
}

function toValues(cells: readonly unknown[], feature: FeatureInfo, where: string): NumericValues {
  const width = elementCount(feature);
  const values = VALUE_ARRAYS[feature.dtype as NumericDtype](cells.length * width);
  cells.forEach((cell, frame) => {
    const numbers: unknown[] = Array.isArray(cell) ? cell : [cell];
    if (numbers.length !== width || numbers.some((value) => value === null || value === undefined)) {
      throw new InvalidFileError(where, `frame ${frame} does not have the feature's shape`, {
        expected: `${width} values`,
        found: `[${numbers.map(String).join(', ')}]`,
        remedy: 'meta/info.json and the data do not belong together; copy the dataset again.',
      });
    }
    numbers.forEach((value, position) => {
      values[frame * width + position] = Number(value);
    });
  });
  return values;
}

const VALUE_ARRAYS: Readonly<Record<NumericDtype, (length: number) => NumericValues>> = {
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
  int64: (length) => new Float64Array(length),
  bool: (length) => new Uint8Array(length),
};

function toImages(cells: readonly unknown[], where: string): Uint8Array[] {
  return cells.map((cell, frame) => {
    const bytes = typeof cell === 'object' && cell !== null && 'bytes' in cell ? cell.bytes : undefined;
    if (bytes instanceof Uint8Array) return bytes;
    throw new InvalidFileError(where, `frame ${frame} holds no picture`, {
      expected: 'the bytes of a picture',
      remedy: 'Store the pictures inside the data files, or record the feature as video.',
    });
  });
}
