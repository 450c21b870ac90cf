import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aggregateStatistics,
  computeImageStatistics,
  computeStatistics,
  sampleIndices,
} from '../../src/record/statistics.ts';

describe('statistics of numbers', () => {
  it('are those of each element, over the frames', () => {
    const statistics = computeStatistics(Float64Array.of(1, 10, 2, 10, 3, 10, 6, 10), 2);
    expect(statistics).toMatchObject({ min: [1, 10], max: [6, 10], mean: [3, 10], count: [4] });
    // Deviations of 1, 2, 3, 6 from 3: 4 + 1 + 0 + 9 = 14, over 4.
    expect(statistics.std[0]).toBeCloseTo(Math.sqrt(3.5), 12);
    expect(statistics.std[1]).toBe(0);
    expect(statistics.q50[1]).toBeCloseTo(10, 9);
  });

  it('estimate quantiles to within a bin', () => {
    const statistics = computeStatistics(
      Float64Array.from({ length: 1001 }, (_, index) => index),
      1,
    );
    for (const [name, expected] of [
      ['q01', 10],
      ['q10', 100],
      ['q50', 500],
      ['q90', 900],
      ['q99', 990],
    ] as const) {
      expect(Math.abs((statistics[name][0] ?? 0) - expected)).toBeLessThanOrEqual(1);
    }
  });

  it('of one frame have that frame as every quantile', () => {
    expect(computeStatistics([4], 1)).toEqual({
      min: [4],
      max: [4],
      mean: [4],
      std: [0],
      count: [1],
      q01: [4],
      q10: [4],
      q50: [4],
      q90: [4],
      q99: [4],
    });
  });

  it('joined from parts are those of the whole', () => {
    const numbers = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(numbers, numbers, (first, second) => {
        const joined = aggregateStatistics(computeStatistics(first, 1), computeStatistics(second, 1));
        const whole = computeStatistics([...first, ...second], 1);
        for (const name of ['min', 'max', 'count'] as const) expect(joined[name]).toEqual(whole[name]);
        for (const name of ['mean', 'std'] as const) expect(joined[name][0]).toBeCloseTo(whole[name][0] ?? 0, 4);
      }),
    );
  });

  it('join quantiles to bounds: the smaller up to the median, the larger above', () => {
    const [low, high] = [computeStatistics([0, 0], 1), computeStatistics([5, 5], 1)];
    const joined = aggregateStatistics(low, high);
    expect([joined.q01, joined.q10, joined.q50]).toEqual([low.q01, low.q10, low.q50]);
    expect([joined.q90, joined.q99]).toEqual([high.q90, high.q99]);
  });
});

describe('statistics of pictures', () => {
  it('are per channel, between 0 and 1', () => {
    const frames = [Uint8Array.of(0, 255, 51, 0, 255, 51), Uint8Array.of(255, 255, 51, 255, 255, 51)];
    const statistics = computeImageStatistics(frames, 1, 2);
    expect(statistics).toMatchObject({
      min: [0, 1, 0.2],
      max: [1, 1, 0.2],
      mean: [0.5, 1, 0.2],
      std: [0.5, 0, 0],
      count: [2],
    });
  });

  it('leave out pixels of large pictures evenly', () => {
    // A width of 300 is reduced by 2: only the even columns and rows count.
    const rgb = Uint8Array.from({ length: 300 * 2 * 3 }, (_, index) => (Math.floor(index / 3) % 2 === 0 ? 0 : 255));
    expect(computeImageStatistics([rgb], 2, 300).max).toEqual([0, 0, 0]);
  });

  it.each([
    [1, 1],
    [99, 99],
    [100, 100],
    [400, 100],
    [10_000, 1000],
    [10_000_000, 10_000],
  ])('sample %i frames at %i', (frames, samples) => {
    const indices = sampleIndices(frames);
    expect(indices).toHaveLength(samples);
    expect([indices[0], indices.at(-1)]).toEqual([0, frames - 1]);
  });
});
