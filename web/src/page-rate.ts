/** Of which time a rate is told, ms. */
const WINDOW_MS = 3000;

/** Counts how often the screen is drawn: pure, the times are given to it. */
export class PageRate {
  #timesMs: number[] = [];

  /** The screen is drawn at this time, ms. After a longer pause, as of a page that nobody saw, counting begins anew. */
  add(nowMs: number): void {
    if (nowMs - (this.#timesMs.at(-1) ?? nowMs) > WINDOW_MS) this.#timesMs = [];
    this.#timesMs.push(nowMs);
    while (nowMs - (this.#timesMs[0] ?? nowMs) > WINDOW_MS) this.#timesMs.shift();
  }

  /** Pictures a second over the last three seconds; 0 before there are two. */
  get rateHz(): number {
    const spanMs = (this.#timesMs.at(-1) ?? 0) - (this.#timesMs[0] ?? 0);
    return spanMs > 0 ? ((this.#timesMs.length - 1) * 1000) / spanMs : 0;
  }

  /** Longest time between two of them, ms. */
  get longestMs(): number {
    return this.#timesMs.reduce(
      (longest, time, index) => Math.max(longest, time - (this.#timesMs[index - 1] ?? time)),
      0,
    );
  }
}
