import type { AgentDecision } from '../core/agent.ts';
import type { Failure } from '../core/failure.ts';
import type { Observation } from '../core/observation.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { AgentSpec } from './agent-spec.ts';

/** What the parent asks of an agent process. Every request is answered once, with its number. */
export type AgentRequest =
  | { readonly id: number; readonly kind: 'start'; readonly spec: AgentSpec; readonly robot: RobotSpec }
  | { readonly id: number; readonly kind: 'reset'; readonly seed: number }
  | { readonly id: number; readonly kind: 'act'; readonly observation: Observation }
  | { readonly id: number; readonly kind: 'close' };

/** `name` answers start, `decision` answers act. */
export interface AgentReply {
  readonly id: number;
  readonly name?: string;
  readonly decision?: AgentDecision;
  /** What was thrown, in place of an answer. */
  readonly error?: Failure;
}
