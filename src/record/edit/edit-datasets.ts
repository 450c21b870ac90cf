import { ArmatureError, UnknownNameError } from '../../core/errors.ts';
import { Rng } from '../../core/rng.ts';
import { DatasetReader } from '../dataset-reader.ts';
import { buildDataset, replaceDataset, restoreReplaced } from './build-dataset.ts';
import { checkDatasetsFit } from './check-datasets.ts';
import { copiedFeatures } from './copied-features.ts';
import type { PictureTarget } from './copied-features.ts';
import { copyEpisodes } from './copy-episodes.ts';
import type { CopyOptions, CopySummary, SelectedEpisode } from './copy-episodes.ts';
import { openAnyDataset } from './legacy-dataset.ts';

/** What every change of datasets may be given. */
export type EditOptions = Pick<CopyOptions, 'without' | 'onEpisode'>;

/** Joins datasets: the episodes of the first, then those of the second, and so on. */
export async function mergeDatasets(
  output: string,
  directories: readonly string[],
  options: EditOptions = {},
): Promise<CopySummary> {
  const datasets = await openAll(directories);
  checkDatasetsFit(datasets, options.without);
  const episodes = datasets.flatMap((dataset) => allOf(dataset));
  return buildDataset(output, (directory) => copyEpisodes({ directory, episodes, ...options }));
}

/** Copies the episodes with these indices to the first output, all others to the second, both in their order. */
export async function splitDataset(
  source: string,
  outputs: readonly [string, string],
  chosen: readonly number[],
  options: EditOptions = {},
): Promise<readonly [CopySummary, CopySummary]> {
  const dataset = await DatasetReader.open(source);
  checkIndices(dataset, chosen);
  const isChosen = new Set(chosen);
  const parts = [
    allOf(dataset).filter(({ episodeIndex }) => isChosen.has(episodeIndex)),
    allOf(dataset).filter(({ episodeIndex }) => !isChosen.has(episodeIndex)),
  ] as const;
  requireEpisodes(parts[0].length);
  requireEpisodes(parts[1].length);
  const copy = (part: 0 | 1): Promise<CopySummary> =>
    buildDataset(outputs[part], (directory) => copyEpisodes({ directory, episodes: parts[part], ...options }));
  return [await copy(0), await copy(1)];
}

/**
 * Indices of a share of the episodes, ascending: the first ones, or with a seed drawn at random. At least one, and
 * at least one is left.
 */
export function chooseShare(episodeCount: number, share: number, seed?: number): number[] {
  const count = Math.min(Math.max(Math.round(episodeCount * share), 1), episodeCount - 1);
  const indices = Array.from({ length: episodeCount }, (_, index) => index);
  if (seed !== undefined) {
    const rng = new Rng(seed);
    // Fisher-Yates.
    for (let last = indices.length - 1; last > 0; last -= 1) {
      const other = rng.integer(last + 1);
      [indices[last], indices[other]] = [indices[other] ?? 0, indices[last] ?? 0];
    }
  }
  return indices.slice(0, count).toSorted((a, b) => a - b);
}

/** Copies all episodes but those with these indices; without `output` the dataset itself is replaced. */
export async function deleteEpisodes(
  source: string,
  deleted: readonly number[],
  output: string | undefined,
  options: EditOptions = {},
): Promise<CopySummary> {
  if (output === undefined) await restoreReplaced(source);
  const dataset = await DatasetReader.open(source);
  checkIndices(dataset, deleted);
  const isDeleted = new Set(deleted);
  const episodes = allOf(dataset).filter(({ episodeIndex }) => !isDeleted.has(episodeIndex));
  requireEpisodes(episodes.length);
  const build = (directory: string): Promise<CopySummary> => copyEpisodes({ directory, episodes, ...options });
  return output === undefined ? replaceDataset(source, build) : buildDataset(output, build);
}

/** Writes a dataset anew as LeRobotDataset v3.0, of v3.0 or of v2.0 and v2.1, with pictures stored as asked for. */
export async function convertDataset(
  source: string,
  output: string,
  options: EditOptions & { readonly pictures?: PictureTarget } = {},
): Promise<CopySummary> {
  const dataset = await openAnyDataset(source);
  requireEpisodes(dataset.episodes.length);
  copiedFeatures(dataset.info, options.pictures ?? 'keep', options.without ?? []);
  return buildDataset(output, (directory) => copyEpisodes({ directory, episodes: allOf(dataset), ...options }));
}

async function openAll(directories: readonly string[]): Promise<DatasetReader[]> {
  const datasets: DatasetReader[] = [];
  for (const directory of directories) datasets.push(await DatasetReader.open(directory));
  return datasets;
}

function allOf(dataset: DatasetReader): SelectedEpisode[] {
  return dataset.episodes.map(({ episodeIndex }) => ({ dataset, episodeIndex }));
}

function checkIndices(dataset: DatasetReader, indices: readonly number[]): void {
  const last = dataset.episodes.length - 1;
  for (const index of indices)
    if (!(index >= 0 && index <= last)) throw new UnknownNameError('episode', String(index), [`0 to ${last}`]);
}

function requireEpisodes(count: number): void {
  if (count > 0) return;
  throw new ArmatureError('E_NO_EPISODES', 'a dataset would have no episodes', {
    expected: 'at least one episode in every dataset that is written',
    remedy: 'Choose other episodes.',
  });
}
