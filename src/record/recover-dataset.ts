import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidFileError } from '../core/errors.ts';
import { writableFeatures } from './check-features.ts';
import { listFiles, setAsideLeftovers } from './dataset-files.ts';
import {
  readEpisodes,
  readEpisodeStatistics,
  readInfo,
  readStatistics,
  readTasks,
  videoFeatures,
} from './dataset-metadata.ts';
import { DATASET_PATHS, formatPath, nextFileIndex } from './format.ts';
import type { DatasetInfo, EpisodeRecord, Features, FeatureStatistics, FileIndex } from './format.ts';
import { joinStatistics } from './statistics.ts';

/** What a writer needs to know to continue a dataset. */
export interface RecoveredDataset {
  readonly info: DatasetInfo;
  readonly features: Features;
  readonly tasks: readonly string[];
  readonly statistics: ReadonlyMap<string, FeatureStatistics>;
  readonly nextData: FileIndex;
  readonly nextEpisodes: FileIndex;
  readonly nextVideo: ReadonlyMap<string, FileIndex>;
}

/**
 * Reads a dataset to be continued and clears what a crash left: unfinished files are removed, data of
 * episodes without metadata set aside, totals brought up to the episodes that are complete.
 */
export async function recoverDataset(directory: string): Promise<RecoveredDataset> {
  const info = await readInfo(directory);
  const features = writableFeatures(info);
  const [tasks, episodes] = await Promise.all([readTasks(directory), readEpisodes(directory, info)]);
  const referenced = referencedFiles(info, episodes);
  for (const path of referenced) {
    if (!existsSync(join(directory, path))) {
      throw new InvalidFileError(join(directory, path), 'the file is missing, but meta/episodes refers to it', {
        remedy: 'Copy the dataset again; continuing it would hide the loss.',
      });
    }
  }
  await setAsideLeftovers(directory, referenced);
  const next = (folder: string): Promise<FileIndex> => nextFile(directory, folder, info);
  const nextVideo = new Map<string, FileIndex>();
  for (const key of videoFeatures(info)) nextVideo.set(key, await next(`videos/${key}`));
  const totalFrames = episodes.at(-1)?.toIndex ?? 0;
  return {
    info: {
      ...info,
      total_episodes: episodes.length,
      total_frames: totalFrames,
      total_tasks: tasks.length,
      splits: episodes.length === 0 ? {} : { train: `0:${episodes.length}` },
    },
    features,
    tasks,
    statistics: await recoverStatistics(directory, info, totalFrames),
    nextData: await next('data'),
    nextEpisodes: await next('meta/episodes'),
    nextVideo,
  };
}

/** Paths of the files that episodes refer to, relative to the dataset's folder. */
export function referencedFiles(info: DatasetInfo, episodes: readonly EpisodeRecord[]): Set<string> {
  const paths = episodes.flatMap((episode) => [
    formatPath(info.data_path, episode.data),
    ...Object.entries(episode.videos).map(([key, file]) =>
      formatPath(info.video_path ?? DATASET_PATHS.video, file, key),
    ),
  ]);
  return new Set(paths);
}

/** Index of the next file to be written below a folder. */
export async function nextFile(directory: string, folder: string, info: DatasetInfo): Promise<FileIndex> {
  return afterLast(await listFiles(directory, folder, ''), info.chunks_size);
}

/** Index after the highest among paths that contain "chunk-XXX/file-XXX", set-aside files included. */
function afterLast(paths: readonly string[], chunksSize: number): FileIndex {
  let next: FileIndex = { chunkIndex: 0, fileIndex: 0 };
  for (const path of paths) {
    const match = /chunk-(\d+)\/file-(\d+)\./.exec(path);
    if (match === null) continue;
    const found = { chunkIndex: Number(match[1]), fileIndex: Number(match[2]) };
    const isLater =
      found.chunkIndex > next.chunkIndex || (found.chunkIndex === next.chunkIndex && found.fileIndex >= next.fileIndex);
    if (isLater) next = nextFileIndex(found, chunksSize);
  }
  return next;
}

/** stats.json where it covers every frame, else the statistics of the episodes joined again. */
async function recoverStatistics(
  directory: string,
  info: DatasetInfo,
  totalFrames: number,
): Promise<Map<string, FeatureStatistics>> {
  const stored = await readStatistics(directory);
  if (stored.get('index')?.count[0] === totalFrames) return stored;
  return joinStatistics(await readEpisodeStatistics(directory, info));
}
