/** Middle and tail of a set of durations, ms; zero when there are none. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The value below which a share of the values lies (nearest rank); zero for no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((first, second) => first - second);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** Quantiles in ms of durations in ns. */
export function quantilesMs(durationsNs: readonly number[]): Quantiles {
  const inMs = durationsNs.map((duration) => duration / 1e6);
  return { p50: quantile(inMs, 0.5), p99: quantile(inMs, 0.99), max: quantile(inMs, 1) };
}
