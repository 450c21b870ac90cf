import type { Vector3 } from './world.ts';

/** Edge of the cubes of all scenes, and the height of a cube's centre above its underside, m. */
export const cubeM = 0.03;
export const halfCubeM = cubeM / 2;

export function distance(from: Vector3, to: Vector3): number {
  return Math.hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2]);
}

/** Distance on the table, whatever the heights. */
export function lateralDistance(from: Vector3, to: Vector3): number {
  return Math.hypot(to[0] - from[0], to[1] - from[1]);
}
