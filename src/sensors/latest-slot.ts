import type { Observable, Subscription } from 'rxjs';
import type { Sampled } from '../core/observation.ts';
import { Newest } from './newest.ts';

export interface SlotOptions<T> {
  readonly source$: Observable<T>;
  /** What the slot holds until the first value arrives; never fresh. */
  readonly blank: T;
  /** A value older than this is stale. */
  readonly timeoutMs: number;
}

/** Keeps the newest value of a stream. */
export class LatestSlot<T extends { readonly stampNs: number }> {
  readonly #newest: Newest<T>;
  readonly #subscription: Subscription;

  constructor({ source$, blank, timeoutMs }: SlotOptions<T>) {
    this.#newest = new Newest(blank, timeoutMs);
    this.#subscription = source$.subscribe({
      next: (value) => this.#newest.offer(value),
      // Failures were reported where the source is retried; here they show as age.
      error: () => undefined,
    });
  }

  /** The newest value as of `nowNs`, with its age; the blank, infinitely old, before the first. */
  sample(nowNs: number): Sampled<T> {
    return this.#newest.sample(nowNs);
  }

  /** Forgets its value: the next one counts whatever its stamp. */
  clear(): void {
    this.#newest.clear();
  }

  close(): void {
    this.#subscription.unsubscribe();
  }
}
