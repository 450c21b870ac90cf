export interface BackoffLimits {
  readonly firstMs: number;
  readonly longestMs: number;
}

export const BACKOFF_LIMITS: BackoffLimits = { firstMs: 100, longestMs: 8000 };

/** How long to wait before the next attempt: twice as long each time, each between half of that and all of it. */
export class Backoff {
  readonly #random: () => number;
  readonly #limits: BackoffLimits;
  #attempts = 0;

  /** @param random in [0, 1): so that many clients of one bridge do not come back at once. */
  constructor(random: () => number, limits: BackoffLimits = BACKOFF_LIMITS) {
    this.#random = random;
    this.#limits = limits;
  }

  /** ms. */
  next(): number {
    const { firstMs, longestMs } = this.#limits;
    const waitMs = Math.min(firstMs * 2 ** this.#attempts, longestMs);
    this.#attempts += 1;
    return waitMs * (0.5 + 0.5 * this.#random());
  }

  /** An attempt has succeeded. */
  reset(): void {
    this.#attempts = 0;
  }
}
