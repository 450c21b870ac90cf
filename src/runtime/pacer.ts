import type { Clock, VirtualClock } from '../core/clock.ts';

/** Says when the next gate tick is. */
export interface Pacer {
  /** Resolves at the next tick with its time, monotonic ns. The first tick is now. */
  nextTick(): Promise<number>;
  /** Forgets the last run: the next tick is a first one, and the counts start at zero. */
  reset(): void;
  /** How late each tick was, ns. Empty in lockstep. */
  readonly latenessNs: readonly number[];
  /** Periods that passed without a tick because the one before took too long. */
  readonly skippedTicks: number;
}

/** Lets the world go on by a duration, ns: one step of a simulation, a mirror arm's report. */
export type Advance = (durationNs: number) => void;

export interface LockstepPacerOptions {
  readonly clock: VirtualClock;
  readonly periodNs: number;
  readonly advance: Advance;
}

/** Ticks between two breaths for timers and signals; a loop of settled promises alone would starve them. */
const TICKS_PER_BREATH = 50;

/** Virtual time: a tick takes no time, and one period passes in the world before each but the first. */
export class LockstepPacer implements Pacer {
  readonly latenessNs: readonly number[] = [];
  readonly skippedTicks = 0;
  readonly #options: LockstepPacerOptions;
  #ticks = 0;

  constructor(options: LockstepPacerOptions) {
    this.#options = options;
  }

  async nextTick(): Promise<number> {
    const { clock, periodNs, advance } = this.#options;
    if (this.#ticks > 0) {
      clock.advanceNs(periodNs);
      advance(periodNs);
    }
    this.#ticks += 1;
    if (this.#ticks % TICKS_PER_BREATH === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    return clock.nowNs();
  }

  reset(): void {
    this.#ticks = 0;
  }
}

/** Waits in real time. */
export interface Sleeper {
  sleepUntilNs(deadlineNs: number): Promise<void>;
}

export interface RealTimePacerOptions {
  readonly clock: Clock;
  readonly periodNs: number;
  readonly advance: Advance;
  readonly sleeper: Sleeper;
}

/**
 * Real time on absolute deadlines, so that lateness does not add up. A tick that comes a period or more
 * late takes the place of those it missed: they are counted, never caught up with.
 */
export class RealTimePacer implements Pacer {
  readonly #options: RealTimePacerOptions;
  #latenessNs: number[] = [];
  #skippedTicks = 0;
  #deadlineNs: number | undefined;

  constructor(options: RealTimePacerOptions) {
    this.#options = options;
  }

  get latenessNs(): readonly number[] {
    return this.#latenessNs;
  }

  get skippedTicks(): number {
    return this.#skippedTicks;
  }

  async nextTick(): Promise<number> {
    const { clock, periodNs, advance, sleeper } = this.#options;
    if (this.#deadlineNs === undefined) {
      this.#deadlineNs = clock.nowNs();
      return this.#deadlineNs;
    }
    const deadlineNs = this.#deadlineNs + periodNs;
    await sleeper.sleepUntilNs(deadlineNs);
    const nowNs = clock.nowNs();
    const missed = Math.max(0, Math.floor((nowNs - deadlineNs) / periodNs));
    this.#latenessNs.push(Math.max(0, nowNs - deadlineNs));
    this.#skippedTicks += missed;
    this.#deadlineNs = deadlineNs + missed * periodNs;
    advance((missed + 1) * periodNs);
    return nowNs;
  }

  reset(): void {
    this.#deadlineNs = undefined;
    this.#latenessNs = [];
    this.#skippedTicks = 0;
  }
}

/** Sleeps by the event loop: timers to the millisecond before the deadline, then turn by turn. */
export class TimerSleeper implements Sleeper {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async sleepUntilNs(deadlineNs: number): Promise<void> {
    for (;;) {
      const remainingMs = (deadlineNs - this.#clock.nowNs()) / 1e6;
      if (remainingMs <= 0) return;
      // A timer fires up to a millisecond late, so the last one is not slept through.
      const timerMs = Math.floor(remainingMs) - 1;
      await new Promise<void>((resolve) => {
        if (timerMs >= 1) setTimeout(resolve, timerMs);
        else setImmediate(resolve);
      });
    }
  }
}
