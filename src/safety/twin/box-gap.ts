import { at } from '../joint-limits.ts';

/** Oriented boxes, as arrays over their index, base frame, m. */
export interface Boxes {
  /** Shape (N, 3). */
  readonly centresM: Float64Array;
  /** Rotation matrices, row-major; the columns are the axes of a box. Shape (N, 3, 3). */
  readonly rotations: Float64Array;
  /** Along the axes of the box. Shape (N, 3). */
  readonly halfSizesM: Float64Array;
}

/** Squared sine below which two edges count as parallel: their common normal is then among those of the faces. */
const PARALLEL = 1e-9;

/** Kept between calls, so that a call leaves no garbage. From box b to box a: rotation, its magnitudes, the way. */
const rotation = new Float64Array(9);
const magnitude = new Float64Array(9);
const way = new Float64Array(3);
const halfA = new Float64Array(3);
const halfB = new Float64Array(3);

/**
 * A lower bound of the distance of two boxes, m; negative where they overlap. It is the largest gap between them along
 * the 15 directions of the separating axis test (Gottschalk et al. 1996): exact where a face is nearest, less than
 * the distance between two corners. Stops looking once the bound is `enoughM` or more.
 */
export function boxGapM(boxes: Boxes, a: number, b: number, enoughM: number): number {
  relate(boxes, a, b);
  const gap = faceGapM();
  return gap >= enoughM ? gap : Math.max(gap, edgeGapM());
}

function relate({ centresM, rotations, halfSizesM }: Boxes, a: number, b: number): void {
  const x = at(centresM, 3 * b) - at(centresM, 3 * a);
  const y = at(centresM, 3 * b + 1) - at(centresM, 3 * a + 1);
  const z = at(centresM, 3 * b + 2) - at(centresM, 3 * a + 2);
  for (let row = 0; row < 3; row += 1) {
    const rx = at(rotations, 9 * a + row);
    const ry = at(rotations, 9 * a + 3 + row);
    const rz = at(rotations, 9 * a + 6 + row);
    way[row] = rx * x + ry * y + rz * z;
    halfA[row] = at(halfSizesM, 3 * a + row);
    halfB[row] = at(halfSizesM, 3 * b + row);
    for (let column = 0; column < 3; column += 1) {
      const entry = 9 * b + column;
      const value = rx * at(rotations, entry) + ry * at(rotations, entry + 3) + rz * at(rotations, entry + 6);
      rotation[3 * row + column] = value;
      magnitude[3 * row + column] = Math.abs(value);
    }
  }
}

function faceGapM(): number {
  let gap = -Infinity;
  for (let row = 0; row < 3; row += 1) {
    const entry = 3 * row;
    const width =
      at(magnitude, entry) * at(halfB, 0) +
      at(magnitude, entry + 1) * at(halfB, 1) +
      at(magnitude, entry + 2) * at(halfB, 2);
    gap = Math.max(gap, Math.abs(at(way, row)) - at(halfA, row) - width);
  }
  for (let column = 0; column < 3; column += 1) {
    const along =
      at(way, 0) * at(rotation, column) + at(way, 1) * at(rotation, 3 + column) + at(way, 2) * at(rotation, 6 + column);
    const width =
      at(magnitude, column) * at(halfA, 0) +
      at(magnitude, 3 + column) * at(halfA, 1) +
      at(magnitude, 6 + column) * at(halfA, 2);
    gap = Math.max(gap, Math.abs(along) - at(halfB, column) - width);
  }
  return gap;
}

function edgeGapM(): number {
  let gap = -Infinity;
  for (let row = 0; row < 3; row += 1) {
    const next = (row + 1) % 3;
    const last = (row + 2) % 3;
    for (let column = 0; column < 3; column += 1) {
      const entry = 3 * row + column;
      const sine = 1 - at(rotation, entry) * at(rotation, entry);
      if (sine < PARALLEL) continue;
      const right = (column + 1) % 3;
      const left = (column + 2) % 3;
      const along = at(way, last) * at(rotation, 3 * next + column) - at(way, next) * at(rotation, 3 * last + column);
      const widthA =
        at(halfA, next) * at(magnitude, 3 * last + column) + at(halfA, last) * at(magnitude, 3 * next + column);
      const widthB =
        at(halfB, right) * at(magnitude, 3 * row + left) + at(halfB, left) * at(magnitude, 3 * row + right);
      gap = Math.max(gap, (Math.abs(along) - widthA - widthB) / Math.sqrt(sine));
    }
  }
  return gap;
}
