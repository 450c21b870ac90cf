import type { RobotSpec } from '../robot/robot-spec.ts';
import type { Range } from './acceleration-range.ts';
import { at, jointLimits } from './joint-limits.ts';
import type { JointLimits } from './joint-limits.ts';
import { allowedPositions } from './position-limit.ts';

/** Rounding of the sum of a command and a way, relative. */
const ROUNDING = 1e-9;

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
    const { low, high } = allowedPositions(commandRad, this.#limits);
    return {
      low: low.map((limit, joint) => Math.max(limit, at(commandRad, joint) - this.#furthestRad(joint))),
      high: high.map((limit, joint) => Math.min(limit, at(commandRad, joint) + this.#furthestRad(joint))),
    };
  }

  /**
   * Arrays in rad, of shape (J).
   * @param speedFactor in (0, 1]: the share of the velocity limits that may be used
   */
  includes(targetRad: Float64Array, commandRad: Float64Array, speedFactor = 1): boolean {
    const { low, high } = allowedPositions(commandRad, this.#limits);
    return targetRad.every((target, joint) => {
      const way = Math.abs(target - at(commandRad, joint));
      const isNear = way <= speedFactor * this.#furthestRad(joint) * (1 + ROUNDING);
      return isNear && target >= at(low, joint) && target <= at(high, joint);
    });
  }

  #furthestRad(joint: number): number {
    return at(this.#limits.velocityRadPerS, joint) * this.#periodS;
  }
}
