import { accelerationRange, objectionsTo } from './acceleration-range.ts';
import type { Range, StepLimits } from './acceleration-range.ts';
import { approachAccelerations, gapTo } from './approach.ts';
import type { Gap } from './approach.ts';
import type { BrakeLimits } from './braking.ts';
import { at } from './joint-limits.ts';
import type { JointLimits, Motion } from './joint-limits.ts';
import { allowedPositions, clampTo } from './position-limit.ts';
import type { Reason } from './reasons.ts';
import { stopAccelerations } from './stop.ts';

/** The target of the step before, and how it had moved. */
export interface TargetMemory {
  /** Inside the allowed positions, rad, shape (J). */
  readonly positionsRad: Float64Array;
  /** rad/s, shape (J). */
  readonly velocitiesRadPerS: Float64Array;
}

export interface LimitedStep {
  readonly motion: Motion;
  readonly target: TargetMemory;
  /** Empty when the target passed unchanged. */
  readonly reasons: readonly Reason[];
}

/**
 * One step towards a target: onto it, to the bit, where the limits allow that; otherwise on the straight line
 * to it, as far as they do. Whatever is asked, the step is one that `accelerationRange` allows.
 *
 * @param step its `isPlanned`: the target is where a motion within the limits is at the end of this step, so nobody asks
 * whether the arm could stay there.
 */
export function follow(
  targetRad: Float64Array,
  motion: Motion,
  before: TargetMemory | undefined,
  step: StepLimits & { readonly isPlanned?: boolean | undefined },
): LimitedStep {
  const { limits, speedLimits, stepS } = step;
  const allowed = allowedPositions(motion.positionsRad, limits);
  const positionsRad = clampTo(targetRad, allowed);
  // A source that begins is taken to have stood where the arm is.
  const earlierRad = before?.positionsRad ?? motion.positionsRad;
  const velocitiesRadPerS = positionsRad.map((position, joint) => (position - at(earlierRad, joint)) / stepS);
  const target: TargetMemory = { positionsRad, velocitiesRadPerS };
  const direct = motionTo(positionsRad, motion, stepS);
  const wish = { positionsRad, velocitiesRadPerS: steadyVelocities(target, before, speedLimits) };
  const gap = gapTo(wish, motion, stepS);

  const reasons = reasonsAgainst(direct, motion, step);
  const passes = reasons.length === 0 && (step.isPlanned === true || lands(direct, gap, { motion, before }, step));
  if (!passes && reasons.length === 0) reasons.push('jerk-limit');
  const isClamped = positionsRad.some((position, joint) => position !== targetRad[joint]);
  if (isClamped && !reasons.includes('position-limit')) reasons.unshift('position-limit');
  if (passes) return { motion: direct, target, reasons };
  const accelerations = approachAccelerations(gap, wish, { limits, speedLimits }, stepS);
  return { motion: advance(motion, accelerations, allowed, step), target, reasons };
}

/** One step of a stop on the path, with the whole of the limits. */
export function brake(motion: Motion, limits: JointLimits, stepS: number): Motion {
  const standing = motionTo(motion.positionsRad, motion, stepS);
  const step = { limits, speedLimits: limits.velocityRadPerS, stepS };
  if (canRest(standing, motion, step)) return standing;
  const accelerations = stopAccelerations(motion, limits, stepS);
  return advance(motion, accelerations, allowedPositions(motion.positionsRad, limits), step);
}

/** At rest: what every motion starts from. */
export function standingAt(positionsRad: Float64Array): Motion {
  const { length } = positionsRad;
  return {
    positionsRad,
    velocitiesRadPerS: new Float64Array(length),
    accelerationsRadPerS2: new Float64Array(length),
  };
}

export function isStill({ velocitiesRadPerS, accelerationsRadPerS2 }: Motion): boolean {
  return velocitiesRadPerS.every(isZero) && accelerationsRadPerS2.every(isZero);
}

function isZero(value: number): boolean {
  return value === 0;
}

