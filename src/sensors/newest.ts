import { NS_PER_MS } from '../core/clock.ts';
import type { Sampled } from '../core/observation.ts';

/**
 * Holds the newest value it was offered and nothing else. A value measured before the one it holds is dropped:
 * time in an observation never runs backwards.
 */
export class Newest<T extends { readonly stampNs: number }> {
  readonly #blank: T;
  readonly #timeoutNs: number;
  #value: T | undefined;

  /**
   * @param blank what it holds until the first value arrives; never fresh.
   * @param timeoutMs a value older than this is stale.
   */
  constructor(blank: T, timeoutMs: number) {
    this.#blank = blank;
    this.#timeoutNs = timeoutMs * NS_PER_MS;
  }

  offer(value: T): void {
    if (value.stampNs >= (this.#value?.stampNs ?? -Infinity)) this.#value = value;
  }

  /** The newest value as of `nowNs`, with its age; the blank, infinitely old, before the first. */
  sample(nowNs: number): Sampled<T> {
    if (this.#value === undefined) return { value: this.#blank, ageNs: Infinity, fresh: false };
    const ageNs = nowNs - this.#value.stampNs;
    return { value: this.#value, ageNs, fresh: ageNs <= this.#timeoutNs };
  }

  /** Forgets its value: the next one counts whatever its stamp. */
  clear(): void {
    this.#value = undefined;
  }
}
