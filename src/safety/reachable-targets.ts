import type { RobotSpec } from '../robot/robot-spec.ts';
import { at, jointLimits } from './joint-limits.ts';
import type { JointLimits } from './joint-limits.ts';
import { highestAllowed, lowestAllowed } from './position-limit.ts';

/** Recorded targets are rounded to single precision, rad. */
const ROUNDING_RAD = 1e-6;

/** A closed range per joint, each of shape (J). */
export interface Range {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/**
 * Where the joints may be sent within one control period: inside the soft position limits, and no further than the
 * velocity limits go. A setpoint can get to such targets without the gate having to change anything on the way;
 * how gently it takes on the velocity is its own business.
 */
export class ReachableTargets {
  readonly #limits: JointLimits;
  readonly #periodS: number;

  constructor(robot: RobotSpec) {
    this.#limits = jointLimits(robot);
    this.#periodS = 1 / robot.rates.controlHz;
  }

  /** @param commandRad the last command sent, rad, shape (J). Targets in rad, each of shape (J). */
  range(commandRad: Float64Array): Range {
    return {
      low: commandRad.map((command, joint) => this.#lowest(command, joint, this.#furthestRad(joint))),
      high: commandRad.map((command, joint) => this.#highest(command, joint, this.#furthestRad(joint))),
    };
  }

  /**
   * Arrays in rad, of shape (J).
   * @param speedFactor in (0, 1]: the share of the velocity limits that may be used
   */
  includes(targetRad: Float64Array, commandRad: Float64Array, speedFactor = 1): boolean {
    return targetRad.every((target, joint) => {
      const command = at(commandRad, joint);
      const furthestRad = speedFactor * this.#furthestRad(joint);
      const low = this.#lowest(command, joint, furthestRad) - ROUNDING_RAD;
      return target >= low && target <= this.#highest(command, joint, furthestRad) + ROUNDING_RAD;
    });
  }

  #lowest(command: number, joint: number, furthestRad: number): number {
    return Math.max(lowestAllowed(command, this.#limits, joint), command - furthestRad);
  }

  #highest(command: number, joint: number, furthestRad: number): number {
    return Math.min(highestAllowed(command, this.#limits, joint), command + furthestRad);
  }

  #furthestRad(joint: number): number {
    return at(this.#limits.velocityRadPerS, joint) * this.#periodS;
  }
}
