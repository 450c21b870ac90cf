import { NS_PER_S } from '../core/clock.ts';
import type { CommandMotion } from '../core/observation.ts';
import type { SentCommand } from '../drivers/driver.ts';

/** Counts how commands move as the gate does: by differences from tick to tick, at rest in the beginning. */
export class CommandDifferences {
  #last: SentCommand;
  #motion: CommandMotion;

  /** @param start where the arm is held, and since when. */
  constructor(start: SentCommand) {
    const { length } = start.positionsRad;
    this.#last = start;
    this.#motion = { velocitiesRadPerS: new Float64Array(length), accelerationsRadPerS2: new Float64Array(length) };
  }

  get motion(): CommandMotion {
    return this.#motion;
  }

  add(sent: SentCommand): void {
    const stepS = (sent.stampNs - this.#last.stampNs) / NS_PER_S;
    // The same command once more, or one of another clock, tells nothing.
    if (!(stepS > 0)) return;
    const before = this.#motion.velocitiesRadPerS;
    const velocitiesRadPerS = differences(sent.positionsRad, this.#last.positionsRad, stepS);
    this.#motion = { velocitiesRadPerS, accelerationsRadPerS2: differences(velocitiesRadPerS, before, stepS) };
    this.#last = sent;
  }
}

function differences(now: Float64Array, before: Float64Array, stepS: number): Float64Array {
  return now.map((value, joint) => (value - (before[joint] ?? value)) / stepS);
}
