import { landingAcceleration, reachAbove, stopAcceleration } from './braking.ts';
import type { BrakeLimits } from './braking.ts';
import { at } from './joint-limits.ts';
import type { JointLimits, Motion } from './joint-limits.ts';
import { largestWithin } from './solve.ts';
import { curveReach } from './velocity-curve.ts';
import type { VelocityCurve } from './velocity-curve.ts';

/** Rounding allowed on velocity, acceleration and jerk, relative: motion right at a limit passes unchanged. */
const ROUNDING = 1e-10;
/** Rounding of a position, relative: a target right at a soft limit is reached. */
const POSITION_ROUNDING = 2 * Number.EPSILON;

/** What one step is limited by. */
export interface StepLimits {
  readonly limits: JointLimits;
  /** rad/s, shape (J): the velocity limits times the share of them that may be used now. */
  readonly speedLimits: Float64Array;
  readonly stepS: number;
}

/**
 * The acceleration of the next step of a joint, rad/s^2, that is nearest to the one wished for among those after which
 * the joint is within its acceleration and jerk limits (less the reserve for rounding), within its velocity limit even
 * once the acceleration has been taken back to zero, and able to stop within its soft position limits, all the way slow
 * enough for where it is if its velocity limit depends on position. Each condition
 * alone allows a half line, because velocity, position and what a stop still needs all grow with the acceleration of the
 * step; `stopAcceleration` lies in all of them, so there always is one. A joint that stands beyond a soft limit may
 * only head back.
 */
export function nearestAcceleration(wished: number, joint: number, motion: Motion, step: StepLimits): number {
  const stop = stopAcceleration(
    at(motion.velocitiesRadPerS, joint),
    at(motion.accelerationsRadPerS2, joint),
    step.stepS,
    step.limits.brakes[joint] as BrakeLimits,
  );
  // Rounding alone can put an end of the range on the wrong side of the stop.
  ahead.look(motion, joint, 1, step);
  const high = Math.max(ahead.highest(), stop);
  ahead.look(motion, joint, -1, step);
  const low = Math.min(-ahead.highest(), stop);
  return Math.min(Math.max(wished, low), high);
}

/** What stands against a motion; false everywhere for one within all limits. */
export interface Objections {
  position: boolean;
  velocity: boolean;
  acceleration: boolean;
  jerk: boolean;
}

/**
 * Holds a motion against the limits themselves, without reserve: its differences are those of the commands.
 *
 * @param next one step after `motion`.
 * @param found is overwritten.
 */
export function findObjections(next: Motion, motion: Motion, step: StepLimits, found: Objections): void {
  const { limits, speedLimits, stepS } = step;
  found.position = found.velocity = found.acceleration = found.jerk = false;
  for (let joint = 0; joint < limits.names.length; joint += 1) {
    const { accelerationRadPerS2, jerkRadPerS3 } = limits.rates[joint] as BrakeLimits;
    const acceleration = at(next.accelerationsRadPerS2, joint);
    const change = Math.abs(acceleration - at(motion.accelerationsRadPerS2, joint));
    const speed = Math.abs(at(next.velocitiesRadPerS, joint));
    found.acceleration ||= !(Math.abs(acceleration) <= accelerationRadPerS2 * (1 + ROUNDING));
    found.jerk ||= !(change <= jerkRadPerS3 * stepS * (1 + ROUNDING));
    found.velocity ||= !(speed <= at(speedLimits, joint) * (1 + ROUNDING));
    for (let direction: Direction = 1; ; direction = -1) {
      ahead.look(motion, joint, direction, step);
      // What is too fast anyway may also be too fast to stop: asked of the fastest that the rates allow.
      const rated = Math.min(direction * acceleration, ahead.fastest());
      found.velocity ||= !ahead.keepsSpeed(rated) || !ahead.keepsCurve(rated);
      found.position ||= !ahead.keepsPosition(rated);
      if (direction < 0) break;
    }
  }
}

type Direction = 1 | -1;

