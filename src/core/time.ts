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
