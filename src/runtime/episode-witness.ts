import { EvidenceCollector } from '../sim/episode-evidence.ts';
import { classifyFailure } from '../sim/failure-phase.ts';
import type { FailurePhase } from '../sim/failure-phase.ts';
import type { TaskEpisode } from '../sim/task.ts';
import type { SuccessRule } from '../sim/task-spec.ts';
import type { Outcome } from './episode-result.ts';
import type { StepListener, StepRecord } from './step-listener.ts';

/** Looks into the simulated world at every control tick, and says afterwards what went wrong. No agent sees it. */
export class EpisodeWitness implements StepListener {
  readonly name = 'witness';
  readonly #episode: TaskEpisode;
  readonly #evidence: EvidenceCollector;
  #isOver = false;

  constructor(episode: TaskEpisode, rule: SuccessRule) {
    this.#episode = episode;
    this.#evidence = new EvidenceCollector(rule);
  }

  /** What happens in the stop at the end does not count; the state it begins in does. */
  onStep({ isControlTick, isRunning }: StepRecord): void {
    if (this.#isOver || (isRunning && !isControlTick)) return;
    this.#isOver = !isRunning;
    this.#evidence.observe(this.#episode.scene(), this.#episode.otherScenes());
  }

  /** Whether a thing was acted upon that the instruction did not name; that is possible in a success as well. */
  get wrongObject(): boolean {
    return this.#evidence.evidence.wrongObject;
  }

  /** Why the episode failed; undefined for a success. */
  phase(outcome: Outcome): FailurePhase | undefined {
    if (outcome === 'success') return undefined;
    const ending = outcome === 'failure' || outcome === 'time-limit' ? outcome : 'stopped';
    return classifyFailure(this.#evidence.evidence, ending);
  }
}
