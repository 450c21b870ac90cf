import type { StepRecord } from './step-listener.ts';

/** The newest changes are kept, so that who missed one is told it with the next. */
const MOST_EVENTS = 40;

/** What the gate began to do. */
export interface GateEvent {
  /** Rises by one from event to event. */
  readonly number: number;
  /** Since the episode began, s. */
  readonly timeS: number;
  readonly state: string;
  readonly reasons: string[];
}

/** Notes what a gate begins to do; what it goes on doing was said. */
export class GateLog {
  #events: GateEvent[] = [];
  #count = 0;
  #said = '';

  /** The newest, the last one last. */
  get events(): GateEvent[] {
    return this.#events;
  }

  /** What it does first in an episode is said again. */
  beginEpisode(): void {
    this.#said = '';
  }

  note({ state, reasons }: Pick<StepRecord['gate'], 'state' | 'reasons'>, timeS: number): void {
    const said = `${state}: ${reasons.join(' ')}`;
    if (said === this.#said) return;
    this.#said = said;
    this.#count += 1;
    this.#events = [
      ...this.#events.slice(1 - MOST_EVENTS),
      { number: this.#count, timeS, state, reasons: [...reasons] },
    ];
  }
}
