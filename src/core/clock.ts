import { NS_PER_S } from './time.ts';
import type { Clock } from './time.ts';

export { NS_PER_MS, NS_PER_S } from './time.ts';
export type { Clock } from './time.ts';

/** The clock of lockstep runs: it moves only when told to. */
export class VirtualClock implements Clock {
  #nowNs = 0;

  nowNs(): number {
    return this.#nowNs;
  }

  advanceNs(durationNs: number): void {
    this.#nowNs += durationNs;
  }
}

/** CLOCK_MONOTONIC: comparable across the threads and processes of one machine. */
export class MonotonicClock implements Clock {
  nowNs(): number {
    // Asked thousands of times in a row by who waits for a deadline: a bigint is garbage, these two numbers need not be.
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * NS_PER_S + nanoseconds;
  }
}
