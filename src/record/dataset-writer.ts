import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ArmatureError, InvalidFileError } from '../core/errors.ts';
import { checkFeatures, describeFeature } from './check-features.ts';
import { encodeData, encodeEpisodes, encodeTasks, placeEpisode, statisticsDocument } from './dataset-encoding.ts';
import type { EpisodeRow } from './dataset-encoding.ts';
import { commitFiles, moveFile } from './dataset-files.ts';
import type { PendingFile } from './dataset-files.ts';
import { lockDataset } from './dataset-lock.ts';
import { prepareEpisode, toRgb } from './episode-input.ts';
import type { Episode, PreparedEpisode } from './episode-input.ts';
import { CODEBASE_VERSION, DATASET_PATHS, DEFAULT_FEATURES, FILE_RULES, formatPath, nextFileIndex } from './format.ts';
import type { DatasetInfo, Features, FeatureSpec, FeatureStatistics, FileIndex } from './format.ts';
import { loadNodeAv } from './node-av.ts';
import { recoverDataset } from './recover-dataset.ts';
import type { RecoveredDataset } from './recover-dataset.ts';
import { aggregateStatistics } from './statistics.ts';
import { writeVideo } from './video.ts';

/** What a new dataset is made of. */
export interface DatasetOptions {
  /** Folder of the dataset; created, and refused if it holds one already. */
  readonly directory: string;
  /** Frames per second, a whole number. */
  readonly fps: number;
  readonly robotType: string | null;
  /** Without the five default features, which are added. */
  readonly features: Features;
  /** Episodes kept in memory and written together; default 1: each is on disk when saveEpisode resolves. */
  readonly episodesPerFile?: number;
}

/** Where an episode went. */
export interface SavedEpisode {
  readonly episodeIndex: number;
  readonly length: number;
}

interface Writing {
  readonly episodesPerFile: number;
  readonly unlock: () => Promise<void>;
}

/**
 * Writes a LeRobotDataset v3.0. With one episode per file (the default) an episode is safe as soon as
 * saveEpisode resolves: a crash costs at most the episode being written. With more, those since the last
 * file are in memory until the file is full or close() is called.
 *
 * Files are never grown or rewritten, so the cost of an episode does not depend on how many there are.
 */
