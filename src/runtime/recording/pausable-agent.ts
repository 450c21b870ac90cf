import type { Agent, AgentDecision } from '../../core/agent.ts';
import type { Observation } from '../../core/observation.ts';

/** Lets an agent rest: while paused nothing is asked for, and the gate holds the arm. */
export class PausableAgent implements Agent {
  isPaused = false;
  readonly #agent: Agent;

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  get name(): string {
    return this.#agent.name;
  }

  reset(seed: number): Promise<void> {
    return this.#agent.reset(seed);
  }

  act(observation: Observation): Promise<AgentDecision> {
    return this.isPaused ? Promise.resolve({ target: undefined, computeNs: 0 }) : this.#agent.act(observation);
  }

  close(): Promise<void> {
    return this.#agent.close();
  }
}
