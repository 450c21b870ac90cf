import type { Agent, AgentDecision } from '../core/agent.ts';
import type { Observation } from '../core/observation.ts';

/** One that knows the simulated world and says what it would do next from any state. */
export interface Expert {
  /** Joint target for the next control period, rad, shape (J). */
  expertTarget(commandRad: Float64Array): Float64Array;
  /** Privileged values for auxiliary training targets; no policy sees them. */
  privilegedState(): Float32Array;
}

/** One tick of a demonstration: what was seen, and what the expert would have done. */
export interface DemonstrationFrame {
  readonly observation: Observation;
  readonly privileged: Float32Array;
  /** The expert's target: the label. */
  readonly expertRad: Float64Array;
  /** The target that was executed; it differs under perturbation and when a policy acts. */
  readonly executedRad: Float64Array;
}

export interface DemonstrationAgentOptions {
  readonly expert: Expert;
  /** Chooses what is executed; without it, the expert's target is. */
  readonly behaviour?: (observation: Observation, expertRad: Float64Array) => Promise<Float64Array> | Float64Array;
  readonly onFrame?: (frame: DemonstrationFrame) => void;
}

/**
 * Lets an expert act, or label what another one does: perturbed demonstrations and DAgger
 * (Ross, Gordon and Bagnell 2011) are the same agent with another behaviour.
 */
export class DemonstrationAgent implements Agent {
  readonly name = 'expert';
  readonly #options: DemonstrationAgentOptions;

  constructor(options: DemonstrationAgentOptions) {
    this.#options = options;
  }

  reset(): Promise<void> {
    return Promise.resolve();
  }

  async act(observation: Observation): Promise<AgentDecision> {
    const { expert, behaviour, onFrame } = this.#options;
    const privileged = expert.privilegedState();
    const expertRad = expert.expertTarget(observation.commandRad);
    const executedRad = behaviour === undefined ? expertRad : await behaviour(observation, expertRad);
    onFrame?.({ observation, privileged, expertRad, executedRad });
    const target = { positionsRad: executedRad, createdNs: observation.timeNs, observedNs: observation.timeNs };
    return { target, computeNs: 0 };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
