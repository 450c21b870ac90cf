import { readInfo } from '../dataset-metadata.ts';
import type { StoredEpisode } from '../dataset-metadata.ts';
import { DATASET_PATHS, formatPath } from '../format.ts';
import type { DatasetInfo } from '../format.ts';
import { checkData } from './check-data.ts';
import type { FoundStatistics } from './check-data.ts';
import { checkEpisodes, loadEpisodes } from './check-episodes.ts';
import { checkFiles, METADATA_FILES } from './check-files.ts';
import { checkInfo } from './check-info.ts';
import { checkStatistics } from './check-statistics.ts';
import { checkTasks } from './check-tasks.ts';
import { checkVideos, videoFiles } from './check-videos.ts';
import { isNumeric } from './column-types.ts';
import { problemOf } from './problem.ts';
import type { DatasetProblem } from './problem.ts';

/** How thoroughly a dataset is verified. */
export interface VerifyOptions {
  /** Do not decode pictures: of videos only the container is read, of images only the checksums. Default false. */
  readonly quick?: boolean;
  /** Videos read at the same time; default 1. */
  readonly concurrency?: number;
  /** Called as episodes of the data and video files are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What the verification of a dataset found. */
export interface Verification {
  readonly problems: readonly DatasetProblem[];
  readonly episodes: number;
  readonly frames: number;
  readonly videos: number;
  /** Features whose values cannot be checked here, for example text. */
  readonly uncheckedFeatures: readonly string[];
  /** Statistics computed from the data, for those that are to be repaired. */
  readonly found: FoundStatistics;
}

/** Checks a LeRobotDataset v3.0 completely. Nothing is changed, and no fault of the dataset makes it throw. */
export async function verifyDataset(directory: string, options: VerifyOptions = {}): Promise<Verification> {
  const { quick = false, concurrency = 1, onProgress } = options;
  let info: DatasetInfo;
  try {
    info = await readInfo(directory);
  } catch (error) {
    const problems = [problemOf(error, DATASET_PATHS.info)];
    const found: FoundStatistics = { numbers: new Map(), pictures: new Map() };
    return { problems, episodes: 0, frames: 0, videos: 0, uncheckedFeatures: [], found };
  }
  const { tasks, problems: taskProblems } = await checkTasks(directory, info);
  const { stored, problems: unreadable } = await loadEpisodes(directory, info);
  const videos = videoFiles(info, stored);
  const total = stored.length + videos.length;
  let done = 0;
  const advance = (): void => onProgress?.((done += 1), total);
  const decode = !quick;
  const data = await checkData({ directory, info, stored, tasks, decode, onEpisode: advance });
  const videoProblems = await checkVideos(
    { directory, info, stored, decode, concurrency, onVideo: advance },
    data.found,
  );
  const referenced = new Set([...METADATA_FILES, ...videos.map(({ file }) => file), ...referencedData(info, stored)]);
  return {
    problems: [
      ...checkInfo(info),
      ...taskProblems,
      ...unreadable,
      ...checkEpisodes(info, stored, tasks),
      ...data.problems,
      ...videoProblems,
      ...(await checkStatistics(directory, info, stored, data.found)),
      ...(await checkFiles(directory, referenced)),
    ],
    episodes: stored.length,
    frames: stored.reduce((sum, { episode }) => sum + episode.length, 0),
    videos: videos.length,
    uncheckedFeatures: Object.keys(info.features).filter((name) => isUnchecked(info, name)),
    found: data.found,
  };
}

function referencedData(info: DatasetInfo, stored: readonly StoredEpisode[]): string[] {
  return stored.map(({ episode }) => formatPath(info.data_path, episode.data));
}

function isUnchecked(info: DatasetInfo, name: string): boolean {
  const feature = info.features[name];
  return feature !== undefined && feature.dtype !== 'video' && feature.dtype !== 'image' && !isNumeric(feature);
}
