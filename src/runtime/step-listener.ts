import type { AgentDecision } from '../core/agent.ts';
import type { Observation } from '../core/observation.ts';
import type { GateDecision } from '../safety/gate.ts';
import type { ArmStep } from './gated-arm.ts';

/** What the gate did, without the command itself: that goes to the driver and nowhere else. */
export type GateReport = Omit<GateDecision, 'command'>;

/** Everything that happened at one gate tick. */
export interface StepRecord extends ArmStep {
  /** Gate ticks since the start of the episode. */
  readonly gateTick: number;
  /** Monotonic ns. */
  readonly timeNs: number;
  /** True where the agent was asked; these are the ticks a dataset holds. */
  readonly isControlTick: boolean;
  /** False during the controlled stop at the end of an episode. */
  readonly isRunning: boolean;
  readonly observation: Observation;
  /** The decision that arrived at this tick, if one did. */
  readonly decision: AgentDecision | undefined;
}

/** Watches a run: recorder, progress, dashboard. Called synchronously; it must be quick and not wait. */
export interface StepListener {
  readonly name: string;
  onStep(step: StepRecord): void;
}

/** A listener that threw. */
export interface ListenerFailure {
  readonly listener: string;
  readonly cause: unknown;
}

/** Calls listeners in order. One that throws is detached and named; the others go on. */
export class Listeners {
  readonly failures: ListenerFailure[] = [];
  #attached: readonly StepListener[];

  constructor(listeners: readonly StepListener[]) {
    this.#attached = listeners;
  }

  notify(step: StepRecord): void {
    for (const listener of this.#attached) {
      try {
        listener.onStep(step);
      } catch (cause) {
        this.failures.push({ listener: listener.name, cause });
        this.#attached = this.#attached.filter((other) => other !== listener);
      }
    }
  }
}
