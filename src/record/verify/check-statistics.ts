import { isComplete, readStatistics } from '../dataset-metadata.ts';
import type { StoredEpisode } from '../dataset-metadata.ts';
import { DATASET_PATHS, DEFAULT_FEATURES, isPicture, STATISTIC_NAMES } from '../format.ts';
import type { DatasetInfo, FeatureStatistics } from '../format.ts';
import { joinStatistics } from '../statistics.ts';
import type { FoundStatistics } from './check-data.ts';
import { isNumeric } from './column-types.ts';
import { errorIn, listNumbers, problemOf, REMEDIES, warningIn } from './problem.ts';
import type { DatasetProblem } from './problem.ts';
import { isAmong, numberFault, pictureFault, QUANTILE_NAMES } from './statistics-faults.ts';
import type { Fault, StoredStatistics } from './statistics-faults.ts';

/** Checks the statistics of each episode against those found in its data, and stats.json against the episodes. */
export async function checkStatistics(
  directory: string,
  info: DatasetInfo,
  stored: readonly StoredEpisode[],
  found: FoundStatistics,
): Promise<DatasetProblem[]> {
  return [
    ...stored.flatMap((row) => checkEpisode(info, row, found)),
    ...checkDefaultFeatures(info, stored, found),
    ...missingColumns(info, stored),
    ...(await checkTotals(directory, info, stored, found)),
  ];
}

/** Nobody computes with these statistics, and LeRobot's tools leave them as they were when they renumber episodes. */
function checkDefaultFeatures(
  info: DatasetInfo,
  stored: readonly StoredEpisode[],
  found: FoundStatistics,
): DatasetProblem[] {
  return Object.keys(DEFAULT_FEATURES).flatMap((name) => {
    const wrong = stored.filter((row) => statisticsFault(info, row, name, found) !== undefined);
    const [first] = wrong;
    if (first === undefined) return [];
    const episodes = listNumbers(wrong.map(({ episode }) => episode.episodeIndex));
    const what = `the statistics of ${name} are those of other numbers in episode ${episodes}`;
    return [warningIn(first.file, what, { remedy: REMEDIES.repair })];
  });
}

function checkEpisode(info: DatasetInfo, row: StoredEpisode, found: FoundStatistics): DatasetProblem[] {
  const { file, episode, statistics } = row;
  const problems: DatasetProblem[] = [];
  for (const [name, values] of statistics) {
    const details = { episode: episode.episodeIndex, remedy: REMEDIES.repair };
    const fault = name in DEFAULT_FEATURES ? undefined : statisticsFault(info, row, name, found);
    if (fault !== undefined) {
      const { statistic, expected, found: given } = fault;
      problems.push(
        errorIn(file, `the statistics of ${name} are wrong: ${statistic}`, { ...details, expected, found: given }),
      );
    }
    if (countsPixels(info, name, values, episode.length)) {
      problems.push(
        warningIn(
          file,
          `counts more pictures of ${name} than there are; LeRobot does so when it encodes while it records`,
          {
            ...details,
            expected: `at most ${episode.length}`,
            found: String(values.count?.[0]),
          },
        ),
      );
    }
  }
  return problems;
}

/** Features of an episode whose statistics are wrong, incomplete or missing. */
export function wrongStatistics(info: DatasetInfo, row: StoredEpisode, found: FoundStatistics): string[] {
  return Object.entries(info.features)
    .filter(([, feature]) => isPicture(feature.dtype) || isNumeric(feature))
    .map(([name]) => name)
    .filter((name) => {
      const values = row.statistics.get(name) ?? {};
      return (
        !isComplete(values) ||
        statisticsFault(info, row, name, found) !== undefined ||
        countsPixels(info, name, values, row.episode.length)
      );
    });
}

function statisticsFault(
  info: DatasetInfo,
  { episode, statistics }: StoredEpisode,
  name: string,
  found: FoundStatistics,
): Fault | undefined {
  const values = statistics.get(name) ?? {};
  if (isPicture(info.features[name]?.dtype ?? ''))
    return pictureFault(values, found.pictures.get(episode.episodeIndex)?.get(name));
  const expected = found.numbers.get(episode.episodeIndex)?.get(name);
  return expected === undefined ? undefined : numberFault(values, expected);
}

function countsPixels(info: DatasetInfo, name: string, values: StoredStatistics, length: number): boolean {
  return isPicture(info.features[name]?.dtype ?? '') && (values.count?.[0] ?? 0) > length;
}

