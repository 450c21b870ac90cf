import type { Range } from './acceleration-range.ts';
import { at } from './joint-limits.ts';
import type { JointLimits } from './joint-limits.ts';

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