export class DatasetWriter {
  readonly directory: string;
  readonly features: Features;
  readonly #episodesPerFile: number;
  readonly #unlock: () => Promise<void>;
  #info: DatasetInfo;
  #tasks: readonly string[];
  #statistics: ReadonlyMap<string, FeatureStatistics>;
  #nextData: FileIndex;
  #nextEpisodes: FileIndex;
  #nextVideo: ReadonlyMap<string, FileIndex>;
  #buffered: PreparedEpisode[] = [];
  #bufferedBytes = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(directory: string, state: RecoveredDataset, { episodesPerFile, unlock }: Writing) {
    this.directory = directory;
    this.features = state.features;
    this.#info = state.info;
    this.#episodesPerFile = episodesPerFile;
    this.#unlock = unlock;
    this.#tasks = state.tasks;
    this.#statistics = state.statistics;
    this.#nextData = state.nextData;
    this.#nextEpisodes = state.nextEpisodes;
    this.#nextVideo = state.nextVideo;
  }

  /** Starts a dataset. Throws InvalidFileError where one exists, E_DATASET_BUSY, ArmatureError for features that cannot be stored. */
  static async create(options: DatasetOptions): Promise<DatasetWriter> {
    const { directory, fps, robotType, episodesPerFile = 1 } = options;
    if (existsSync(join(directory, DATASET_PATHS.info))) {
      throw new InvalidFileError(join(directory, DATASET_PATHS.info), 'a dataset exists here already', {
        remedy:
          'Choose another folder. armature record --resume continues a recording, in a program DatasetWriter.resume.',
      });
    }
    checkFeatures(options.features, fps);
    checkEpisodesPerFile(episodesPerFile);
    const features: Features = { ...options.features, ...DEFAULT_FEATURES };
    await requireVideoEncoder(features);
    const info = emptyInfo({ fps, robotType, features });
    const empty = {
      tasks: [],
      statistics: new Map(),
      nextVideo: new Map(),
      nextData: FIRST_FILE,
      nextEpisodes: FIRST_FILE,
    };
    const unlock = await lockDataset(directory);
    try {
      await commitFiles(directory, [
        { path: DATASET_PATHS.tasks, content: encodeTasks([]) },
        { path: DATASET_PATHS.info, content: toJson(info) },
      ]);
    } catch (error) {
      await unlock();
      throw error;
    }
    return new DatasetWriter(directory, { info, features, ...empty }, { episodesPerFile, unlock });
  }

  /**
   * Continues a dataset, LeRobot's or our own, in new files. What a crash left unfinished is removed;
   * complete episodes that info.json does not count yet are counted. Throws
   * E_DATASET_BUSY while another process writes to it.
   */
  static async resume(directory: string, options: { readonly episodesPerFile?: number } = {}): Promise<DatasetWriter> {
    const { episodesPerFile = 1 } = options;
    checkEpisodesPerFile(episodesPerFile);
    const unlock = await lockDataset(directory);
    try {
      const state = await recoverDataset(directory);
      await requireVideoEncoder(state.features);
      return new DatasetWriter(directory, state, { episodesPerFile, unlock });
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /** Frames per second. */
  get fps(): number {
    return this.#info.fps;
  }

  /** Episodes accepted so far, those still in memory included. */
  get episodeCount(): number {
    return this.#info.total_episodes + this.#buffered.length;
  }

  /**
   * Adds an episode. Calls may overlap: they are carried out one after the other, in the order of the
   * calls. Throws ArmatureError (E_EPISODE) for an episode that does not fit; the dataset is unchanged then.
   */
  saveEpisode(episode: Episode): Promise<SavedEpisode> {
    return this.#enqueue(async () => {
      if (this.#closed) throw closedError(this.directory);
      const prepared = prepareEpisode(this.features, episode);
      const saved = { episodeIndex: this.episodeCount, length: prepared.length };
      const bytes = byteCount(prepared);
      this.#buffered.push(prepared);
      this.#bufferedBytes += bytes;
      const full = this.#bufferedBytes >= this.#info.data_files_size_in_mb * 2 ** 20;
      if (this.#buffered.length >= this.#episodesPerFile || full) {
        try {
          await this.#flush();
        } catch (error) {
          this.#buffered.pop();
          this.#bufferedBytes -= bytes;
          throw error;
        }
      }
      return saved;
    });
  }

  /** Writes what is still in memory. Nothing can be saved afterwards; calling it again does nothing. */
  close(): Promise<void> {
    return this.#enqueue(async () => {
      this.#closed = true;
      try {
        await this.#flush();
      } finally {
        await this.#unlock();
      }
    });
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    // The next call runs whether or not this one failed; its own caller hears of the failure.
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #flush(): Promise<void> {
    if (this.#buffered.length === 0) return;
    const tasks = [...new Set([...this.#tasks, ...this.#buffered.flatMap((episode) => episode.tasks)])];
    const { rows, videoFiles, nextVideo } = this.#place(tasks);
    const statistics = new Map(this.#statistics);
    for (const row of rows) addStatistics(statistics, row.statistics);
    const episodes = this.episodeCount;
    const info: DatasetInfo = {
      ...this.#info,
      total_episodes: episodes,
      total_frames: rows.at(-1)?.toIndex ?? this.#info.total_frames,
      total_tasks: tasks.length,
      splits: { train: `0:${episodes}` },
    };
    // The order matters: a file may refer only to files that stand already.
    await commitFiles(this.directory, [
      ...(tasks.length > this.#tasks.length ? [{ path: DATASET_PATHS.tasks, content: encodeTasks(tasks) }] : []),
      ...videoFiles,
      { path: formatPath(info.data_path, this.#nextData), content: encodeData(this.features, rows) },
      { path: formatPath(DATASET_PATHS.episodes, this.#nextEpisodes), content: encodeEpisodes(this.features, rows) },
      { path: DATASET_PATHS.statistics, content: toJson(statisticsDocument(this.features, statistics)) },
      { path: DATASET_PATHS.info, content: toJson(info) },
    ]);
    this.#info = info;
    this.#tasks = tasks;
    this.#statistics = statistics;
    this.#nextData = nextFileIndex(this.#nextData, info.chunks_size);
    this.#nextEpisodes = nextFileIndex(this.#nextEpisodes, info.chunks_size);
    this.#nextVideo = nextVideo;
    this.#buffered = [];
    this.#bufferedBytes = 0;
  }

  /** Gives the buffered episodes their indices and files; each episode has its own file per video feature. */
  #place(tasks: readonly string[]): Placement {
    const { fps, chunks_size: chunksSize, total_episodes: firstEpisode } = this.#info;
    const nextVideo = new Map(this.#nextVideo);
    const videoFiles: PendingFile[] = [];
    const rows: EpisodeRow[] = [];
    for (const episode of this.#buffered) {
      const videos: Record<string, EpisodeRow['videos'][string]> = {};
      for (const [key, feature] of Object.entries(this.features)) {
        if (feature.dtype !== 'video') continue;
        const file = nextVideo.get(key) ?? FIRST_FILE;
        nextVideo.set(key, nextFileIndex(file, chunksSize));
        videos[key] = { ...file, fromTimestampS: 0, toTimestampS: episode.length / fps };
        const path = formatPath(this.#info.video_path ?? DATASET_PATHS.video, file, key);
        const finished = episode.videoPaths.get(key);
        videoFiles.push({
          path,
          content:
            finished === undefined
              ? videoContent(episode.pictures.get(key) ?? [], feature, fps)
              : (target) => moveFile(finished, target),
        });
      }
      const place = {
        episodeIndex: firstEpisode + rows.length,
        fromIndex: rows.at(-1)?.toIndex ?? this.#info.total_frames,
        taskIndices: episode.tasks.map((task) => tasks.indexOf(task)),
        fps,
        data: this.#nextData,
        metadata: this.#nextEpisodes,
        videos,
      };
      rows.push(placeEpisode(episode, place));
    }
    return { rows, videoFiles, nextVideo };
  }
}

const FIRST_FILE: FileIndex = { chunkIndex: 0, fileIndex: 0 };

interface Placement {
  readonly rows: readonly EpisodeRow[];
  readonly videoFiles: readonly PendingFile[];
  readonly nextVideo: Map<string, FileIndex>;
}

/** Fails before the first episode is recorded, not when it is to be saved. */
async function requireVideoEncoder(features: Features): Promise<void> {
  if (Object.values(features).some((feature) => feature.dtype === 'video')) await loadNodeAv();
}

function videoContent(frames: readonly Uint8Array[], feature: FeatureSpec, fps: number): PendingFile['content'] {
  const [height = 0, width = 0] = feature.shape;
  return (path) => writeVideo({ path, width, height, fps, frames: frames.map(toRgb) });
}

function addStatistics(total: Map<string, FeatureStatistics>, episode: ReadonlyMap<string, FeatureStatistics>): void {
  for (const [name, statistics] of episode) {
    const before = total.get(name);
    total.set(name, before === undefined ? statistics : aggregateStatistics(before, statistics));
  }
}

function emptyInfo(options: { fps: number; robotType: string | null; features: Features }): DatasetInfo {
  const { fps, robotType, features } = options;
  const described = Object.entries(features).map(([name, feature]) => [name, describeFeature(feature, fps)] as const);
  return {
    codebase_version: CODEBASE_VERSION,
    fps,
    features: Object.fromEntries(described),
    total_episodes: 0,
    total_frames: 0,
    total_tasks: 0,
    chunks_size: FILE_RULES.chunksSize,
    data_files_size_in_mb: FILE_RULES.dataFilesSizeInMb,
    video_files_size_in_mb: FILE_RULES.videoFilesSizeInMb,
    data_path: DATASET_PATHS.data,
    video_path: Object.values(features).some((feature) => feature.dtype === 'video') ? DATASET_PATHS.video : null,
    robot_type: robotType,
    splits: {},
  };
}

function byteCount(episode: PreparedEpisode): number {
  const numbers = [...episode.numbers.values()].reduce((sum, values) => sum + values.byteLength, 0);
  const pictures = [...episode.pictures.values()].flat().reduce((sum, bytes) => sum + bytes.length, 0);
  return numbers + pictures;
}

function checkEpisodesPerFile(episodesPerFile: number): void {
  if (Number.isInteger(episodesPerFile) && episodesPerFile > 0) return;
  throw new ArmatureError('E_OPTION', 'episodesPerFile does not fit', {
    expected: 'a positive whole number',
    found: String(episodesPerFile),
    remedy: 'Use 1 to have every episode on disk at once, more for bulk generation.',
  });
}

function closedError(directory: string): ArmatureError {
  return new ArmatureError('E_WRITER_CLOSED', `the writer of ${directory} is closed`, {
    remedy: 'Continue the dataset with DatasetWriter.resume.',
  });
}

function toJson(document: unknown): string {
  return JSON.stringify(document, null, 4);
}