function missingColumns(info: DatasetInfo, stored: readonly StoredEpisode[]): DatasetProblem[] {
  const incomplete = Object.entries(info.features)
    .filter(([, { dtype }]) => dtype !== 'string' && dtype !== 'language')
    .map(([name]) => name)
    .filter((name) => stored.some(({ statistics }) => !isComplete(statistics.get(name) ?? {})));
  const [first] = stored.filter(({ statistics }) => incomplete.some((name) => !isComplete(statistics.get(name) ?? {})));
  if (first === undefined) return [];
  return [
    warningIn(first.file, `the statistics of episodes are incomplete: ${incomplete.join(', ')}`, {
      expected: STATISTIC_NAMES.join(', '),
      remedy: REMEDIES.repair,
    }),
  ];
}

async function checkTotals(
  directory: string,
  info: DatasetInfo,
  stored: readonly StoredEpisode[],
  found: FoundStatistics,
): Promise<DatasetProblem[]> {
  const file = DATASET_PATHS.statistics;
  if (stored.length === 0) return [];
  let totals: ReadonlyMap<string, FeatureStatistics>;
  try {
    totals = await readStatistics(directory);
  } catch (error) {
    return [problemOf(error, file)];
  }
  if (totals.size === 0) return [errorIn(file, 'there are no statistics', { remedy: REMEDIES.repair })];
  const numbers = joinStatistics(stored.map((row) => bestKnown(row, found)));
  const problems: DatasetProblem[] = [];
  const joinedOtherwise: string[] = [];
  for (const [name, { dtype }] of Object.entries(info.features)) {
    const values = totals.get(name);
    if (values === undefined) {
      if (numbers.has(name) || isPicture(dtype))
        problems.push(errorIn(file, `the statistics of ${name} are missing`, { remedy: REMEDIES.repair }));
      continue;
    }
    const episodes = stored.flatMap(({ statistics }) => statistics.get(name) ?? []);
    const fault = totalFault(name, values, { expected: numbers.get(name), episodes, isPictures: isPicture(dtype) });
    if (fault === undefined) continue;
    const isQuantile = (QUANTILE_NAMES as readonly string[]).includes(fault.name);
    const details = { expected: fault.expected, found: fault.found, remedy: REMEDIES.repair };
    const what = `the statistics of ${name} are wrong: ${fault.statistic}`;
    // Other writers join quantiles in another way; a value among those of the episodes is one of them.
    if (isQuantile && isAmong(values, episodes.filter(isComplete))) joinedOtherwise.push(name);
    else problems.push(name in DEFAULT_FEATURES ? warningIn(file, what, details) : errorIn(file, what, details));
  }
  if (joinedOtherwise.length > 0) {
    const what = `the quantiles of ${joinedOtherwise.join(', ')} are joined in another way than by bounds`;
    problems.push(warningIn(file, what, { remedy: REMEDIES.repair }));
  }
  return problems;
}

/** As found in the data; where a file or a value keeps from computing them, as they were recorded. */
function bestKnown({ episode, statistics }: StoredEpisode, found: FoundStatistics): Map<string, FeatureStatistics> {
  const recorded = [...statistics].flatMap(([name, values]) => (isComplete(values) ? [[name, values] as const] : []));
  return new Map([...recorded, ...(found.numbers.get(episode.episodeIndex) ?? [])]);
}

interface Reference {
  readonly expected: FeatureStatistics | undefined;
  /** As they stand in meta/episodes. */
  readonly episodes: readonly StoredStatistics[];
  readonly isPictures: boolean;
}

function totalFault(
  name: string,
  values: FeatureStatistics,
  { expected, episodes, isPictures }: Reference,
): Fault | undefined {
  if (!isPictures) return expected === undefined ? undefined : numberFault(values, expected);
  // Of pictures nothing can be recomputed exactly: the episodes have to be believed, having been checked themselves.
  const complete = episodes.filter(isComplete);
  const reference = complete.length === episodes.length ? joined(name, complete) : undefined;
  return reference === undefined ? pictureFault(values, undefined) : numberFault(values, reference);
}

function joined(name: string, episodes: readonly FeatureStatistics[]): FeatureStatistics | undefined {
  return joinStatistics(episodes.map((statistics) => new Map([[name, statistics]]))).get(name);
}
