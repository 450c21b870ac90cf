import type { Trace } from './report-data.ts';

/** A coordinate of a drawing; a tenth is finer than a screen shows. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Where a value at a time is drawn. */
interface Scales {
  readonly x: (timeS: number) => number;
  readonly y: (value: number) => number;
}

/**
 * The `d` of a path through the values at these indices, in this order. A value that is no finite number, a gap in
 * the data, is a gap in the line.
 */
export function curvePath(indices: Iterable<number>, { timesS, values }: Trace, { x, y }: Scales): string {
  let pen = 'M';
  const points: string[] = [];
  for (const index of indices) {
    const value = values[index] ?? Number.NaN;
    if (!Number.isFinite(value)) {
      pen = 'M';
      continue;
    }
    points.push(`${pen}${round(x(timesS[index] ?? 0))} ${round(y(value))}`);
    pen = 'L';
  }
  return points.join('');
}
