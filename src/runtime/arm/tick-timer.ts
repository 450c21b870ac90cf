import type { Clock } from '../../core/clock.ts';

/** The last stretch before a deadline is spun: the system wakes a sleeping thread about 0.1 ms late. */
const SPIN_NS = 200_000;
/** Between two looks at the clock while it spins, some microseconds: what a look allocates adds up to garbage. */
const IDLE_READS = 1000;

/** What is begun so long before a tick that it has happened when the tick begins. */
export interface AheadOfTick {
  /** Asked at every tick: it may change. */
  readonly leadNs: number;
  /** Must be quick, and throw nothing. */
  readonly act: () => void;
}

export interface TickTime {
  /** When the tick began, monotonic ns. */
  nowNs: number;
  /** When it should have begun. */
  deadlineNs: number;
  /** Whole periods without a tick since the start. */
  skipped: number;
}

/**
 * Blocks a thread until the next of a row of absolute deadlines, so that lateness does not add up. A period
 * that was missed is skipped, never caught up with.
 */
export class TickTimer {
  readonly #clock: Clock;
  readonly #periodNs: number;
  readonly #ahead: AheadOfTick | undefined;
  readonly #asleep = new Int32Array(new SharedArrayBuffer(4));
  /** One object for all ticks, so that waiting allocates nothing. */
  readonly #time: TickTime;
  /** The deadline the next ones are counted from. */
  #baseNs: number;

  constructor(clock: Clock, periodNs: number, ahead?: AheadOfTick) {
    this.#clock = clock;
    this.#periodNs = periodNs;
    this.#ahead = ahead;
    const nowNs = clock.nowNs();
    this.#baseNs = nowNs;
    this.#time = { nowNs, deadlineNs: nowNs, skipped: 0 };
  }

  /** The returned object is the same at every call. */
  wait(): Readonly<TickTime> {
    const time = this.#time;
    const periodNs = this.#periodNs;
    let deadlineNs = this.#baseNs + periodNs;
    let nowNs = this.#clock.nowNs();
    // A clock that was set back must not silence the gate until it has caught up.
    if (deadlineNs - nowNs > 2 * periodNs) deadlineNs = nowNs + periodNs;
    const ahead = this.#ahead;
    if (ahead !== undefined) {
      this.#sleep(deadlineNs - nowNs - ahead.leadNs);
      ahead.act();
      nowNs = this.#clock.nowNs();
    }
    this.#sleep(deadlineNs - nowNs - SPIN_NS);
    nowNs = this.#clock.nowNs();
    while (nowNs < deadlineNs && deadlineNs - nowNs <= 2 * periodNs) {
      for (let read = 0; read < IDLE_READS; read += 1) Atomics.load(this.#asleep, 0);
      nowNs = this.#clock.nowNs();
    }
    const periodsLate = Math.max(0, (nowNs - deadlineNs) / periodNs);
    // Rounded, so that the next tick comes no less than half a period after this one.
    const missed = Math.round(periodsLate);
    this.#baseNs = deadlineNs + missed * periodNs;
    time.nowNs = nowNs;
    time.deadlineNs = deadlineNs + Math.floor(periodsLate) * periodNs;
    time.skipped += missed;
    return time;
  }

  #sleep(durationNs: number): void {
    if (durationNs > 0) Atomics.wait(this.#asleep, 0, 0, durationNs / 1e6);
  }
}
