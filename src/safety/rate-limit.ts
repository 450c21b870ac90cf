import { at } from './joint-limits.ts';
import type { JointLimits, Motion } from './joint-limits.ts';
import type { Range } from './position-limit.ts';

/** Rounding allowed on velocity and acceleration, relative: motion right at a limit passes unchanged. */
const ROUNDING = 1e-10;

/** Velocities within the velocity limit, rad/s. */
export function velocityRange(limits: JointLimits): Range {
  const high = limits.velocityRadPerS.map((limit) => limit * (1 + ROUNDING));
  return { low: high.map((limit) => -limit), high };
}

/** Velocities reachable from the previous one within the acceleration limit, rad/s. */
export function accelerationRange(motion: Motion, limits: JointLimits, stepS: number): Range {
  const change = limits.accelerationRadPerS2.map((limit) => limit * stepS * (1 + ROUNDING));
  return {
    low: motion.velocitiesRadPerS.map((velocity, joint) => velocity - at(change, joint)),
    high: motion.velocitiesRadPerS.map((velocity, joint) => velocity + at(change, joint)),
  };
}

/** Values in all ranges; where rounding leaves none, those of the first range nearest to the others. */
export function intersection(first: Range, ...others: readonly Range[]): Range {
  const low = Float64Array.from(first.low);
  const high = Float64Array.from(first.high);
  for (const other of others) {
    for (let joint = 0; joint < low.length; joint += 1) {
      const [firstLow, firstHigh] = [at(low, joint), at(high, joint)];
      low[joint] = Math.min(Math.max(firstLow, at(other.low, joint)), firstHigh);
      high[joint] = Math.max(Math.min(firstHigh, at(other.high, joint)), firstLow);
    }
  }
  return { low, high };
}

/** True where every value lies in its range. */
export function isWithin(values: Float64Array, range: Range): boolean {
  return values.every((value, joint) => value >= at(range.low, joint) && value <= at(range.high, joint));
}

/** Where a target is and how it moves. */
export interface Wish {
  /** Inside the allowed positions, rad, shape (J). */
  readonly positionsRad: Float64Array;
  /** How fast the target itself moves, rad/s, shape (J); zero for a target that stands still. */
  readonly velocitiesRadPerS: Float64Array;
}

/**
 * Velocities, rad/s, that bring the arm onto a target without overshooting it: the target's own velocity
 * and, to close the gap, one common share of it, so that the gap closes along a straight line.
 * The share is 1, and the arm lands on the target, once the joint furthest behind can.
 */
export function approachVelocities(motion: Motion, wish: Wish, limits: JointLimits, stepS: number): Float64Array {
  const gaps = wish.positionsRad.map(
    (target, joint) => target - at(motion.positionsRad, joint) - at(wish.velocitiesRadPerS, joint) * stepS,
  );
  let share = 1;
  gaps.forEach((gap, joint) => {
    const change = at(limits.accelerationRadPerS2, joint) * stepS;
    const speed = Math.abs(gap) / stepS;
    // Closing with one step's change of velocity or less needs no braking distance.
    if (speed <= change * (1 + ROUNDING)) return;
    // Closing speed w from which the joint can brake over what is left of the gap: w dt + w^2 / 2a = |gap|.
    const closing = Math.sqrt(change * change + 2 * at(limits.accelerationRadPerS2, joint) * Math.abs(gap)) - change;
    share = Math.min(share, closing / speed);
  });
  return gaps.map((gap, joint) => at(wish.velocitiesRadPerS, joint) + (share * gap) / stepS);
}

/**
 * The largest common factor in [0, 1] that brings all velocities into their ranges, so that the direction of
 * motion is kept. Where no factor does (a joint must brake first), each joint goes as near as it may.
 */
export function scaleInto(velocities: Float64Array, range: Range): Float64Array {
  let lowest = 0;
  let highest = 1;
  velocities.forEach((velocity, joint) => {
    const [low, high] = [at(range.low, joint), at(range.high, joint)];
    if (velocity === 0) {
      if (low > 0 || high < 0) highest = -1;
      return;
    }
    lowest = Math.max(lowest, Math.min(low / velocity, high / velocity));
    highest = Math.min(highest, Math.max(low / velocity, high / velocity));
  });
  const factor = highest >= lowest ? highest : 1;
  return velocities.map((velocity, joint) =>
    Math.min(Math.max(velocity * factor, at(range.low, joint)), at(range.high, joint)),
  );
}
