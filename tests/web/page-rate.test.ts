import { describe, expect, it } from 'vitest';
import { PageRate } from '../../web/src/page-rate.ts';

function rateOf(timesMs: readonly number[]): PageRate {
  const rate = new PageRate();
  for (const time of timesMs) rate.add(time);
  return rate;
}

describe('PageRate', () => {
  it('tells pictures a second and the longest pause of the last three seconds', () => {
    const even = Array.from({ length: 600 }, (_, index) => (index * 1000) / 60);
    expect(rateOf(even).rateHz).toBeCloseTo(60, 6);
    expect(rateOf(even).longestMs).toBeCloseTo(1000 / 60, 6);
    const gap = [...even, 10_100, 10_116];
    expect(rateOf(gap).longestMs).toBeGreaterThan(100);
    const healed = [...gap, ...even.map((time) => time + 10_132)];
    expect(rateOf(healed).longestMs).toBeCloseTo(1000 / 60, 6);
  });

  it('begins anew after a pause that is longer, as when nobody saw the page', () => {
    const rate = rateOf([0, 16, 32, 60_000]);
    expect(rate.rateHz).toBe(0);
    expect(rate.longestMs).toBe(0);
    rate.add(60_020);
    expect(rate.rateHz).toBeCloseTo(50, 6);
  });
});
