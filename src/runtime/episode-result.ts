import type { Reason } from '../safety/reasons.ts';
import type { Decider } from './decider.ts';
import type { Pacer } from './pacer.ts';
import { quantilesMs } from './statistics.ts';
import type { Quantiles } from './statistics.ts';
import type { ListenerFailure, StepRecord } from './step-listener.ts';

/** Why an episode ended; `ended`: whoever commands the arm was done. */
export type Outcome = 'success' | 'failure' | 'ended' | 'time-limit' | 'aborted' | 'protective-stop' | 'agent-failed';

export interface EpisodeResult {
  readonly outcome: Outcome;
  readonly success: boolean;
  /** Gate ticks until the outcome, without the controlled stop. */
  readonly ticks: number;
  /** Until the outcome. */
  readonly durationS: number;
  /** Those of them at which the gate changed or refused the target. */
  readonly changedTicks: number;
  /** The same by reason, of which a tick may have several; absent for zero. */
  readonly interventions: Readonly<Partial<Record<Reason, number>>>;
  readonly latenessMs: Quantiles;
  readonly skippedTicks: number;
  readonly inferenceMs: Quantiles;
  readonly decisions: number;
  readonly busyTicks: number;
  /** Decisions that their deadline cut short: the joints that came last kept their last target. */
  readonly cutDecisions: number;
  readonly listenerFailures: readonly ListenerFailure[];
  /** What the agent threw; undefined unless the outcome is `agent-failed`. */
  readonly agentFailure: Error | undefined;
}

/** Counts what an EpisodeResult reports. */
export class EpisodeTally {
  readonly #interventions: Partial<Record<Reason, number>> = {};
  #ticks = 0;
  #changedTicks = 0;
  #cutDecisions = 0;
  #startNs: number | undefined;
  #endNs = 0;

  add(step: StepRecord): void {
    if (!step.isRunning) return;
    this.#ticks += 1;
    if (step.gate.reasons.length > 0) this.#changedTicks += 1;
    if ((step.decision?.trace?.keptJoints ?? 0) > 0) this.#cutDecisions += 1;
    for (const reason of step.gate.reasons) this.#interventions[reason] = (this.#interventions[reason] ?? 0) + 1;
  }

  /** Notes the time of a tick of the running episode. */
  passTime(nowNs: number): void {
    this.#startNs ??= nowNs;
    this.#endNs = nowNs;
  }

  result(
    outcome: Outcome,
    parts: { pacer: Pacer; decider: Decider; failures: readonly ListenerFailure[] },
  ): EpisodeResult {
    const { pacer, decider, failures } = parts;
    return {
      outcome,
      success: outcome === 'success',
      ticks: this.#ticks,
      durationS: (this.#endNs - (this.#startNs ?? this.#endNs)) / 1e9,
      changedTicks: this.#changedTicks,
      interventions: this.#interventions,
      latenessMs: quantilesMs(pacer.latenessNs),
      skippedTicks: pacer.skippedTicks,
      inferenceMs: quantilesMs(decider.inferenceNs),
      decisions: decider.inferenceNs.length,
      busyTicks: decider.busyTicks,
      cutDecisions: this.#cutDecisions,
      listenerFailures: failures,
      agentFailure: decider.failure,
    };
  }
}
