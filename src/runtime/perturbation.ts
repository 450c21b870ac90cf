import type { Rng } from '../core/rng.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';

/**
 * Disturbances for demonstrations: what is executed differs from what the expert asked for, so that the
 * data shows how to come back from states an expert alone would never be in (Laskey et al. 2017, DART).
 */
export interface PerturbationOptions {
  /** Chance per control tick that a burst begins, [0, 1]. */
  readonly burstChance: number;
  /** Bursts last 2 up to this many ticks. */
  readonly burstTicks: number;
  /** Largest disturbance of a joint per tick, rad. */
  readonly amplitudeRad: number;
  /** Chance that an episode begins with a walk to a random pose, [0, 1]. */
  readonly wanderChance: number;
  /** Such a walk lasts 3 up to this many ticks. */
  readonly wanderTicks: number;
}

export const defaultPerturbation: PerturbationOptions = {
  burstChance: 0.08,
  burstTicks: 7,
  amplitudeRad: 0.09,
  wanderChance: 0.4,
  wanderTicks: 14,
};

/** One episode's disturbances, drawn from the given generator. */
export class Perturbation {
  readonly #robot: RobotSpec;
  readonly #options: PerturbationOptions;
  readonly #rng: Rng;
  #remainingTicks = 0;
  #offsetsRad: Float64Array;

  constructor(robot: RobotSpec, rng: Rng, options: PerturbationOptions = defaultPerturbation) {
    this.#robot = robot;
    this.#options = options;
    this.#rng = rng;
    this.#offsetsRad = new Float64Array(robot.joints.length);
    if (rng.uniform(0, 1) < options.wanderChance) this.#begin(3 + rng.integer(options.wanderTicks - 2));
  }

  /** What to execute instead of the target; rad, shape (J). During a disturbance the last command drifts instead. */
  apply(targetRad: Float64Array, commandRad: Float64Array): Float64Array {
    if (this.#remainingTicks === 0) {
      if (this.#rng.uniform(0, 1) >= this.#options.burstChance) return targetRad;
      this.#begin(2 + this.#rng.integer(this.#options.burstTicks - 1));
    }
    this.#remainingTicks -= 1;
    return commandRad.map((command, joint) => {
      const [low, high] = this.#robot.joints[joint]?.limits.positionRad ?? [command, command];
      return Math.min(high, Math.max(low, command + (this.#offsetsRad[joint] ?? 0)));
    });
  }

  #begin(ticks: number): void {
    const { amplitudeRad } = this.#options;
    this.#remainingTicks = ticks;
    this.#offsetsRad = Float64Array.from(this.#robot.joints, () => this.#rng.uniform(-amplitudeRad, amplitudeRad));
  }
}
