import { quickestProfile, stateAt, stretchedProfile } from './axis-profile.ts';
import type { AxisLimits, AxisProfile } from './axis-profile.ts';
import { at } from './joint-limits.ts';
import type { JointLimits, Motion } from './joint-limits.ts';

/** How an arm gets from a motion to rest at a target, all joints arriving at the same time. */
export interface Trajectory {
  readonly durationS: number;
  /** One per joint. */
  readonly axes: readonly AxisProfile[];
}

/** Joints that cannot take exactly as long as the slowest make all others wait; so often this is tried. */
const MOST_ROUNDS = 10;

/**
 * Plans the quickest trajectory within velocity, acceleration and jerk limits from any motion to rest at a target.
 * Position limits are not looked at: a motion towards a limit may overshoot before it returns.
 *
 * @param speedShare in (0, 1]: share of the velocity limits that may be used. Default 1.
 */
export function planTrajectory(
  motion: Motion,
  targetRad: Float64Array,
  limits: JointLimits,
  speedShare = 1,
): Trajectory {
  const joints = limits.rates.map((rates, joint) => {
    const start = {
      position: at(motion.positionsRad, joint),
      velocity: at(motion.velocitiesRadPerS, joint),
      acceleration: at(motion.accelerationsRadPerS2, joint),
    };
    const axisLimits: AxisLimits = { ...rates, velocityRadPerS: at(limits.velocityRadPerS, joint) * speedShare };
    return { start, target: at(targetRad, joint), axisLimits };
  });
  let axes = joints.map(({ start, target, axisLimits }) => quickestProfile(start, target, axisLimits));
  let durationS = longest(axes);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    axes = joints.map(({ start, target, axisLimits }) => stretchedProfile(start, target, axisLimits, durationS));
    if (longest(axes) <= durationS * (1 + 1e-9)) break;
    durationS = longest(axes);
  }
  return { durationS: longest(axes), axes };
}

/** Where the joints are at a time after the start, rad, shape (J). */
export function positionsAt({ axes }: Trajectory, timeS: number): Float64Array {
  return Float64Array.from(axes, (axis) => stateAt(axis, timeS).position);
}

function longest(axes: readonly AxisProfile[]): number {
  return Math.max(0, ...axes.map(({ durationS }) => durationS));
}
