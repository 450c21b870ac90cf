import type { JointLimits, Motion } from './joint-limits.ts';
import { brake, isStill } from './limiter.ts';

/** A stop takes some twenty steps; only one that never ended would take more. */
const MOST_STEPS = 1000;

/** Where an arm would go if it were stopped, step by step. */
export class StopPath {
  /** Time between poses, s. */
  readonly stepS: number;
  readonly #limits: JointLimits;

  constructor(limits: JointLimits, stepS: number) {
    this.#limits = limits;
    this.stepS = stepS;
  }

  /** The previous command, a candidate, and the stop from it, rad, each of shape (J). Nobody may change them. */
  after(previousRad: Float64Array, candidate: Motion): readonly Float64Array[] {
    const path = [previousRad, candidate.positionsRad];
    let motion = candidate;
    for (let step = 0; step < MOST_STEPS && !isStill(motion); step += 1) {
      motion = brake(motion, this.#limits, this.stepS);
      path.push(motion.positionsRad);
    }
    return path;
  }
}
