import type { Agent, AgentDecision } from '../core/agent.ts';
import type { Observation } from '../core/observation.ts';

/** How the loop asks an agent: waiting for it, or not. */
export interface Decider {
  reset(seed: number): Promise<void>;
  /** Asks for a decision. The returned promise never rejects. */
  ask(observation: Observation): Promise<void>;
  /** A decision that has come since the last call. */
  take(): AgentDecision | undefined;
  /** Duration of each decision, ns. */
  readonly inferenceNs: readonly number[];
  /** Control ticks at which the agent was still busy with an earlier one. */
  readonly busyTicks: number;
  /** What the agent threw. */
  readonly failure: Error | undefined;
}

/** What both deciders share: one decision at most is waiting to be taken. */
abstract class AgentDecider implements Decider {
  readonly #agent: Agent;
  #decision: AgentDecision | undefined;
  #inferenceNs: number[] = [];
  #failure: Error | undefined;

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  abstract ask(observation: Observation): Promise<void>;
  abstract readonly busyTicks: number;

  get inferenceNs(): readonly number[] {
    return this.#inferenceNs;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  async reset(seed: number): Promise<void> {
    this.#decision = undefined;
    this.#inferenceNs = [];
    this.#failure = undefined;
    await this.#agent.reset(seed);
  }

  take(): AgentDecision | undefined {
    const decision = this.#decision;
    this.#decision = undefined;
    return decision;
  }

  /** Lets the agent decide and keeps what it says. Never rejects. */
  protected async decide(observation: Observation, isWanted: () => boolean): Promise<void> {
    try {
      const decision = await this.#agent.act(observation);
      if (!isWanted()) return;
      this.#decision = decision;
      this.#inferenceNs.push(decision.computeNs);
    } catch (cause) {
      if (isWanted()) this.#failure = cause instanceof Error ? cause : new Error(String(cause), { cause });
    }
  }
}

/** Waits for every decision: the world stands still meanwhile. */
export class LockstepDecider extends AgentDecider {
  readonly busyTicks = 0;

  ask(observation: Observation): Promise<void> {
    return this.decide(observation, () => true);
  }
}

/**
 * Never waits: a decision is taken when it is there, and an agent that is still busy is not asked again.
 * A decision asked for before a reset is dropped.
 */
export class RealTimeDecider extends AgentDecider {
  #busy = false;
  #busyTicks = 0;
  #episode = 0;

  get busyTicks(): number {
    return this.#busyTicks;
  }

  override reset(seed: number): Promise<void> {
    this.#busy = false;
    this.#busyTicks = 0;
    this.#episode += 1;
    return super.reset(seed);
  }

  ask(observation: Observation): Promise<void> {
    if (this.#busy) {
      this.#busyTicks += 1;
      return Promise.resolve();
    }
    this.#busy = true;
    const episode = this.#episode;
    const isWanted = (): boolean => episode === this.#episode;
    void this.decide(observation, isWanted).finally(() => {
      if (isWanted()) this.#busy = false;
    });
    return Promise.resolve();
  }
}
