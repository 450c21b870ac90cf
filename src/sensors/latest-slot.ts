import type { Observable, Subscription } from 'rxjs';
import { NS_PER_MS } from '../core/clock.ts';
import type { Sampled } from '../core/observation.ts';

export interface SlotOptions<T> {
  readonly source$: Observable<T>;
  /** What the slot holds until the first value arrives; never fresh. */
  readonly blank: T;
  /** A value older than this is stale. */
  readonly timeoutMs: number;
}

/**
 * Keeps the newest value of a source and nothing else. A value measured before the one it holds is
 * dropped: time in an observation never runs backwards.
 */
export class LatestSlot<T extends { readonly stampNs: number }> {
  readonly #blank: T;
  readonly #timeoutNs: number;
  readonly #subscription: Subscription;
  #newest: T | undefined;

  constructor(options: SlotOptions<T>) {
    this.#blank = options.blank;
    this.#timeoutNs = options.timeoutMs * NS_PER_MS;
    this.#subscription = options.source$.subscribe({
      next: (value) => {
        if (this.#newest === undefined || value.stampNs >= this.#newest.stampNs) this.#newest = value;
      },
      // Failures were reported where the source is retried; here they show as age.
      error: () => undefined,
    });
  }

  /** The newest value as of `nowNs`, with its age; the blank, infinitely old, before the first. */
  sample(nowNs: number): Sampled<T> {
    if (this.#newest === undefined) return { value: this.#blank, ageNs: Infinity, fresh: false };
    const ageNs = nowNs - this.#newest.stampNs;
    return { value: this.#newest, ageNs, fresh: ageNs <= this.#timeoutNs };
  }

  /** Forgets its value: the next one counts whatever its stamp. */
  clear(): void {
    this.#newest = undefined;
  }

  close(): void {
    this.#subscription.unsubscribe();
  }
}
