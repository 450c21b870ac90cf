import { at } from './joint-limits.ts';
import type { JointLimits, Motion } from './joint-limits.ts';

/** A closed range per joint, each of shape (J). */
export interface Range {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/**
 * Where commands may go, rad: the soft range, widened to the previous command for an arm that was armed
 * between its soft and its hard limit. Such a joint may move inwards and never further out.
 */
export function allowedPositions(previousRad: Float64Array, limits: JointLimits): Range {
  return {
    low: limits.softLowRad.map((low, joint) => Math.min(low, at(previousRad, joint))),
    high: limits.softHighRad.map((high, joint) => Math.max(high, at(previousRad, joint))),
  };
}

/** Each value moved to the nearest one in its range. Bit exact for values inside. */
export function clampTo(values: Float64Array, range: Range): Float64Array {
  return values.map((value, joint) => Math.min(Math.max(value, at(range.low, joint)), at(range.high, joint)));
}

/**
 * Velocities, rad/s, after which every joint can still stop inside its allowed positions.
 *
 * A joint that brakes by `a dt` before each step of `dt` needs at most v^2 / 2a to stop, whatever the
 * later steps' durations are. So v dt + v^2 / 2a <= distance, solved for v. When this held before the
 * step, v - a dt satisfies it again: a stop is always feasible.
 */
export function stoppableVelocities(motion: Motion, allowed: Range, limits: JointLimits, stepS: number): Range {
  const bound = (distanceRad: number, acceleration: number): number => {
    const change = acceleration * stepS;
    // The same root as sqrt(change^2 + 2 a d) - change, without its cancellation.
    return (2 * acceleration * distanceRad) / (Math.sqrt(change * change + 2 * acceleration * distanceRad) + change);
  };
  return {
    low: motion.positionsRad.map(
      (position, joint) =>
        -bound(Math.max(0, position - at(allowed.low, joint)), at(limits.accelerationRadPerS2, joint)),
    ),
    high: motion.positionsRad.map((position, joint) =>
      bound(Math.max(0, at(allowed.high, joint) - position), at(limits.accelerationRadPerS2, joint)),
    ),
  };
}
