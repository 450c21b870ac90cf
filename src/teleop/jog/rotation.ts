import type { Vector3 } from '../kinematics.ts';

/** Rotation matrix, row-major, shape (3, 3). */
export type Rotation = readonly number[];

/** A vector of a frame, in the frame its rotation matrix leads to. */
export function rotate(rotation: Rotation, [x, y, z]: Vector3): Vector3 {
  const row = (first: number): number =>
    (rotation[first] ?? 0) * x + (rotation[first + 1] ?? 0) * y + (rotation[first + 2] ?? 0) * z;
  return [row(0), row(3), row(6)];
}

/** The rotation turned further about a rotation vector, rad, by the formula of Rodrigues. */
export function turned(rotation: Rotation, vector: Vector3): number[] {
  const angle = Math.hypot(...vector);
  if (angle === 0) return [...rotation];
  const axis: Vector3 = [vector[0] / angle, vector[1] / angle, vector[2] / angle];
  const [sine, versine] = [Math.sin(angle), 1 - Math.cos(angle)];
  const columns = [0, 1, 2].map((column): Vector3 => {
    const from: Vector3 = [rotation[column] ?? 0, rotation[3 + column] ?? 0, rotation[6 + column] ?? 0];
    const across = cross(axis, from);
    const twice = cross(axis, across);
    return [
      from[0] + sine * across[0] + versine * twice[0],
      from[1] + sine * across[1] + versine * twice[1],
      from[2] + sine * across[2] + versine * twice[2],
    ];
  });
  return [0, 1, 2].flatMap((row) => columns.map((column) => column[row] ?? 0));
}

/** The rotation vector, rad, by which one rotation has to be turned to become another; shorter than half a turn. */
export function turnBetween(from: Rotation, to: Rotation): Vector3 {
  const between = (row: number, column: number): number =>
    [0, 1, 2].reduce((sum, index) => sum + (to[3 * row + index] ?? 0) * (from[3 * column + index] ?? 0), 0);
  const twiceSine: Vector3 = [
    between(2, 1) - between(1, 2),
    between(0, 2) - between(2, 0),
    between(1, 0) - between(0, 1),
  ];
  const length = Math.hypot(...twiceSine);
  if (length === 0) return [0, 0, 0];
  const angle = Math.atan2(length, between(0, 0) + between(1, 1) + between(2, 2) - 1);
  return scaled(twiceSine, angle / length);
}

export function scaled([x, y, z]: Vector3, factor: number): Vector3 {
  return [factor * x, factor * y, factor * z];
}

export function plus(left: Vector3, right: Vector3): Vector3 {
  return [left[0] + right[0], left[1] + right[1], left[2] + right[2]];
}

export function minus(left: Vector3, right: Vector3): Vector3 {
  return [left[0] - right[0], left[1] - right[1], left[2] - right[2]];
}

/** The vector, or the longest one of its direction that is no longer than this. */
export function noLongerThan(vector: Vector3, longest: number): Vector3 {
  const length = Math.hypot(...vector);
  return length > longest ? scaled(vector, longest / length) : vector;
}

function cross([ax, ay, az]: Vector3, [bx, by, bz]: Vector3): Vector3 {
  return [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
}
