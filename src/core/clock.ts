/** Nanoseconds per second; the factor between the clock's unit and the SI unit of physics. */
export const NS_PER_S = 1e9;
/** Nanoseconds per millisecond. */
export const NS_PER_MS = 1e6;

/**
 * Monotonic time in ns. A double holds monotonic ns exactly to 0.5 ns at 30 days of uptime,
 * so ns travel as `number`. Only differences between values of one clock mean anything.
 */
export interface Clock {
  nowNs(): number;
}

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
