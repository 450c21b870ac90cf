import type { Agent } from '../core/agent.ts';
import { MonotonicClock, NS_PER_MS } from '../core/clock.ts';
import type { Precision } from '../policy/model-manifest.ts';
import type { ExecutionProviderName } from '../policy/providers.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { PromptSource } from './demonstration-prompt.ts';
import { openPolicy } from './open-policy.ts';
import { PoseAgent } from './pose-agent.ts';

/** Which agent to make, in words that another process understands. */
export type AgentSpec =
  | {
      readonly kind: 'policy';
      /** Name or folder of the policy. */
      readonly directory: string;
      readonly precision?: Precision;
      readonly threads?: number;
      readonly provider?: ExecutionProviderName;
      /** See GatoAgentOptions. */
      readonly safetyMask?: boolean;
      /** See PolicyEngineOptions. */
      readonly attention?: boolean;
      /** A decision that takes longer is cut short, ms, see GatoAgentOptions. Default: DEADLINE_SHARE. */
      readonly deadlineMs?: number;
      /** A demonstration that every episode begins with. */
      readonly prompt?: PromptSource;
      /** See OpenPolicyOptions. */
      readonly server?: string | undefined;
    }
  | {
      readonly kind: 'pose';
      /** rad, shape (J). */
      readonly poseRad: readonly number[];
      readonly speedRadPerS?: number;
    }
  | {
      readonly kind: 'module';
      /** URL of a module that exports `createAgent`, an AgentFactory: an agent of your own. */
      readonly url: string;
      readonly options?: unknown;
    };

/** Share of the control period that a decision may take; what is left is for the way between the processes. */
const DEADLINE_SHARE = 0.95;

/** Makes an agent in the process it is to run in. */
export type AgentFactory = (robot: RobotSpec, options: unknown) => Agent | Promise<Agent>;

/** Makes an agent for real time: its targets carry the time they were decided at. Throws what loading throws. */
export async function createAgent(spec: AgentSpec, robot: RobotSpec): Promise<Agent> {
  switch (spec.kind) {
    case 'policy': {
      const { deadlineMs = (DEADLINE_SHARE * 1000) / robot.rates.controlHz, ...options } = spec;
      const deadlineNs = deadlineMs * NS_PER_MS;
      return openPolicy(robot, spec.directory, { ...options, deadlineNs, clock: new MonotonicClock() });
    }
    case 'pose':
      return new PoseAgent(robot, spec);
    case 'module': {
      const { createAgent: create } = (await import(spec.url)) as { readonly createAgent: AgentFactory };
      return create(robot, spec.options);
    }
  }
}
