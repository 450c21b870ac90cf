import { findObjections, nearestAcceleration } from './acceleration-range.ts';
import type { Objections, StepLimits } from './acceleration-range.ts';
import { Approach } from './approach.ts';
import type { Wish } from './approach.ts';
import type { BrakeLimits } from './braking.ts';
import { at } from './joint-limits.ts';
import type { JointLimits, Motion } from './joint-limits.ts';
import { nearestAllowed } from './position-limit.ts';
import type { Reason } from './reasons.ts';
import { findStopAccelerations } from './stop.ts';

/** The target of a step, and how it had moved. */
export interface TargetMemory {
  /** Inside the allowed positions, rad, shape (J). */
  readonly positionsRad: Float64Array;
  /** rad/s, shape (J). */
  readonly velocitiesRadPerS: Float64Array;
}

/** What one step leaves to the next: numbers that are overwritten, so that a step allocates nothing. */
export interface Course {
  readonly motion: Motion;
  readonly target: TargetMemory;
  /** False: no target was followed, and what stands there is none. */
  hasTarget: boolean;
}

export interface FollowLimits {
  /** rad/s, shape (J): the velocity limits times the share of them that may be used now. */
  readonly speedLimits: Float64Array;
  readonly stepS: number;
  /**
   * The target is where a motion within the limits is at the end of this step, so nobody asks whether the arm could stay
   * there.
   */
  readonly isPlanned: boolean;
}

const NO_REASONS: readonly Reason[] = [];

/** Makes steps within the limits of an arm. What it works on is its own and is overwritten at every call. */
export class Limiter {
  readonly #step: { -readonly [name in keyof StepLimits]: StepLimits[name] };
  readonly #wish: Wish;
  readonly #approach: Approach;
  readonly #accelerations: Float64Array;
  readonly #objections: Objections = { position: false, velocity: false, acceleration: false, jerk: false };

  constructor(limits: JointLimits) {
    const jointCount = limits.names.length;
    const { positionsRad, velocitiesRadPerS, accelerationsRadPerS2 } = blankMotion(jointCount);
    this.#step = { limits, speedLimits: limits.velocityRadPerS, stepS: 0 };
    this.#wish = { positionsRad, velocitiesRadPerS };
    this.#approach = new Approach(jointCount);
    this.#accelerations = accelerationsRadPerS2;
  }

