import type { Agent, AgentDecision } from '../core/agent.ts';
import type { Observation } from '../core/observation.ts';

/** Where to go at one observation, rad, shape (J); undefined for no target. May throw or wait. */
export type Script = (observation: Observation, call: number) => MaybePromise<readonly number[] | undefined>;

type MaybePromise<T> = T | Promise<T>;

/** Does what its script says and remembers what it saw. */
export class ScriptedAgent implements Agent {
  readonly name = 'scripted';
  /** Observations since the last reset, in order. */
  readonly observations: Observation[] = [];
  /** Seeds of all resets, in order. */
  readonly seeds: number[] = [];
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
  }

  reset(seed: number): Promise<void> {
    this.seeds.push(seed);
    this.observations.length = 0;
    return Promise.resolve();
  }

  async act(observation: Observation): Promise<AgentDecision> {
    this.observations.push(observation);
    const positions = await this.#script(observation, this.observations.length - 1);
    if (positions === undefined) return { target: undefined, computeNs: 0 };
    const { timeNs } = observation;
    return {
      target: { positionsRad: Float64Array.from(positions), createdNs: timeNs, observedNs: timeNs },
      computeNs: 0,
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
