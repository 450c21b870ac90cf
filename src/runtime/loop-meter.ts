import { NS_PER_MS, NS_PER_S } from '../core/clock.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { StepRecord } from './step-listener.ts';
import { TickLateness } from './tick-lateness.ts';

/** Rates and quantiles are of the last seconds: what happens now, not since the start. */
const WINDOW_S = 3;

/** Measures from its steps how the loop of one episode keeps time. A step costs it a few numbers. */
export class LoopMeter {
  readonly #rates: Pick<RobotSpec['rates'], 'gateHz' | 'controlHz'>;
  readonly #lateness: TickLateness;
  readonly #ticks: { readonly timeNs: number; readonly latenessMs: number }[] = [];
  readonly #inferenceMs: number[] = [];
  #startNs = 0;
  #newestNs: number | undefined;

  constructor(rates: Pick<RobotSpec['rates'], 'gateHz' | 'controlHz'>) {
    this.#rates = rates;
    this.#lateness = new TickLateness(rates.gateHz);
  }

  note({ timeNs, decision }: Pick<StepRecord, 'timeNs' | 'decision'>): void {
    if (this.#newestNs === undefined) this.#startNs = timeNs;
    this.#newestNs = timeNs;
    this.#ticks.push({ timeNs, latenessMs: this.#lateness.next(timeNs) });
    if (this.#ticks.length > WINDOW_S * this.#rates.gateHz) this.#ticks.shift();
    if (decision === undefined) return;
    this.#inferenceMs.push(decision.computeNs / NS_PER_MS);
    if (this.#inferenceMs.length > WINDOW_S * this.#rates.controlHz) this.#inferenceMs.shift();
  }

  /** From the first to the newest tick, s. */
  get timeS(): number {
    return ((this.#newestNs ?? this.#startNs) - this.#startNs) / NS_PER_S;
  }

  /** Ticks a second; 0 before the second one. */
  get rateHz(): number {
    const [first, last] = [this.#ticks[0], this.#ticks.at(-1)];
    const windowS = ((last?.timeNs ?? 0) - (first?.timeNs ?? 0)) / NS_PER_S;
    return windowS > 0 ? (this.#ticks.length - 1) / windowS : 0;
  }

  /** Of each tick behind its deadline, ms, oldest first. */
  get latenessMs(): readonly number[] {
    return this.#ticks.map(({ latenessMs }) => latenessMs);
  }

  /** What each decision took to compute, ms, oldest first. */
  get inferenceMs(): readonly number[] {
    return this.#inferenceMs;
  }
}
