import { PushSource } from '../core/source.ts';

/**
 * A simulated sensor's output: samples are taken now and delivered after a fixed latency.
 * The queue holds at most latency x rate samples.
 */
export class DelayedSource<T> {
  readonly source: PushSource<T> = new PushSource<T>();
  readonly #latencyNs: number;
  #pending: { readonly value: T; readonly dueNs: number }[] = [];

  constructor(latencyNs: number) {
    this.#latencyNs = latencyNs;
  }

  sample(value: T, nowNs: number): void {
    this.#pending.push({ value, dueNs: nowNs + this.#latencyNs });
  }

  deliver(nowNs: number): void {
    while (this.#pending[0] !== undefined && this.#pending[0].dueNs <= nowNs) {
      this.source.push((this.#pending.shift() as { value: T }).value);
    }
  }

  clear(): void {
    this.#pending = [];
  }
}