/** Whether all joints may stand still at once, and go on standing still with the step after. */
function canRest(standing: Motion, motion: Motion, step: StepLimits): boolean {
  const { position, velocity, acceleration, jerk } = objectionsTo(standing, motion, step);
  if (position || velocity || acceleration || jerk) return false;
  return standing.accelerationsRadPerS2.every((value, joint) => {
    const { jerkRadPerS3 } = step.limits.brakes[joint] as BrakeLimits;
    return Math.abs(value) <= jerkRadPerS3 * step.stepS;
  });
}

/** The motion of a command after another: its differences, counted as an observer of the commands does. */
function motionTo(positionsRad: Float64Array, motion: Motion, stepS: number): Motion {
  const velocitiesRadPerS = new Float64Array(positionsRad.length);
  const accelerationsRadPerS2 = new Float64Array(positionsRad.length);
  for (let joint = 0; joint < positionsRad.length; joint += 1) {
    const velocity = (at(positionsRad, joint) - at(motion.positionsRad, joint)) / stepS;
    velocitiesRadPerS[joint] = velocity;
    accelerationsRadPerS2[joint] = (velocity - at(motion.velocitiesRadPerS, joint)) / stepS;
  }
  return { positionsRad, velocitiesRadPerS, accelerationsRadPerS2 };
}

/**
 * How fast the target moves in the long run, rad/s: the smaller of its last two velocities, so that a target that
 * jumps once counts as standing still.
 */
function steadyVelocities(
  { velocitiesRadPerS }: TargetMemory,
  before: TargetMemory | undefined,
  speedLimits: Float64Array,
): Float64Array {
  return velocitiesRadPerS.map((velocity, joint) => {
    const earlier = before === undefined ? 0 : at(before.velocitiesRadPerS, joint);
    if (velocity * earlier <= 0) return 0;
    return Math.sign(velocity) * Math.min(Math.abs(velocity), Math.abs(earlier), at(speedLimits, joint));
  });
}

/** The limits that stand against the direct motion; empty when it is within all of them. */
function reasonsAgainst(direct: Motion, motion: Motion, step: StepLimits): Reason[] {
  const found = objectionsTo(direct, motion, step);
  const reasons: Reason[] = [];
  if (found.position) reasons.push('position-limit');
  if (found.velocity) reasons.push('velocity-limit');
  if (found.acceleration) reasons.push('acceleration-limit');
  if (found.jerk) reasons.push('jerk-limit');
  return reasons;
}

/**
 * Whether the direct motion may be taken for arriving, so that a target that goes on as it does is followed from
 * here on. A joint that was on a moving target stays on it. Any other one must be able to take on the target's
 * velocity with the next step, and to keep it with the one after.
 */
function lands(
  direct: Motion,
  gap: Gap,
  { motion, before }: { readonly motion: Motion; readonly before: TargetMemory | undefined },
  { limits, stepS }: StepLimits,
): boolean {
  return gap.gapsRad.every((gapRad, joint) => {
    const isOnTarget =
      before !== undefined &&
      before.positionsRad[joint] === motion.positionsRad[joint] &&
      before.velocitiesRadPerS[joint] !== 0;
    if (isOnTarget) return true;
    const { accelerationRadPerS2: most, jerkRadPerS3: jerk } = limits.brakes[joint] as BrakeLimits;
    const tick = jerk * stepS;
    const back = -gapRad / (stepS * stepS);
    return Math.abs(back) <= Math.min(most, tick) && Math.abs(back - at(direct.accelerationsRadPerS2, joint)) <= tick;
  });
}

/** The step with these accelerations, or the nearest that the limits allow. */
function advance(motion: Motion, accelerationsRadPerS2: Float64Array, allowed: Range, step: StepLimits): Motion {
  const range = accelerationRange(motion, step.limits, step.stepS);
  const positionsRad = motion.positionsRad.map((position, joint) => {
    const wished = at(accelerationsRadPerS2, joint);
    const acceleration = Math.min(Math.max(wished, at(range.low, joint)), at(range.high, joint));
    return position + (at(motion.velocitiesRadPerS, joint) + acceleration * step.stepS) * step.stepS;
  });
  return motionTo(clampTo(positionsRad, allowed), motion, step.stepS);
}
