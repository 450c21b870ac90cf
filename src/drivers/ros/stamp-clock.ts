import { NS_PER_S } from '../../core/clock.ts';

/** How long an offset is remembered, ns: longer than any pause of a link, shorter than clocks drift by a millisecond. */
const WINDOW_NS = 10 * NS_PER_S;
const SLICES = 5;

/**
 * Stamps of a robot's clock as monotonic time of this machine. The message that was fastest in the last seconds is
 * taken to have needed no time, so that ages are too small by the least delay of the link and never negative. A robot's
 * clock that is set forward is followed at once; one that is set back makes its states look old until the window has
 * passed, which is for the gate to judge.
 */
export class StampClock {
  /** Least difference between arrival and stamp in each slice of the window, newest last. */
  readonly #slices: { readonly startNs: number; leastNs: number }[] = [];

  /** Monotonic ns. @param stampNs of the robot's clock. @param arrivedNs monotonic. */
  toMonotonic(stampNs: number, arrivedNs: number): number {
    const offsetNs = arrivedNs - stampNs;
    const newest = this.#slices.at(-1);
    if (newest === undefined || arrivedNs - newest.startNs > WINDOW_NS / SLICES) {
      this.#slices.push({ startNs: arrivedNs, leastNs: offsetNs });
      while (arrivedNs - (this.#slices[0]?.startNs ?? arrivedNs) > WINDOW_NS) this.#slices.shift();
    } else newest.leastNs = Math.min(newest.leastNs, offsetNs);
    // Times since the epoch are exact to 0.3 us only.
    return Math.min(stampNs + this.#offsetNs, arrivedNs);
  }

  /** What the robot's clock shows now, as far as is known; undefined before the first message. */
  toRobot(nowNs: number): number | undefined {
    return this.#slices.length === 0 ? undefined : nowNs - this.#offsetNs;
  }

  get #offsetNs(): number {
    return Math.min(...this.#slices.map(({ leastNs }) => leastNs));
  }
}
