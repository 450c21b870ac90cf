import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignedTo, compare, notComparable } from '../../../src/serve/replay/compare.ts';
import '../../property-seed.ts';

type Track = Parameters<typeof compare>[0];

/** One joint that moves as the function says. */
function episode(rows: number, periodS: number, positionAt: (timeS: number) => number | null): Track {
  const timesS = Array.from({ length: rows }, (_, row) => row * periodS);
  return {
    robot: 'r',
    unit: 'rad',
    joints: [{ name: 'a', low: null, high: null }],
    timesS,
    measured: [timesS.map(positionAt)],
  };
}

describe('compare', () => {
  it('finds nothing between an episode and itself', () => {
    const one = episode(20, 0.05, Math.sin);
    expect(compare(one, one)).toEqual({
      sharedRows: 20,
      sharedS: one.timesS.at(-1),
      longerS: 0,
      joints: [{ joint: 'a', rms: 0, largest: { difference: 0, timeS: 0 }, atEnd: 0 }],
    });
  });

  it('counts both from their beginning, whatever their rates are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 2, max: 60 }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (rows, otherRows, offset) => {
          const first = episode(rows, 0.05, (timeS) => 2 * timeS);
          const second = episode(otherRows, 0.03, (timeS) => 2 * timeS + offset);
          const { joints, sharedS, longerS } = compare(first, second);
          expect(joints[0]?.rms).toBeCloseTo(Math.abs(offset), 9);
          expect(joints[0]?.largest?.difference).toBeCloseTo(offset, 9);
          expect(sharedS).toBeLessThanOrEqual(Math.min(first.timesS.at(-1) ?? 0, second.timesS.at(-1) ?? 0));
          expect(longerS).toBeCloseTo((otherRows - 1) * 0.03 - (rows - 1) * 0.05, 9);
        },
      ),
    );
  });

  it('says when they were furthest apart, and how they ended', () => {
    const first = episode(5, 1, () => 0);
    const second = episode(7, 1, (timeS) => (timeS === 2 ? -0.5 : 0.1));
    expect(compare(first, second).joints[0]).toMatchObject({ largest: { difference: -0.5, timeS: 2 }, atEnd: 0.1 });
  });

  it('leaves out rows without a value', () => {
    const first = episode(3, 1, () => 1);
    const second = episode(3, 1, (timeS) => (timeS === 1 ? null : 2));
    expect(compare(first, second).joints[0]?.rms).toBe(1);
    const never = episode(3, 1, () => null);
    expect(compare(first, never).joints[0]).toEqual({ joint: 'a', rms: null, largest: null, atEnd: null });
  });
});

describe('alignedTo', () => {
  it('reads between rows, and nothing behind the last', () => {
    expect(alignedTo([0, 0.5, 1, 3], [0, 1, 2], [0, 10, 20])).toEqual([0, 5, 10, null]);
    expect(alignedTo([0, 0.5, 1], [0, 1], [null, 10])).toEqual([null, null, 10]);
  });
});

describe('notComparable', () => {
  it('names what differs', () => {
    const one = episode(3, 1, () => 0);
    expect(notComparable(one, one)).toBe('');
    expect(notComparable(one, { ...one, joints: [{ name: 'b', low: null, high: null }] })).toContain(
      'other joints: a, and b',
    );
    expect(notComparable(one, { ...one, unit: 'deg' })).toContain('other units');
    expect(notComparable(one, { ...one, measured: [] })).toContain('no measured positions');
  });
});
