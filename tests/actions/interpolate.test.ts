import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpolateTarget } from '../../src/actions/interpolate.ts';

const angle = fc.double({ min: -3, max: 3, noNaN: true });

describe('interpolation', () => {
  it('starts at the previous target and ends at the new one, exactly', () => {
    fc.assert(
      fc.property(angle, angle, (from, to) => {
        expect(interpolateTarget([from], [to], 0, new Float64Array(1))[0]).toBeCloseTo(from, 15);
        expect(interpolateTarget([from], [to], 1, new Float64Array(1))).toEqual(Float64Array.of(to));
      }),
    );
  });

  it('stays between its ends and never turns back', () => {
    const share = fc.double({ min: -1, max: 2, noNaN: true });
    fc.assert(
      fc.property(angle, angle, share, share, (from, to, one, other) => {
        const at = (fraction: number): number =>
          interpolateTarget([from], [to], fraction, new Float64Array(1))[0] ?? Number.NaN;
        const [earlier, later] = one < other ? [at(one), at(other)] : [at(other), at(one)];
        expect(Math.abs(later - from)).toBeGreaterThanOrEqual(Math.abs(earlier - from) - 1e-12);
        expect(earlier).toBeGreaterThanOrEqual(Math.min(from, to) - 1e-12);
        expect(later).toBeLessThanOrEqual(Math.max(from, to) + 1e-12);
      }),
    );
  });

  it('writes into the buffer it is given', () => {
    const out = new Float64Array(2);
    expect(interpolateTarget([0, 1], [1, 3], 0.5, out)).toBe(out);
    expect(out).toEqual(Float64Array.of(0.5, 2));
  });

  it('refuses what is no number', () => {
    const out = new Float64Array(1);
    expect(() => interpolateTarget([Number.NaN], [0], 0.5, out)).toThrow('E_NOT_FINITE');
    expect(() => interpolateTarget([0], [Infinity], 0.5, out)).toThrow('E_NOT_FINITE');
    expect(() => interpolateTarget([0], [1], Number.NaN, out)).toThrow('E_NOT_FINITE');
    expect(() => interpolateTarget([0], [], 0.5, out)).toThrow('E_NOT_FINITE');
  });
});
