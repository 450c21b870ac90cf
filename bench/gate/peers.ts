import { jointLimits } from '../../src/safety/joint-limits.ts';
import type { JointLimits } from '../../src/safety/joint-limits.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';

/**
 * How a known program limits joint position commands, stated anew from what is published of it, for an arm that is
 * always exactly where it was last sent. Undefined where the program refuses to command anything.
 */
export interface Peer {
  readonly name: string;
  limit(targetRad: Float64Array, stepS: number): Float64Array | undefined;
  /** The arm stands still at this position. */
  rest(positionsRad: Float64Array): void;
}

export function makePeers(robot: RobotSpec): Peer[] {
  const limits = jointLimits(robot);
  return [
    new RateLimiter('libfranka limitRate', limits, () => Infinity),
    new RateLimiter('libfranka limitRate, velocity by position', limits, brakingSpeed),
    new RangeLimiter(limits),
    new RelativeLimiter(),
  ];
}

/** libfranka's position dependent limits have this form; here with the constants that fit the robot. */
function brakingSpeed(distanceRad: number, accelerationRadPerS2: number): number {
  return Math.sqrt(2 * accelerationRadPerS2 * Math.max(0, distanceRad));
}

/** libfranka: velocity, acceleration and jerk limited one after the other; values that are not finite abort the motion. */
class RateLimiter implements Peer {
  readonly name: string;
  readonly #limits: JointLimits;
  readonly #speedAt: (distanceRad: number, accelerationRadPerS2: number) => number;
  #positions: Float64Array;
  #velocities: Float64Array;
  #accelerations: Float64Array;

  constructor(name: string, limits: JointLimits, speedAt: (distanceRad: number, acceleration: number) => number) {
    this.name = name;
    this.#limits = limits;
    this.#speedAt = speedAt;
    this.#positions = new Float64Array(limits.names.length);
    this.#velocities = this.#positions.slice();
    this.#accelerations = this.#positions.slice();
  }

  rest(positionsRad: Float64Array): void {
    this.#positions = positionsRad.slice();
    this.#velocities.fill(0);
    this.#accelerations.fill(0);
  }

  limit(targetRad: Float64Array, stepS: number): Float64Array | undefined {
    if (!targetRad.every(Number.isFinite)) {
      this.rest(this.#positions);
      return undefined;
    }
    for (let joint = 0; joint < targetRad.length; joint += 1) this.#limitJoint(joint, targetRad[joint] ?? NaN, stepS);
    return this.#positions.slice();
  }

  #limitJoint(joint: number, target: number, stepS: number): void {
    const position = this.#positions[joint] ?? NaN;
    const velocity = this.#velocities[joint] ?? NaN;
    const acceleration = this.#accelerations[joint] ?? NaN;
    const { accelerationRadPerS2: most, jerkRadPerS3: jerk } = this.#limits.rates[joint] ?? {
      accelerationRadPerS2: NaN,
      jerkRadPerS3: NaN,
    };
    const speed = this.#limits.velocityRadPerS[joint] ?? NaN;
    const up = Math.min(speed, this.#speedAt((this.#limits.softHighRad[joint] ?? NaN) - position, most));
    const down = Math.min(speed, this.#speedAt(position - (this.#limits.softLowRad[joint] ?? NaN), most));
    // Made for a fixed period of 1 ms; for longer steps the pull back to the speed limit must not exceed what is left.
    const gain = Math.min(jerk / most, 1 / stepS);
    const asked = ((target - position) / stepS - velocity) / stepS;
    const byJerk = acceleration + clamp((asked - acceleration) / stepS, -jerk, jerk) * stepS;
    const next = clamp(byJerk, Math.max(gain * (-down - velocity), -most), Math.min(gain * (up - velocity), most));
    this.#accelerations[joint] = next;
    this.#velocities[joint] = velocity + next * stepS;
    this.#positions[joint] = position + (velocity + next * stepS) * stepS;
  }
}

/** ros2_control's range limiter for position commands: no jerk, and a value that is not a number passes. */
class RangeLimiter implements Peer {
  readonly name = 'ros2_control position range';
  readonly #limits: JointLimits;
  #positions: Float64Array;
  #velocities: Float64Array;

  constructor(limits: JointLimits) {
    this.#limits = limits;
    this.#positions = new Float64Array(limits.names.length);
    this.#velocities = this.#positions.slice();
  }

  rest(positionsRad: Float64Array): void {
    this.#positions = positionsRad.slice();
    this.#velocities.fill(0);
  }

  limit(targetRad: Float64Array, stepS: number): Float64Array {
    const { softLowRad, softHighRad, velocityRadPerS, rates } = this.#limits;
    const commanded = targetRad.map((target, joint) => {
      const position = this.#positions[joint] ?? NaN;
      const reachable = Math.abs(this.#velocities[joint] ?? NaN) + (rates[joint]?.accelerationRadPerS2 ?? NaN) * stepS;
      const change = Math.min(velocityRadPerS[joint] ?? NaN, reachable) * stepS;
      const inRange = clamp(target, softLowRad[joint] ?? NaN, softHighRad[joint] ?? NaN);
      return clamp(inRange, position - change, position + change);
    });
    // A command that is not a number does not spoil what the limiter remembers.
    if (commanded.every(Number.isFinite)) {
      this.#velocities = commanded.map((position, joint) => (position - (this.#positions[joint] ?? NaN)) / stepS);
      this.#positions = commanded;
    }
    return commanded;
  }
}

/** LeRobot's max_relative_target, which is off unless set: a cap per call, however long the step. */
class RelativeLimiter implements Peer {
  readonly name = 'LeRobot max_relative_target 0.05';
  #positions = new Float64Array(0);

  rest(positionsRad: Float64Array): void {
    this.#positions = positionsRad.slice();
  }

  limit(targetRad: Float64Array): Float64Array {
    const commanded = targetRad.map((target, joint) => {
      const position = this.#positions[joint] ?? NaN;
      return position + clamp(target - position, -0.05, 0.05);
    });
    if (commanded.every(Number.isFinite)) this.#positions = commanded;
    return commanded;
  }
}

/** As the languages of these programs do it: what is not a number stays so. */
function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
