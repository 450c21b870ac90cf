import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readEpisodeStatistics } from '../dataset-metadata.ts';
import type { DatasetReader, EpisodeData } from '../dataset-reader.ts';
import { DatasetWriter } from '../dataset-writer.ts';
import type { EpisodeFrames } from '../episode-input.ts';
import { DEFAULT_FEATURES, isPicture } from '../format.ts';
import type { Features, FeatureStatistics } from '../format.ts';
import { copiedFeatures } from './copied-features.ts';
import type { PictureTarget } from './copied-features.ts';
import { copyPictures } from './copy-pictures.ts';

/** An episode to be copied. */
export interface SelectedEpisode {
  readonly dataset: DatasetReader;
  readonly episodeIndex: number;
}

export interface CopyOptions {
  /** Folder of the new dataset; there must be none yet. */
  readonly directory: string;
  /** At least one; of datasets that fit together, see checkFit. */
  readonly episodes: readonly SelectedEpisode[];
  /** How pictures are stored; default: as they are. */
  readonly pictures?: PictureTarget;
  /** Features to leave out. */
  readonly without?: readonly string[];
  readonly onEpisode?: (done: number, total: number) => void;
}

export interface CopySummary {
  readonly episodes: number;
  readonly frames: number;
  /** Videos whose pictures are the same to the bit, and those that had to be encoded. */
  readonly videosCopied: number;
  readonly videosEncoded: number;
}

/** Below the new dataset, while it is written. */
const WORK_FOLDER = '.copying';

/**
 * Writes episodes of other datasets, in this order, as a new dataset: values to the bit, videos without encoding
 * them again unless they must be. Throws ArmatureError: E_FEATURES for features that cannot be stored, and what
 * reading and writing throw; what was written until then stays.
 */
export async function copyEpisodes(options: CopyOptions): Promise<CopySummary> {
  const { directory, episodes, pictures = 'keep', without = [], onEpisode } = options;
  const [first] = episodes;
  if (first === undefined) return { episodes: 0, frames: 0, videosCopied: 0, videosEncoded: 0 };
  const { fps, robot_type: robotType } = first.dataset.info;
  const features = copiedFeatures(first.dataset.info, pictures, without);
  const writer = await DatasetWriter.create({ directory, fps, robotType, features });
  const workFolder = join(directory, WORK_FOLDER);
  await mkdir(workFolder, { recursive: true });
  const statistics = new StatisticsOfDatasets();
  let [frames, videosCopied, videosEncoded] = [0, 0, 0];
  for (const [done, { dataset, episodeIndex }] of episodes.entries()) {
    const known = await statistics.of(dataset, episodeIndex);
    const data = await dataset.readEpisode(episodeIndex, storedFeatures(features, dataset));
    const copied: Record<string, EpisodeFrames[string]> = {};
    for (const [name, feature] of Object.entries(features)) {
      if (!isPicture(feature.dtype)) {
        copied[name] = numbersOf(data, name);
        continue;
      }
      const source = { dataset, data, name, statistics: known.get(name) };
      const { column, outcome } = await copyPictures(source, { feature, pictures, workFolder });
      copied[name] = column;
      if (outcome === 'copied') videosCopied += 1;
      if (outcome === 'encoded') videosEncoded += 1;
    }
    const { length } = await writer.saveEpisode({ task: data.tasks, frames: copied });
    frames += length;
    onEpisode?.(done + 1, episodes.length);
  }
  await writer.close();
  await rm(workFolder, { recursive: true, force: true });
  return { episodes: episodes.length, frames, videosCopied, videosEncoded };
}

/** Features to read of the data files. */
function storedFeatures(features: Features, { info }: DatasetReader): string[] {
  return Object.keys(features).filter((name) => !(name in DEFAULT_FEATURES) && info.features[name]?.dtype !== 'video');
}

function numbersOf({ columns }: EpisodeData, name: string): EpisodeFrames[string] {
  return columns[name] ?? [];
}

/** Statistics of pictures as they were recorded; computing them anew means decoding. */
class StatisticsOfDatasets {
  readonly #known = new Map<DatasetReader, Promise<ReadonlyMap<string, FeatureStatistics>[]>>();

  /** By feature; only those that can be right: LeRobot counts pixels in place of pictures at times. */
  async of(dataset: DatasetReader, episodeIndex: number): Promise<ReadonlyMap<string, FeatureStatistics>> {
    const all = this.#known.get(dataset) ?? readEpisodeStatistics(dataset.directory, dataset.info);
    this.#known.set(dataset, all);
    const length = dataset.episodes[episodeIndex]?.length ?? 0;
    const own = (await all)[episodeIndex] ?? new Map<string, FeatureStatistics>();
    return new Map([...own].filter(([, { count }]) => (count[0] ?? 0) <= length));
  }
}