  /**
   * One step towards a target: onto it, to the bit, where the limits allow that; otherwise on the straight line
   * to it, as far as they do. Whatever is asked, the step is one that `nearestAcceleration` allows.
   *
   * @param into is overwritten; another than `from`.
   * @returns why the target did not pass unchanged; empty when it did.
   */
  follow(targetRad: Float64Array, from: Course, limits: FollowLimits, into: Course): readonly Reason[] {
    const step = this.#step;
    step.speedLimits = limits.speedLimits;
    step.stepS = limits.stepS;
    const isClamped = this.#take(targetRad, from, into.target);
    this.#guessWish(from, into.target);
    into.hasTarget = true;
    into.motion.positionsRad.set(into.target.positionsRad);
    countDifferences(into.motion, from.motion, step.stepS);
    this.#approach.look(this.#wish, from.motion, step.stepS);

    findObjections(into.motion, from.motion, step, this.#objections);
    const isWithin = !isAny(this.#objections);
    const passes = isWithin && (limits.isPlanned || this.#lands(from, into.motion));
    if (passes && !isClamped) return NO_REASONS;
    const reasons = namesOf(this.#objections);
    if (!passes && reasons.length === 0) reasons.push('jerk-limit');
    if (isClamped && !reasons.includes('position-limit')) reasons.unshift('position-limit');
    if (passes) return reasons;
    this.#approach.findAccelerations(this.#wish, step, this.#accelerations);
    this.#advance(from.motion, into.motion);
    return reasons;
  }

  /** One step of a stop on the path, with the whole of the limits. @param into is overwritten; another than `motion`. */
  brake(motion: Motion, stepS: number, into: Motion): void {
    const step = this.#step;
    step.speedLimits = step.limits.velocityRadPerS;
    step.stepS = stepS;
    into.positionsRad.set(motion.positionsRad);
    countDifferences(into, motion, stepS);
    if (this.#canRest(into, motion)) return;
    findStopAccelerations(motion, step.limits, stepS, this.#accelerations);
    this.#advance(motion, into);
  }

  /** Takes on a target, inside the allowed positions. True when it was not inside. */
  #take(targetRad: Float64Array, { motion, target: before, hasTarget }: Course, target: TargetMemory): boolean {
    const { limits, stepS } = this.#step;
    // A source that begins is taken to have stood where the arm is.
    const earlierRad = hasTarget ? before.positionsRad : motion.positionsRad;
    let isClamped = false;
    for (let joint = 0; joint < earlierRad.length; joint += 1) {
      const wished = at(targetRad, joint);
      const position = nearestAllowed(wished, at(motion.positionsRad, joint), limits, joint);
      target.positionsRad[joint] = position;
      target.velocitiesRadPerS[joint] = (position - at(earlierRad, joint)) / stepS;
      isClamped ||= position !== wished;
    }
    return isClamped;
  }

  /**
   * How fast the target moves in the long run: the smaller of its last two velocities, so that a target that
   * jumps once counts as standing still.
   */
  #guessWish({ target: before, hasTarget }: Course, target: TargetMemory): void {
    const { positionsRad, velocitiesRadPerS } = this.#wish;
    positionsRad.set(target.positionsRad);
    for (let joint = 0; joint < positionsRad.length; joint += 1) {
      const velocity = at(target.velocitiesRadPerS, joint);
      const earlier = hasTarget ? at(before.velocitiesRadPerS, joint) : 0;
      const speed = Math.min(Math.abs(velocity), Math.abs(earlier), at(this.#step.speedLimits, joint));
      velocitiesRadPerS[joint] = velocity * earlier <= 0 ? 0 : Math.sign(velocity) * speed;
    }
  }

  /** Whether all joints may stand still at once, and go on standing still with the step after. */
  #canRest(standing: Motion, motion: Motion): boolean {
    const { limits, stepS } = this.#step;
    findObjections(standing, motion, this.#step, this.#objections);
    if (isAny(this.#objections)) return false;
    for (let joint = 0; joint < limits.brakes.length; joint += 1) {
      const { jerkRadPerS3 } = limits.brakes[joint] as BrakeLimits;
      if (!(Math.abs(at(standing.accelerationsRadPerS2, joint)) <= jerkRadPerS3 * stepS)) return false;
    }
    return true;
  }

  /**
   * Whether the direct motion may be taken for arriving, so that a target that goes on as it does is followed from
   * here on. A joint that was on a moving target stays on it. Any other one must be able to take on the target's
   * velocity with the next step, and to keep it with the one after.
   */
  #lands({ motion, target: before, hasTarget }: Course, direct: Motion): boolean {
    const { limits, stepS } = this.#step;
    for (let joint = 0; joint < limits.brakes.length; joint += 1) {
      const isOnTarget =
        hasTarget && before.positionsRad[joint] === motion.positionsRad[joint] && before.velocitiesRadPerS[joint] !== 0;
      if (isOnTarget) continue;
      const { accelerationRadPerS2: most, jerkRadPerS3: jerk } = limits.brakes[joint] as BrakeLimits;
      const tick = jerk * stepS;
      const back = -at(this.#approach.gapsRad, joint) / (stepS * stepS);
      const change = Math.abs(back - at(direct.accelerationsRadPerS2, joint));
      if (!(Math.abs(back) <= Math.min(most, tick) && change <= tick)) return false;
    }
    return true;
  }

  /** The step with the accelerations that were found, or the nearest that the limits allow. */
  #advance(motion: Motion, into: Motion): void {
    const step = this.#step;
    for (let joint = 0; joint < this.#accelerations.length; joint += 1) {
      const position = at(motion.positionsRad, joint);
      const acceleration = nearestAcceleration(at(this.#accelerations, joint), joint, motion, step);
      const next = position + (at(motion.velocitiesRadPerS, joint) + acceleration * step.stepS) * step.stepS;
      into.positionsRad[joint] = nearestAllowed(next, position, step.limits, joint);
    }
    countDifferences(into, motion, step.stepS);
  }
}

/** A course of no motion yet, to be filled. */
export function blankCourse(jointCount: number): Course {
  const { positionsRad, velocitiesRadPerS } = blankMotion(jointCount);
  return { motion: blankMotion(jointCount), target: { positionsRad, velocitiesRadPerS }, hasTarget: false };
}

/** A motion to be filled. */
export function blankMotion(jointCount: number): Motion {
  return standingAt(new Float64Array(jointCount));
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
  for (let joint = 0; joint < velocitiesRadPerS.length; joint += 1) {
    if (velocitiesRadPerS[joint] !== 0 || accelerationsRadPerS2[joint] !== 0) return false;
  }
  return true;
}

/** Fills in how a motion has come to its positions: differences, counted as an observer of the commands does. */
function countDifferences(next: Motion, motion: Motion, stepS: number): void {
  for (let joint = 0; joint < next.positionsRad.length; joint += 1) {
    const velocity = (at(next.positionsRad, joint) - at(motion.positionsRad, joint)) / stepS;
    next.velocitiesRadPerS[joint] = velocity;
    next.accelerationsRadPerS2[joint] = (velocity - at(motion.velocitiesRadPerS, joint)) / stepS;
  }
}

function isAny({ position, velocity, acceleration, jerk }: Objections): boolean {
  return position || velocity || acceleration || jerk;
}

function namesOf({ position, velocity, acceleration, jerk }: Objections): Reason[] {
  const reasons: Reason[] = [];
  if (position) reasons.push('position-limit');
  if (velocity) reasons.push('velocity-limit');
  if (acceleration) reasons.push('acceleration-limit');
  if (jerk) reasons.push('jerk-limit');
  return reasons;
}
