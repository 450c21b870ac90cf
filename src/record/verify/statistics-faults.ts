import { STATISTIC_NAMES } from '../format.ts';
import type { FeatureStatistics, StatisticName } from '../format.ts';

/** How far a statistic may lie from ours, as a share of the size of the values. */
const TOLERANCE = 1e-4;
/** Quantiles are estimated from histograms of 5000 bins; two bins of them, as a share of the range. */
const QUANTILE_TOLERANCE = 2 / 5000;
/** How far the mean of a channel of pictures, 0 to 1, may lie from that of a few pictures after encoding. */
const PICTURE_TOLERANCE = 0.15;
export const QUANTILE_NAMES = ['q01', 'q10', 'q50', 'q90', 'q99'] as const;

/** As they stand in a file: some may be missing. */
export type StoredStatistics = Partial<FeatureStatistics>;

/** Whether the quantiles lie among those of the episodes. */
export function isAmong(values: StoredStatistics, episodes: readonly FeatureStatistics[]): boolean {
  return QUANTILE_NAMES.every((name) =>
    (values[name] ?? []).every((value, element) => {
      const all = episodes.map((episode) => episode[name][element] ?? value);
      const slack = TOLERANCE * Math.max(1, Math.abs(value));
      return value >= Math.min(...all) - slack && value <= Math.max(...all) + slack;
    }),
  );
}

/** A statistic that is not what it should be. */
export interface Fault {
  readonly name: StatisticName;
  /** For example `mean of element 3`. */
  readonly statistic: string;
  readonly expected: string;
  readonly found: string;
}

/** The first statistic that differs from the one expected; statistics that are not there are no fault. */
export function numberFault(values: StoredStatistics, expected: FeatureStatistics): Fault | undefined {
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
export function pictureFault(values: StoredStatistics, sample: FeatureStatistics | undefined): Fault | undefined {
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
