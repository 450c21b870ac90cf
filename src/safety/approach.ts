import type { StepLimits } from './acceleration-range.ts';
import { landingAcceleration, stopDisplacement } from './braking.ts';
import type { BrakeLimits } from './braking.ts';
import { at } from './joint-limits.ts';
import type { Motion } from './joint-limits.ts';
import { largestWithin } from './solve.ts';
import { findStopAccelerations } from './stop.ts';
import type { Rates } from './stop.ts';

/** Where a target will be at the end of the step, and how it moves. */
export interface Wish {
  /** Inside the allowed positions, rad, shape (J). */
  readonly positionsRad: Float64Array;
  /** rad/s, shape (J); zero for a target that stands still. */
  readonly velocitiesRadPerS: Float64Array;
}

/**
 * The way of an arm to a target that moves at constant velocity, seen from the target, in which the arm has to come to
 * rest. Filled anew for each step; the arrays have shape (J).
 */
export class Approach {
  /** What separated arm and target when the step began, rad. */
  readonly gapsRad: Float64Array;
  /** Of the arm relative to the target. */
  readonly #rates: Rates;
  /** What of these leads off the straight line of the gap. */
  readonly #across: Rates;
  readonly #line = new Line();

  constructor(jointCount: number) {
    this.gapsRad = new Float64Array(jointCount);
    this.#rates = ratesOf(jointCount);
    this.#across = ratesOf(jointCount);
  }

  /** Looks from the target of a wish at a motion. */
  look(wish: Wish, motion: Motion, stepS: number): void {
    const { velocitiesRadPerS, accelerationsRadPerS2 } = this.#rates;
    for (let joint = 0; joint < this.gapsRad.length; joint += 1) {
      const velocity = at(wish.velocitiesRadPerS, joint);
      this.gapsRad[joint] = at(wish.positionsRad, joint) - at(motion.positionsRad, joint) - velocity * stepS;
      velocitiesRadPerS[joint] = at(motion.velocitiesRadPerS, joint) - velocity;
      accelerationsRadPerS2[joint] = at(motion.accelerationsRadPerS2, joint);
    }
  }

  /**
   * Accelerations, rad/s^2, of the next step of a quickest approach that ends at rest beside the target, without
   * overshooting it. The arm goes along the straight line of the gap, all joints in proportion, as fast as the
   * slowest of them may: the largest acceleration after which a stop still ends on the target. What of
   * its motion leads off that line is braked away meanwhile.
   *
   * @param wish the one that was looked from.
   * @param into is overwritten, shape (J).
   */
  findAccelerations(wish: Wish, step: StepLimits, into: Float64Array): void {
    const { gapsRad } = this;
    const { velocitiesRadPerS, accelerationsRadPerS2 } = this.#rates;
    const square = dot(gapsRad, gapsRad);
    // Gaps so small that they cannot be divided by have no direction.
    if (!(square > Number.MIN_VALUE / Number.EPSILON)) {
      findStopAccelerations(this.#rates, step.limits, step.stepS, into);
      return;
    }
    const velocity = dot(velocitiesRadPerS, gapsRad) / square;
    const acceleration = dot(accelerationsRadPerS2, gapsRad) / square;
    const across = this.#across;
    for (let joint = 0; joint < gapsRad.length; joint += 1) {
      const gap = at(gapsRad, joint);
      across.velocitiesRadPerS[joint] = at(velocitiesRadPerS, joint) - velocity * gap;
      across.accelerationsRadPerS2[joint] = at(accelerationsRadPerS2, joint) - acceleration * gap;
    }
    this.#line.limit(gapsRad, wish, step);
    const along = this.#line.acceleration(velocity, acceleration, step.stepS);
    findStopAccelerations(across, step.limits, step.stepS, into);
    for (let joint = 0; joint < gapsRad.length; joint += 1) {
      into[joint] = along * at(gapsRad, joint) + at(into, joint);
    }
  }
}

function ratesOf(jointCount: number): Rates {
  return { velocitiesRadPerS: new Float64Array(jointCount), accelerationsRadPerS2: new Float64Array(jointCount) };
}

/** The straight line of a gap, in units of the gap, and what all joints together have left of their limits along it. */
class Line implements BrakeLimits {
  accelerationRadPerS2 = 0;
  jerkRadPerS3 = 0;
  #speed = 0;
  #velocity = 0;
  #stepS = 0;

  limit(gapsRad: Float64Array, wish: Wish, { limits, speedLimits }: StepLimits): void {
    this.#speed = this.accelerationRadPerS2 = this.jerkRadPerS3 = Infinity;
    for (let joint = 0; joint < gapsRad.length; joint += 1) {
      const gap = at(gapsRad, joint);
      if (gap === 0) continue;
      const brake = limits.brakes[joint] as BrakeLimits;
      const size = Math.abs(gap);
      const speedLeft = at(speedLimits, joint) - Math.sign(gap) * at(wish.velocitiesRadPerS, joint);
      this.#speed = Math.min(this.#speed, Math.max(0, speedLeft) / size);
      this.accelerationRadPerS2 = Math.min(this.accelerationRadPerS2, brake.accelerationRadPerS2 / size);
      this.jerkRadPerS3 = Math.min(this.jerkRadPerS3, brake.jerkRadPerS3 / size);
    }
  }

  /** Of the next step of the approach, where the gap is 1. */
  acceleration(velocity: number, acceleration: number, stepS: number): number {
    const { accelerationRadPerS2: most, jerkRadPerS3: jerk } = this;
    const lowest = Math.min(Math.max(acceleration - jerk * stepS, -most), most);
    const highest = Math.max(Math.min(acceleration + jerk * stepS, most), lowest);
    this.#velocity = velocity;
    this.#stepS = stepS;
    const arriving = largestWithin(this.#excess, lowest, highest);
    const change = this.#speed - velocity;
    const bySpeed = change >= 0 ? landingAcceleration(change, stepS, jerk) : change / stepS;
    return Math.max(lowest, Math.min(arriving, bySpeed));
  }

  /** How far beyond the target a stop after a step with this acceleration would end. */
  readonly #excess = (acceleration: number): number => {
    const next = this.#velocity + acceleration * this.#stepS;
    return next * this.#stepS + stopDisplacement(next, acceleration, this) - 1;
  };
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) sum += at(left, index) * at(right, index);
  return sum;
}
