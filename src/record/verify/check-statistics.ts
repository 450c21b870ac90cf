import { isComplete, readStatistics } from '../dataset-metadata.ts';
import type { StoredEpisode } from '../dataset-metadata.ts';
import { DATASET_PATHS, isPicture, STATISTIC_NAMES } from '../format.ts';
import type { DatasetInfo, FeatureStatistics, StatisticName } from '../format.ts';
import { joinStatistics } from '../statistics.ts';
import type { FoundStatistics } from './check-data.ts';
import { isNumeric } from './column-types.ts';
import { errorIn, problemOf, REMEDIES, warningIn } from './problem.ts';
import type { DatasetProblem } from './problem.ts';

/** How far a statistic may lie from ours, as a share of the size of the values. */
const TOLERANCE = 1e-4;
/** Quantiles are estimated from histograms of 5000 bins; two bins of them, as a share of the range. */
const QUANTILE_TOLERANCE = 2 / 5000;
/** How far the mean of a channel of pictures, 0 to 1, may lie from that of a few pictures after encoding. */
const PICTURE_TOLERANCE = 0.15;
const QUANTILE_NAMES = ['q01', 'q10', 'q50', 'q90', 'q99'] as const;

type Statistics = Partial<FeatureStatistics>;

/** Checks the statistics of each episode against those found in its data, and stats.json against the episodes. */
export async function checkStatistics(
  directory: string,
  info: DatasetInfo,
  stored: readonly StoredEpisode[],
  found: FoundStatistics,
): Promise<DatasetProblem[]> {
  const problems = stored.flatMap((row) => checkEpisode(info, row, found));
  return [...problems, ...missingColumns(info, stored), ...(await checkTotals(directory, info, stored, found))];
}

function checkEpisode(info: DatasetInfo, row: StoredEpisode, found: FoundStatistics): DatasetProblem[] {
  const { file, episode, statistics } = row;
  const problems: DatasetProblem[] = [];
  for (const [name, values] of statistics) {
    const details = { episode: episode.episodeIndex, remedy: REMEDIES.repair };
    const fault = statisticsFault(info, row, name, found);
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

function countsPixels(info: DatasetInfo, name: string, values: Statistics, length: number): boolean {
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
  for (const [name, { dtype }] of Object.entries(info.features)) {
    const values = totals.get(name);
    if (values === undefined) {
      if (numbers.has(name) || isPicture(dtype))
        problems.push(errorIn(file, `the statistics of ${name} are missing`, { remedy: REMEDIES.repair }));
      continue;
    }
    const episodes = stored.flatMap(({ statistics }) => statistics.get(name) ?? []);
    problems.push(...checkTotal(name, values, { expected: numbers.get(name), episodes, isPictures: isPicture(dtype) }));
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
  readonly episodes: readonly Statistics[];
  readonly isPictures: boolean;
}

function checkTotal(
  name: string,
  values: FeatureStatistics,
  { expected, episodes, isPictures }: Reference,
): DatasetProblem[] {
  const file = DATASET_PATHS.statistics;
  const complete = episodes.filter(isComplete);
  // Of pictures nothing can be recomputed exactly: the episodes have to be believed, having been checked themselves.
  const reference =
    isPictures && complete.length === episodes.length && complete.length > 0 ? joined(name, complete) : expected;
  const fault =
    isPictures && reference === undefined
      ? pictureFault(values, undefined)
      : reference === undefined
        ? undefined
        : numberFault(values, reference);
  if (fault === undefined) return [];
  const details = { expected: fault.expected, found: fault.found, remedy: REMEDIES.repair };
  const isQuantile = (QUANTILE_NAMES as readonly string[]).includes(fault.name);
  // Other writers join quantiles in another way; a value among those of the episodes is one of them.
  if (isQuantile && isAmong(values, complete))
    return [warningIn(file, `${name}: ${fault.statistic} is joined otherwise`, details)];
  return [errorIn(file, `the statistics of ${name} are wrong: ${fault.statistic}`, details)];
}

function joined(name: string, episodes: readonly FeatureStatistics[]): FeatureStatistics | undefined {
  return joinStatistics(episodes.map((statistics) => new Map([[name, statistics]]))).get(name);
}

function isAmong(values: Statistics, episodes: readonly FeatureStatistics[]): boolean {
  return QUANTILE_NAMES.every((name) =>
    (values[name] ?? []).every((value, element) => {
      const all = episodes.map((episode) => episode[name][element] ?? value);
      const slack = TOLERANCE * Math.max(1, Math.abs(value));
      return value >= Math.min(...all) - slack && value <= Math.max(...all) + slack;
    }),
  );
}

interface Fault {
  readonly name: StatisticName;
  /** For example `mean of element 3`. */
  readonly statistic: string;
  readonly expected: string;
  readonly found: string;
}

/** The first statistic that differs from the one expected; statistics that are not there are no fault. */
function numberFault(values: Statistics, expected: FeatureStatistics): Fault | undefined {
  for (const name of STATISTIC_NAMES) {
    const given = values[name];
    if (given === undefined || given.length === 0) continue;
    const wanted = expected[name];
    if (given.length !== wanted.length) {
      const length = `${wanted.length} values`;
      return { name, statistic: name, expected: length, found: `${given.length} values` };
    }
    const element = wanted.findIndex(
      (value, index) => !isNear(given[index] ?? Number.NaN, value, toleranceOf(name, expected, index)),
    );
    if (element >= 0)
      return {
        name,
        statistic: `${name} of element ${element}`,
        expected: String(wanted[element]),
        found: String(given[element]),
      };
  }
  return undefined;
}

function toleranceOf(name: StatisticName, { min, max }: FeatureStatistics, element: number): number {
  if (name === 'count') return 0;
  const [low, high] = [min[element] ?? 0, max[element] ?? 0];
  const size = Math.max(Math.abs(low), Math.abs(high), Number.MIN_VALUE);
  const isQuantile = (QUANTILE_NAMES as readonly string[]).includes(name);
  // LeRobot adds up float32 numbers: its means carry their rounding.
  return TOLERANCE * size + (isQuantile ? QUANTILE_TOLERANCE * (high - low) : 0);
}

function isNear(value: number, expected: number, tolerance: number): boolean {
  return Math.abs(value - expected) <= tolerance + 1e-9;
}

/** What cannot be right of the statistics of pictures, or lies far from that of a few of them. */
function pictureFault(values: Statistics, sample: FeatureStatistics | undefined): Fault | undefined {
  const channels = values.mean?.length ?? 0;
  const fault = (name: StatisticName, expected: string, found: readonly number[] = []): Fault => ({
    name,
    statistic: name,
    expected,
    found: found.join(', '),
  });
  if (channels !== 3 && channels !== 1) return fault('mean', 'one value per channel', values.mean);
  const { min = [], max = [], mean = [], std = [] } = values;
  if (min.some((value) => !(value >= 0))) return fault('min', 'at least 0', min);
  if (max.some((value) => !(value <= 1))) return fault('max', 'at most 1', max);
  if (mean.some((value, channel) => !(value >= (min[channel] ?? 0) && value <= (max[channel] ?? 1))))
    return fault('mean', 'between min and max', mean);
  if (std.some((value) => !(value >= 0 && value <= 0.5 + TOLERANCE))) return fault('std', 'from 0 to 0.5', std);
  const far = sample?.mean.some((value, channel) => Math.abs(value - (mean[channel] ?? 0)) > PICTURE_TOLERANCE);
  if (far === true) return fault('mean', `about ${sample?.mean.map((value) => value.toFixed(3)).join(', ')}`, mean);
  return undefined;
}
