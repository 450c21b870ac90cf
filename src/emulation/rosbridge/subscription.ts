import type { RosMessage } from './message-codec.ts';

export interface ThrottleOptions {
  readonly throttleMs: number;
  readonly queueLength: number;
  readonly nowNs: () => number;
  readonly send: (message: RosMessage) => void;
}

/** Passes on at most one message per period; of what comes between, the newest `queueLength` wait, the others are dropped. */
export class ThrottledSubscription {
  readonly #options: ThrottleOptions;
  #waiting: RosMessage[] = [];
  #lastNs = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ThrottleOptions) {
    this.#options = options;
  }

  push(message: RosMessage): void {
    const { throttleMs, queueLength, nowNs, send } = this.#options;
    const sinceMs = (nowNs() - this.#lastNs) / 1e6;
    if (sinceMs >= throttleMs && this.#waiting.length === 0) {
      this.#lastNs = nowNs();
      return send(message);
    }
    if (queueLength <= 0) return;
    this.#waiting = [...this.#waiting, message].slice(-queueLength);
    this.#timer ??= setTimeout(() => this.#release(), Math.max(0, throttleMs - sinceMs));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #release(): void {
    const { throttleMs, nowNs, send } = this.#options;
    const message = this.#waiting.shift();
    this.#timer = undefined;
    if (message === undefined) return;
    this.#lastNs = nowNs();
    send(message);
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#release(), throttleMs);
  }
}
