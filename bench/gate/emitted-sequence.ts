import { NS_PER_S } from '../../src/core/clock.ts';
import { jointLimits } from '../../src/safety/joint-limits.ts';
import type { JointLimits } from '../../src/safety/joint-limits.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';

/** Largest value found, as a share of its limit: 1 is right at it. */
export interface WorstRatios {
  position: number;
  velocity: number;
  acceleration: number;
  jerk: number;
}

/**
 * Watches commands as someone on the wire would, knowing nothing of the gate: finite differences with the real
 * time between them. Position counts from the middle of the soft range, whose ends are 1.
 */
export class EmittedSequence {
  readonly worst: WorstRatios = { position: 0, velocity: 0, acceleration: 0, jerk: 0 };
  /** Commands with a value that is not a finite number. */
  nonFinite = 0;
  readonly #limits: JointLimits;
  #positions: Float64Array;
  readonly #velocities: Float64Array;
  readonly #accelerations: Float64Array;
  #timeNs: number;

  constructor(robot: RobotSpec, startRad: Float64Array, startNs: number) {
    this.#limits = jointLimits(robot);
    this.#positions = startRad.slice();
    this.#velocities = new Float64Array(startRad.length);
    this.#accelerations = new Float64Array(startRad.length);
    this.#timeNs = startNs;
  }

  /** The arm stands still where it was last sent: what follows is counted from there. */
  rest(timeNs: number): void {
    this.#velocities.fill(0);
    this.#accelerations.fill(0);
    this.#timeNs = timeNs;
  }

  /** A command. One with the stamp of the command before must be equal to it, and adds nothing. */
  add(positionsRad: Float64Array, stampNs: number): void {
    if (!positionsRad.every(Number.isFinite)) {
      this.nonFinite += 1;
      return;
    }
    const stepS = (stampNs - this.#timeNs) / NS_PER_S;
    if (!(stepS > 0)) {
      if (positionsRad.some((position, joint) => position !== this.#positions[joint])) this.worst.velocity = Infinity;
      return;
    }
    for (let joint = 0; joint < positionsRad.length; joint += 1)
      this.#addJoint(joint, positionsRad[joint] ?? NaN, stepS);
    this.#positions = positionsRad.slice();
    this.#timeNs = stampNs;
  }

  #addJoint(joint: number, position: number, stepS: number): void {
    const { softLowRad, softHighRad, rates } = this.#limits;
    const low = softLowRad[joint] ?? NaN;
    const high = softHighRad[joint] ?? NaN;
    const rate = rates[joint] ?? { accelerationRadPerS2: NaN, jerkRadPerS3: NaN };
    const velocity = (position - (this.#positions[joint] ?? NaN)) / stepS;
    const acceleration = (velocity - (this.#velocities[joint] ?? NaN)) / stepS;
    const jerk = (acceleration - (this.#accelerations[joint] ?? NaN)) / stepS;
    const { worst } = this;
    worst.position = Math.max(worst.position, Math.abs(2 * position - low - high) / (high - low));
    worst.velocity = Math.max(worst.velocity, Math.abs(velocity) / speedLimit(this.#limits, joint, position, velocity));
    worst.acceleration = Math.max(worst.acceleration, Math.abs(acceleration) / rate.accelerationRadPerS2);
    worst.jerk = Math.max(worst.jerk, Math.abs(jerk) / rate.jerkRadPerS3);
    this.#velocities[joint] = velocity;
    this.#accelerations[joint] = acceleration;
  }
}

/**
 * Of a joint that came to a position at a velocity, rad/s. Where the limit depends on position, that at the end of the step:
 * towards the ends it is the lower one.
 */
export function speedLimit(limits: JointLimits, joint: number, position: number, velocity: number): number {
  const speed = limits.velocityRadPerS[joint] ?? NaN;
  const curve = limits.velocityCurves[joint];
  if (curve === undefined || velocity === 0) return speed;
  const distance = velocity > 0 ? curve.highRad - position : position - curve.lowRad;
  const byPosition = Math.sqrt(Math.max(0, curve.slopeRadPerS2 * distance)) - curve.offsetRadPerS;
  return Math.max(0, Math.min(speed, byPosition));
}
