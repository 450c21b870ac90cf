import { NS_PER_MS } from '../../core/clock.ts';

export interface LivenessLimits {
  /** Commands wait for a sign of life that is younger than this: what a frozen peer got, it does later. */
  readonly doubtMs: number;
  /** A peer silent for so long is lost. */
  readonly lossMs: number;
}

export const LIVENESS_LIMITS: LivenessLimits = { doubtMs: 100, lossMs: 220 };

/** When a peer was heard last. Everything it sends counts, so that pings only matter where nothing else comes. */
export class Liveness {
  readonly #limits: LivenessLimits;
  #heardNs: number;

  /** @param nowNs when the connection was made, monotonic ns. */
  constructor(nowNs: number, limits: LivenessLimits = LIVENESS_LIMITS) {
    this.#heardNs = nowNs;
    this.#limits = limits;
  }

  hear(nowNs: number): void {
    this.#heardNs = nowNs;
  }

  silentMs(nowNs: number): number {
    return (nowNs - this.#heardNs) / NS_PER_MS;
  }

  mayCommand(nowNs: number): boolean {
    return this.silentMs(nowNs) <= this.#limits.doubtMs;
  }

  isLost(nowNs: number): boolean {
    return this.silentMs(nowNs) > this.#limits.lossMs;
  }
}
