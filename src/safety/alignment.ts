import type { RobotSpec } from '../robot/robot-spec.ts';
import { at } from './joint-limits.ts';

/** Speed at which an arm goes to a source that is elsewhere, as a share of the velocity limits: slow enough to step in. */
const ALIGNING_SPEED = 0.25;
/** A target that the arm reaches within so many gate periods at full speed is where the arm is. */
const ALIGNED_PERIODS = 2;

/**
 * Bumpless hand-over: whoever begins to command takes the arm from where it was last sent. Until the arm has caught
 * up with the first targets it moves slowly and in a straight line; a source that begins where the arm is, as a
 * policy does that has looked at it, is followed at once.
 */
export class Alignment {
  readonly #reachRad: Float64Array;
  #isPending = false;

  constructor(robot: RobotSpec) {
    const periodsS = ALIGNED_PERIODS / robot.rates.gateHz;
    this.#reachRad = Float64Array.from(robot.joints, ({ limits }) => limits.velocityRadPerS * periodsS);
  }

  get isPending(): boolean {
    return this.#isPending;
  }

  /** The next target is the first one of a source. */
  begin(isPending = true): void {
    this.#isPending = isPending;
  }

  /** What to multiply the velocity limits by on the way from the last command to the target; rad, shape (J). */
  factor(targetRad: Float64Array, commandRad: Float64Array): number {
    if (!this.#isPending) return 1;
    for (let joint = 0; joint < this.#reachRad.length; joint += 1) {
      const gapRad = Math.abs(at(targetRad, joint) - at(commandRad, joint));
      if (!(gapRad <= at(this.#reachRad, joint))) return ALIGNING_SPEED;
    }
    this.#isPending = false;
    return 1;
  }
}
