import { MonotonicClock, NS_PER_S } from '../../src/core/clock.ts';
import type { StepListener, StepRecord } from '../../src/runtime/step-listener.ts';

/** When episodes ended and the next ones began. */
export class EpisodeGaps implements StepListener {
  readonly name = 'gaps';
  longestGapS = 0;
  #lastRunningNs: number | undefined;
  readonly #clock = new MonotonicClock();

  onStep({ isRunning, gateTick }: StepRecord): void {
    const nowNs = this.#clock.nowNs();
    if (gateTick === 0 && this.#lastRunningNs !== undefined)
      this.longestGapS = Math.max(this.longestGapS, (nowNs - this.#lastRunningNs) / NS_PER_S);
    if (isRunning) this.#lastRunningNs = nowNs;
  }
}
