import { at } from './joint-limits.ts';
import type { JointLimits } from './joint-limits.ts';

/*
 * Where commands may go: the soft range, widened to the previous command for an arm that was armed between its soft and
 * its hard limit. Such a joint may move inwards and never further out.
 */

/** The lower end for a joint whose previous command is this, rad. */
export function lowestAllowed(previousRad: number, limits: JointLimits, joint: number): number {
  return Math.min(at(limits.softLowRad, joint), previousRad);
}

/** The upper end, rad. */
export function highestAllowed(previousRad: number, limits: JointLimits, joint: number): number {
  return Math.max(at(limits.softHighRad, joint), previousRad);
}

/** The nearest allowed position, rad. Bit exact for one that is allowed. */
export function nearestAllowed(positionRad: number, previousRad: number, limits: JointLimits, joint: number): number {
  const low = lowestAllowed(previousRad, limits, joint);
  return Math.min(Math.max(positionRad, low), highestAllowed(previousRad, limits, joint));
}
