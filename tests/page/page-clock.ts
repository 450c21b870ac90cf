import type { Page } from 'playwright-core';
import { MonotonicClock, NS_PER_MS } from '../../src/core/clock.ts';

/** How the clock of a page stands to the monotonic clock that all processes of the runtime share. */
export interface PageClock {
  /** Monotonic ns of a time of the page, as in performance.now() or the stamp of an event, ms. */
  toNs(pageMs: number): number;
  /** By how much that may be wrong, ns. */
  readonly uncertaintyNs: number;
}

const ROUNDS = 20;

/** Asks the page for its time again and again: the quickest answer tells it best. */
export async function readPageClock(page: Page): Promise<PageClock> {
  const clock = new MonotonicClock();
  let best = { offsetNs: 0, uncertaintyNs: Infinity };
  for (let round = 0; round < ROUNDS; round += 1) {
    const askedNs = clock.nowNs();
    const pageMs = await page.evaluate(() => performance.now());
    const answeredNs = clock.nowNs();
    const uncertaintyNs = (answeredNs - askedNs) / 2;
    if (uncertaintyNs < best.uncertaintyNs)
      best = { offsetNs: askedNs + uncertaintyNs - pageMs * NS_PER_MS, uncertaintyNs };
  }
  const { offsetNs, uncertaintyNs } = best;
  return { toNs: (pageMs) => offsetNs + pageMs * NS_PER_MS, uncertaintyNs };
}