/** One joint and its limits in one direction; the other direction is its mirror image. */
class LimitAhead {
  #stepS = 0;
  #rates: BrakeLimits = { accelerationRadPerS2: 0, jerkRadPerS3: 0 };
  #brake = this.#rates;
  #velocity = 0;
  #acceleration = 0;
  #speedLimit = 0;
  /** Distance to the soft limit, rad; negative beyond it. */
  #room = 0;
  /** Undefined: the velocity limit is the same everywhere. */
  #curve: VelocityCurve | undefined;
  /** Distance to the end that the curve counts from, rad. */
  #curveRoom = 0;

  look(motion: Motion, joint: number, direction: Direction, { limits, stepS }: StepLimits): void {
    const { softLowRad, softHighRad, velocityRadPerS, velocityCurves, rates, brakes } = limits;
    const position = at(motion.positionsRad, joint);
    this.#stepS = stepS;
    this.#rates = rates[joint] as BrakeLimits;
    this.#brake = brakes[joint] as BrakeLimits;
    this.#velocity = direction * at(motion.velocitiesRadPerS, joint);
    this.#acceleration = direction * at(motion.accelerationsRadPerS2, joint);
    this.#speedLimit = at(velocityRadPerS, joint) * (1 + ROUNDING);
    const limit = direction > 0 ? at(softHighRad, joint) : at(softLowRad, joint);
    const room = direction * (limit - position);
    this.#room = room < 0 ? room : room + POSITION_ROUNDING * Math.abs(limit);
    const curve = velocityCurves[joint];
    this.#curve = curve;
    if (curve === undefined) return;
    const end = direction > 0 ? curve.highRad : curve.lowRad;
    this.#curveRoom = direction * (end - position) + POSITION_ROUNDING * Math.abs(end);
  }

  /** The largest acceleration of planned motion. */
  highest(): number {
    const { accelerationRadPerS2: most, jerkRadPerS3: jerk } = this.#brake;
    const tick = jerk * this.#stepS;
    const high = Math.min(this.#acceleration + tick, most, this.#towardsSpeedLimit());
    if (this.#room < 0) return Math.min(high, this.#landing());
    const low = Math.max(this.#acceleration - tick, -most);
    return largestWithin(this.#curve === undefined ? this.#excess : this.#worstExcess, low, high);
  }

  /** The largest acceleration that jerk and acceleration limits allow. */
  fastest(): number {
    const { accelerationRadPerS2: most, jerkRadPerS3: jerk } = this.#rates;
    return Math.min(this.#acceleration + jerk * this.#stepS, most) * (1 + ROUNDING);
  }

  keepsSpeed(acceleration: number): boolean {
    return acceleration <= this.#towardsSpeedLimit();
  }

  keepsPosition(acceleration: number): boolean {
    return this.#room < 0 ? acceleration <= this.#landing() : this.#excess(acceleration) <= 0;
  }

  /** How far a stop after a step with this acceleration would end beyond the limit, rad. */
  readonly #excess = (acceleration: number): number => {
    const velocity = this.#velocity + acceleration * this.#stepS;
    return velocity * this.#stepS + reachAbove(velocity, acceleration, this.#brake) - this.#room;
  };

  /** Whether the velocity limit by position holds now and during a stop. A joint beyond a soft limit heads back anyway. */
  keepsCurve(acceleration: number): boolean {
    return this.#curve === undefined || this.#room < 0 || this.#curveExcess(acceleration, this.#curve) <= 0;
  }

  readonly #worstExcess = (acceleration: number): number => {
    const excess = this.#excess(acceleration);
    return this.#curve === undefined ? excess : Math.max(excess, this.#curveExcess(acceleration, this.#curve));
  };

  #curveExcess(acceleration: number, curve: VelocityCurve): number {
    const velocity = this.#velocity + acceleration * this.#stepS;
    return velocity * this.#stepS + curveReach(velocity, acceleration, this.#brake, curve) - this.#curveRoom;
  }

  #towardsSpeedLimit(): number {
    const change = this.#speedLimit - this.#velocity;
    return change >= 0 ? landingAcceleration(change, this.#stepS, this.#brake.jerkRadPerS3) : change / this.#stepS;
  }

  #landing(): number {
    return landingAcceleration(-this.#velocity, this.#stepS, this.#brake.jerkRadPerS3);
  }
}

/** For all calls, so that a tick allocates nothing: what it is told is forgotten with the next look. */
const ahead = new LimitAhead();
