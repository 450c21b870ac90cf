import { describe, expect, it } from 'vitest';
import { wilsonInterval95 } from '../../src/runtime/success-rate.ts';

describe('wilsonInterval95', () => {
  it('agrees with published values', () => {
    // Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611.
    expect(wilsonInterval95(81, 263).map((bound) => Number(bound.toFixed(4)))).toEqual([0.2553, 0.3662]);
    expect(wilsonInterval95(0, 20).map((bound) => Number(bound.toFixed(4)))).toEqual([0, 0.1611]);
  });

  it('knows nothing without episodes', () => {
    expect(wilsonInterval95(0, 0)).toEqual([0, 1]);
  });

  it('never leaves the range of a share', () => {
    expect(wilsonInterval95(7, 7)[1]).toBeLessThanOrEqual(1);
    expect(wilsonInterval95(0, 7)[0]).toBeGreaterThanOrEqual(0);
  });
});
