import type { Agent, AgentDecision } from '../core/agent.ts';
import { sampledNow } from '../core/observation.ts';
import type { CameraFrame, Observation, Sampled } from '../core/observation.ts';
import type { LayoutSpec } from '../tokens/layout-spec.ts';
import { DemonstrationAgent } from './demonstration-agent.ts';
import type { SimulatedTask } from './simulated-task.ts';

/** Images by camera. */
type Images = Observation['cameras'];

/** Shows an agent goal images with every observation, beside what the cameras see. */
export class GoalAgent implements Agent {
  readonly name: string;
  readonly #agent: Agent;
  readonly #goals: Images;

  constructor(agent: Agent, goals: Images) {
    this.name = agent.name;
    this.#agent = agent;
    this.#goals = goals;
  }

  reset(seed: number): Promise<void> {
    return this.#agent.reset(seed);
  }

  act(observation: Observation): Promise<AgentDecision> {
    return this.#agent.act({ ...observation, cameras: new Map([...observation.cameras, ...this.#goals]) });
  }

  close(): Promise<void> {
    return this.#agent.close();
  }
}

/**
 * The goal images of a layout for one episode: what its cameras saw at the last control tick after the scripted
 * expert was let finish the same scene. Where the expert failed, that is what it was left with, as in training.
 */
export async function goalImages(task: SimulatedTask, seed: number, layout: LayoutSpec): Promise<Images> {
  const goals = layout.cameras.filter(({ goalOf }) => goalOf !== undefined);
  if (goals.length === 0) return new Map();
  let last: Images = new Map();
  const { result } = await task.run({
    seed,
    mode: 'lockstep',
    agent: (expert) => new DemonstrationAgent({ expert, onFrame: ({ observation }) => (last = observation.cameras) }),
  });
  if (result.agentFailure !== undefined) throw result.agentFailure;
  return new Map(
    goals.flatMap(({ name, goalOf = '' }): [string, Sampled<CameraFrame>][] => {
      const image = last.get(goalOf)?.value;
      return image === undefined ? [] : [[name, sampledNow({ ...image, camera: name })]];
    }),
  );
}
