/** A number as it travels: to a hundred-thousandth, which is finer than any encoder; null for what is none. */
export function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Math.round(value * 1e5) / 1e5;
}
