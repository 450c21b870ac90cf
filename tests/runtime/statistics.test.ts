import { expect, it } from 'vitest';
import { quantile, quantilesMs } from '../../src/runtime/statistics.ts';

it('takes quantiles by nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([0, 0.5, 0.99, 1].map((share) => quantile(values, share))).toEqual([1, 50, 99, 100]);
  expect(quantile([], 0.5)).toBe(0);
});

it('reports durations in milliseconds', () => {
  expect(quantilesMs([1e6, 3e6, 2e6])).toEqual({ p50: 2, p99: 3, max: 3 });
});
