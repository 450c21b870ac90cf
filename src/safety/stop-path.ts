import { copyMotion } from './joint-limits.ts';
import type { JointLimits, Motion } from './joint-limits.ts';
import { Limiter, blankMotion, isStill } from './limiter.ts';

/** A stop takes some twenty steps; only one that never ended would take more. */
const MOST_STEPS = 1000;

/** Where an arm would go if it were stopped, step by step. */
export class StopPath {
  /** Time between poses, s. */
  readonly stepS: number;
  readonly #jointCount: number;
  readonly #limiter: Limiter;
  /** The steps of the longest path so far; each path overwrites them. */
  readonly #motions: Motion[];
  /** The positions of so many of them, for paths of each length that occurred. */
  readonly #paths: (readonly Float64Array[] | undefined)[] = [];

  constructor(limits: JointLimits, stepS: number) {
    this.stepS = stepS;
    this.#jointCount = limits.names.length;
    this.#limiter = new Limiter(limits);
    this.#motions = [blankMotion(this.#jointCount), blankMotion(this.#jointCount)];
  }

  /**
   * The previous command, a candidate, and the stop from it, rad, each of shape (J). Nobody may change them, and the next
   * path overwrites them.
   */
  after(previousRad: Float64Array, candidate: Motion): readonly Float64Array[] {
    this.#motion(0).positionsRad.set(previousRad);
    let last = this.#motion(1);
    copyMotion(candidate, last);
    let count = 2;
    for (; count < MOST_STEPS + 2 && !isStill(last); count += 1) {
      const next = this.#motion(count);
      this.#limiter.brake(last, this.stepS, next);
      last = next;
    }
    return (this.#paths[count] ??= this.#motions.slice(0, count).map(({ positionsRad }) => positionsRad));
  }

  #motion(index: number): Motion {
    return (this.#motions[index] ??= blankMotion(this.#jointCount));
  }
}
