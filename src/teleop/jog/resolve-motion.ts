import { solvePositiveDefinite } from '../../core/solve-positive-definite.ts';
import type { Vector3 } from '../kinematics.ts';

/** Three rows, one column per joint. */
type Rows = readonly (readonly number[])[];

/** A small displacement of the gripper frame, base frame. */
export interface Displacement {
  /** m. */
  readonly positionM: Vector3;
  /** Rotation vector, rad. */
  readonly rotationRad: Vector3;
}

/** Smallest singular values below this share of the largest one are damped, so that joint steps stay bounded. */
const DAMPED_SHARE = 1 / 15;
/** Singular values of the rotation below this, rad/rad, are damped: turns the arm can hardly make. */
const ROTATION_DAMPING = 0.15;
/** Keeps the equations solvable where every joint is held. */
const LEAST_DAMPING = 1e-10;

/**
 * Joint steps, rad, shape (n), that move the gripper frame. Position comes first: the joints take the rotation on only as
 * far as it leaves the position where it is wanted (task priority, Nakamura, Hanafusa and Yoshikawa 1987), because an
 * arm of five joints cannot do both. Damped least squares near singular poses (Nakamura and Hanafusa 1986).
 * @param jacobian shape (6, n); a column of zeros for a joint that is to stay
 */
export function resolveMotion(jacobian: Rows, { positionM, rotationRad }: Displacement): number[] {
  const position = jacobian.slice(0, 3);
  const rotation = jacobian.slice(3, 6);
  const square = gram(position);
  const damped = damp(square, dampingOf(square));
  const first = transposedTimes(position, solve(damped, positionM));
  // What of each turn does not move the position.
  const free = rotation.map((row) => {
    const weights = solve(damped, times(position, row));
    const taken = transposedTimes(position, weights);
    return row.map((value, joint) => value - (taken[joint] ?? 0));
  });
  const done = times(rotation, first);
  const left = rotationRad.map((value, axis) => value - (done[axis] ?? 0));
  const second = transposedTimes(free, solve(damp(gram(free), ROTATION_DAMPING ** 2), left));
  return first.map((value, joint) => value + (second[joint] ?? 0));
}

/**
 * How much further the joints have to go in the worst direction than in the best one for the same displacement of the
 * gripper: the ratio of the singular values of the position's Jacobian, from 1 up; Infinity in a singular pose.
 */
export function conditionNumber(jacobian: Rows): number {
  const [least, most] = extremes(gram(jacobian.slice(0, 3)));
  return least > 0 ? Math.sqrt(most / least) : Infinity;
}

/** Where the joint steps take the position, m. */
export function positionStep(jacobian: Rows, steps: readonly number[]): Vector3 {
  return times(jacobian.slice(0, 3), steps) as unknown as Vector3;
}

/** The turn the joint steps make, rad. */
export function rotationStep(jacobian: Rows, steps: readonly number[]): Vector3 {
  return times(jacobian.slice(3, 6), steps) as unknown as Vector3;
}

function dampingOf(square: Rows): number {
  const [least, most] = extremes(square);
  const threshold = most * DAMPED_SHARE ** 2;
  if (least >= threshold) return LEAST_DAMPING;
  return LEAST_DAMPING + (1 - Math.max(0, least) / (threshold || 1)) * (threshold / 4);
}

/** Smallest and largest eigenvalue of a symmetric matrix, shape (3, 3), by the trigonometric formula (Smith 1961). */
function extremes(matrix: Rows): readonly [number, number] {
  const at = (row: number, column: number): number => matrix[row]?.[column] ?? 0;
  const mean = (at(0, 0) + at(1, 1) + at(2, 2)) / 3;
  const [a, b, c] = [at(0, 0) - mean, at(1, 1) - mean, at(2, 2) - mean];
  const [d, e, f] = [at(0, 1), at(0, 2), at(1, 2)];
  const spread = Math.sqrt((a * a + b * b + c * c + 2 * (d * d + e * e + f * f)) / 6);
  if (spread === 0) return [mean, mean];
  const determinant = a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e);
  const angle = Math.acos(Math.min(1, Math.max(-1, determinant / (2 * spread ** 3)))) / 3;
  return [mean + 2 * spread * Math.cos(angle + (2 * Math.PI) / 3), mean + 2 * spread * Math.cos(angle)];
}

function gram(rows: Rows): number[][] {
  return rows.map((left) =>
    rows.map((right) => left.reduce((sum, value, joint) => sum + value * (right[joint] ?? 0), 0)),
  );
}

function damp(square: Rows, damping: number): number[][] {
  return square.map((row, index) => row.map((value, column) => (index === column ? value + damping : value)));
}

function solve(square: Rows, right: readonly number[]): number[] {
  return solvePositiveDefinite(square.map((row, index) => [...row, right[index] ?? 0]));
}

function times(rows: Rows, vector: readonly number[]): number[] {
  return rows.map((row) => row.reduce((sum, value, joint) => sum + value * (vector[joint] ?? 0), 0));
}

function transposedTimes(rows: Rows, vector: readonly number[]): number[] {
  return (rows[0] ?? []).map((_, joint) =>
    rows.reduce((sum, row, axis) => sum + (row[joint] ?? 0) * (vector[axis] ?? 0), 0),
  );
}
