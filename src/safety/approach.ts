import { landingAcceleration, stopDisplacement } from './braking.ts';
import type { BrakeLimits } from './braking.ts';
import { at } from './joint-limits.ts';
import type { JointLimits, Motion } from './joint-limits.ts';
import { largestWithin } from './solve.ts';
import { stopAccelerations } from './stop.ts';

/** Where a target will be at the end of the step, and how it moves. */
export interface Wish {
  /** Inside the allowed positions, rad, shape (J). */
  readonly positionsRad: Float64Array;
  /** rad/s, shape (J); zero for a target that stands still. */
  readonly velocitiesRadPerS: Float64Array;
}

/** One joint after another on the way to a target that moves at constant velocity, in its frame. */
export interface Gap {
  /** What separated arm and target when the step began, rad, shape (J). */
  readonly gapsRad: Float64Array;
  /** Of the arm relative to the target, rad/s, shape (J). */
  readonly velocitiesRadPerS: Float64Array;
  readonly accelerationsRadPerS2: Float64Array;
}

/** The motion of the arm as seen from the target. */
export function gapTo(wish: Wish, motion: Motion, stepS: number): Gap {
  return {
    gapsRad: wish.positionsRad.map(
      (target, joint) => target - at(motion.positionsRad, joint) - at(wish.velocitiesRadPerS, joint) * stepS,
    ),
    velocitiesRadPerS: motion.velocitiesRadPerS.map((velocity, joint) => velocity - at(wish.velocitiesRadPerS, joint)),
    accelerationsRadPerS2: motion.accelerationsRadPerS2,
  };
}

/** What all joints together have left of their limits in the direction of the gap, in units of the gap. */
interface LineLimits extends BrakeLimits {
  readonly speed: number;
}

/**
 * Accelerations, rad/s^2, of the next step of a quickest approach that ends at rest beside the target, without
 * overshooting it. The arm goes along the straight line of the gap, all joints in proportion, as fast as the
 * slowest of them may: the largest acceleration after which a stop still ends on the target. What of
 * its motion leads off that line is braked away meanwhile.
 *
 * @param speedLimits rad/s, shape (J), of the arm itself.
 */
export function approachAccelerations(
  gap: Gap,
  wish: Wish,
  { limits, speedLimits }: { readonly limits: JointLimits; readonly speedLimits: Float64Array },
  stepS: number,
): Float64Array {
  const { gapsRad } = gap;
  const square = dot(gapsRad, gapsRad);
  // Gaps so small that they cannot be divided by have no direction.
  if (!(square > Number.MIN_VALUE / Number.EPSILON)) return stopAccelerations(gap, limits, stepS);
  const velocity = dot(gap.velocitiesRadPerS, gapsRad) / square;
  const acceleration = dot(gap.accelerationsRadPerS2, gapsRad) / square;
  const line = lineLimits(gapsRad, wish, limits, speedLimits);
  const along = lineAcceleration(velocity, acceleration, stepS, line);
  const across = stopAccelerations(
    {
      velocitiesRadPerS: gap.velocitiesRadPerS.map((value, joint) => value - velocity * at(gapsRad, joint)),
      accelerationsRadPerS2: gap.accelerationsRadPerS2.map((value, joint) => value - acceleration * at(gapsRad, joint)),
    },
    limits,
    stepS,
  );
  return gapsRad.map((value, joint) => along * value + at(across, joint));
}

function lineLimits(gapsRad: Float64Array, wish: Wish, limits: JointLimits, speedLimits: Float64Array): LineLimits {
  let [speed, acceleration, jerk] = [Infinity, Infinity, Infinity];
  gapsRad.forEach((gap, joint) => {
    if (gap === 0) return;
    const brake = limits.brakes[joint] as BrakeLimits;
    const size = Math.abs(gap);
    const speedLeft = at(speedLimits, joint) - Math.sign(gap) * at(wish.velocitiesRadPerS, joint);
    speed = Math.min(speed, Math.max(0, speedLeft) / size);
    acceleration = Math.min(acceleration, brake.accelerationRadPerS2 / size);
    jerk = Math.min(jerk, brake.jerkRadPerS3 / size);
  });
  return { speed, accelerationRadPerS2: acceleration, jerkRadPerS3: jerk };
}

/** The same on the line itself, where the gap is 1. */
function lineAcceleration(velocity: number, acceleration: number, stepS: number, line: LineLimits): number {
  const { accelerationRadPerS2: most, jerkRadPerS3: jerk, speed } = line;
  const lowest = Math.min(Math.max(acceleration - jerk * stepS, -most), most);
  const highest = Math.max(Math.min(acceleration + jerk * stepS, most), lowest);
  const excess = (x: number): number => {
    const next = velocity + x * stepS;
    return next * stepS + stopDisplacement(next, x, line) - 1;
  };
  const arriving = largestWithin(excess, lowest, highest);
  const change = speed - velocity;
  const bySpeed = change >= 0 ? landingAcceleration(change, stepS, jerk) : change / stepS;
  return Math.max(lowest, Math.min(arriving, bySpeed));
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) sum += at(left, index) * at(right, index);
  return sum;
}
