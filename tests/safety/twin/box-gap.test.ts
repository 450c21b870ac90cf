import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxGapM } from '../../../src/safety/twin/box-gap.ts';

const inside = fc.double({ min: -1, max: 1, noNaN: true });
const half = fc.double({ min: 0.01, max: 0.6, noNaN: true });
const box = fc.record({
  centre: fc.tuple(inside, inside, inside),
  halfSizes: fc.tuple(half, half, half),
  quaternion: fc.tuple(inside, inside, inside, inside).filter((q) => Math.hypot(...q) > 0.1),
});
type Box = { centre: number[]; halfSizes: number[]; quaternion: number[] };

function rotationOf(quaternion: readonly number[]): number[] {
  const norm = Math.hypot(...quaternion);
  const [w, x, y, z] = quaternion.map((value) => value / norm) as [number, number, number, number];
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ].flat();
}

function gapOf(a: Box, b: Box, enoughM = Infinity): number {
  const boxes = {
    centresM: Float64Array.from([...a.centre, ...b.centre]),
    rotations: Float64Array.from([...rotationOf(a.quaternion), ...rotationOf(b.quaternion)]),
    halfSizesM: Float64Array.from([...a.halfSizes, ...b.halfSizes]),
  };
  return boxGapM(boxes, 0, 1, enoughM);
}

/** The point of a box at shares of its half sizes. */
function pointOf(of: Box, shares: readonly number[]): number[] {
  const rotation = rotationOf(of.quaternion);
  const local = of.halfSizes.map((half, axis) => half * (shares[axis] ?? 0));
  return of.centre.map((centre, row) =>
    local.reduce((sum, value, axis) => sum + (rotation[3 * row + axis] ?? 0) * value, centre),
  );
}

const distance = (a: number[], b: number[]): number => Math.hypot(...a.map((value, axis) => value - (b[axis] ?? 0)));

describe('the gap of two boxes', () => {
  const upright = (centre: number[]): Box => ({ centre, halfSizes: [0.1, 0.2, 0.3], quaternion: [1, 0, 0, 0] });

  it('is the distance of two faces, and the depth where they overlap', () => {
    expect(gapOf(upright([0, 0, 0]), upright([0.5, 0, 0]))).toBeCloseTo(0.3, 12);
    expect(gapOf(upright([0, 0, 0]), upright([0.1, 0.05, 0.7]))).toBeCloseTo(0.1, 12);
    expect(gapOf(upright([0, 0, 0]), upright([0.15, 0, 0]))).toBeCloseTo(-0.05, 12);
  });

  it('is the distance of two crossing edges', () => {
    const edgeUp: Box = {
      centre: [0, 0, 0],
      halfSizes: [1, 0.1, 0.1],
      quaternion: [Math.cos(Math.PI / 8), Math.sin(Math.PI / 8), 0, 0],
    };
    const edgeDown: Box = {
      centre: [0, 0, 0.5],
      halfSizes: [0.1, 1, 0.1],
      quaternion: [Math.cos(Math.PI / 8), 0, Math.sin(Math.PI / 8), 0],
    };
    expect(gapOf(edgeUp, edgeDown)).toBeCloseTo(0.5 - 2 * 0.1 * Math.SQRT2, 9);
  });

  it('is never more than the distance of a point of one from a point of the other', () => {
    fc.assert(
      fc.property(
        box,
        box,
        fc.array(fc.tuple(inside, inside, inside), { minLength: 2, maxLength: 2 }),
        (a, b, shares) => {
          const rounded = shares.map((share) =>
            share.map((value) => (Math.abs(value) > 0.5 ? Math.sign(value) : value)),
          );
          const [first, second] = [pointOf(a, rounded[0] ?? []), pointOf(b, rounded[1] ?? [])];
          expect(gapOf(a, b)).toBeLessThanOrEqual(distance(first, second) + 1e-9);
        },
      ),
      { numRuns: 1000, seed: 4 },
    );
  });

  it('is the same from either side, and stops at enough', () => {
    fc.assert(
      fc.property(box, box, inside, (a, b, enough) => {
        expect(gapOf(a, b)).toBeCloseTo(gapOf(b, a), 9);
        const [quick, whole] = [gapOf(a, b, enough), gapOf(a, b)];
        expect(quick).toBeLessThanOrEqual(whole);
        if (quick !== whole) expect(quick).toBeGreaterThanOrEqual(enough);
      }),
      { numRuns: 500, seed: 5 },
    );
  });
});
