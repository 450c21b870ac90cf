import { lateralDistance } from '../geometry.ts';
import { wrapAngle } from '../inverse-kinematics.ts';
import type { SceneState } from '../scene-state.ts';
import type { Vector3 } from '../world.ts';

/** What the expert is doing; its place in this list is the phase number of the privileged state. */
export const phases = ['approach', 'descend', 'grasp', 'carry', 'place', 'retreat'] as const;
export type Phase = (typeof phases)[number];

/** Where an expert wants the gripper frame, fingers down, and the jaw. */
export interface Goal {
  readonly phase: Phase;
  readonly positionM: Vector3;
  readonly yawRad: number;
  readonly jawRad: number;
  /** Fastest the gripper frame should travel, m per control tick. */
  readonly stepM?: number;
}

/**
 * An expert: a pure function of the scene now. It waits for nothing and remembers nothing, so it can
 * say what to do in any state, also in one that somebody else's mistakes led to.
 */
export type Expert = (scene: SceneState) => Goal;

/** Jaw angle that closes every gripper. */
export const closedRad = 0;
/** Gripper frame's height over which fingers clear cubes 30 mm high by 30 mm. */
export const hoverM = 0.07;

/** Heading from the arm's axis to a point: the jaw's heading there at wrist roll 0. */
export function radialYaw(scene: SceneState, point: Vector3): number {
  return Math.atan2(point[1] - scene.axisM[1], point[0] - scene.axisM[0]);
}

/** Among headings a quarter turn apart (or `period`), the one nearest to a reference. */
export function nearestYaw(yawRad: number, referenceRad: number, periodRad: number): number {
  const turns = Math.round(wrapAngle(referenceRad - yawRad) / periodRad);
  return wrapAngle(yawRad + turns * periodRad);
}

export interface FunnelOptions {
  /** Height at which to travel, m. */
  readonly safeM: number;
  /** Sideways error from which on the height is the goal's own, m. */
  readonly toleranceM: number;
  /** In place of the sideways distance, where some directions matter less than others, m. */
  readonly sidewaysM?: number;
  /** Counted as sideways error besides the distance, m. */
  readonly extraErrorM?: number;
}

/** Rise per metre of sideways error, up to the safe height. */
const funnelSlope = 4;
/** Travelling slows down over this much missing height, and stops: pushing sideways, fingers jam on what they meet. */
const climbM = 0.015;
const climbSlackM = 0.005;

/**
 * Next way point towards a goal from above: a funnel around the goal's vertical. Far away it is the safe
 * height; the smaller the sideways error, the lower; and below the funnel it leads up before it leads on.
 */
export function funnel(current: Vector3, goal: Vector3, options: FunnelOptions): Vector3 {
  const error = (options.sidewaysM ?? lateralDistance(current, goal)) + (options.extraErrorM ?? 0);
  const rise = Math.max(0, error - options.toleranceM) * funnelSlope;
  const height = goal[2] + Math.min(rise, Math.max(0, options.safeM - goal[2]));
  const missing = height - current[2] - climbSlackM;
  const travel = Math.min(1, Math.max(0, 1 - missing / climbM));
  return [current[0] + travel * (goal[0] - current[0]), current[1] + travel * (goal[1] - current[1]), height];
}
