import { NS_PER_S } from '../core/clock.ts';

/** Tells how late the ticks of a run came, from their times alone: deadlines are whole periods since the first tick. */
export class TickLateness {
  readonly #rateHz: number;
  #startNs: number | undefined;
  #lastPeriod = -1;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  /** Lateness of the next tick, ms: behind the deadline after the last tick's, so that missed periods count. */
  next(timeNs: number): number {
    this.#startNs ??= timeNs;
    const dueS = (this.#lastPeriod + 1) / this.#rateHz;
    // A tick before its deadline shows that the first one was late by as much: deadlines are counted from where it should have been.
    this.#startNs = Math.min(this.#startNs, timeNs - dueS * NS_PER_S);
    const elapsedS = (timeNs - this.#startNs) / NS_PER_S;
    // Half a nanosecond, so that rounding does not put a punctual tick into the period before.
    this.#lastPeriod = Math.floor((elapsedS + 0.5e-9) * this.#rateHz);
    return Math.max(0, 1000 * (elapsedS - dueS));
  }
}
