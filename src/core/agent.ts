import type { JointTarget } from './action.ts';
import type { Observation } from './observation.ts';

/** One decision of an agent. */
export interface AgentDecision {
  /** Undefined when the agent has nothing to command: the gate then brings the arm to a stop. */
  readonly target: JointTarget | undefined;
  /** Time the decision took, ns of real time. */
  readonly computeNs: number;
  /** The tokens behind the decision, for those who want to look. */
  readonly trace?: DecisionTrace;
  /**
   * What the action tokens of this tick attended to: a weight per observation position of the token sequence, in its order, as
   * the mean over layers, heads and action tokens. Each is >= 0, and their sum <= 1: what is missing went to the past and to
   * earlier action tokens. Absent where nobody asked for it, or the policy cannot tell, and in later ticks of a chunk.
   */
  readonly attention?: Float32Array;
  /**
   * Who commands, where that can change within an episode: decisions of a person are interventions then. Absent where a
   * policy or a person commands alone.
   */
  readonly commander?: Commander;
}

export type Commander = 'policy' | 'person';

/** How a token policy came to its decision. */
export interface DecisionTrace {
  /** Emitted action token ids, in order. */
  readonly actionTokens: readonly number[];
  /** How sure the policy was of each emitted token, among those allowed, in [0, 1]; see SampledBin. */
  readonly probabilities: readonly number[];
  /** Whether each token would have been another one, had all bins been allowed. */
  readonly masked: readonly boolean[];
  /** Bins, both ends included, that each token was chosen among. Absent where nobody tells them. */
  readonly allowed?: readonly { readonly low: number; readonly high: number }[];
  /** The bin of each token that was likeliest of all, allowed or not. Absent where nobody tells it. */
  readonly likeliest?: readonly number[];
  /**
   * How many of the tokens, the last ones, were not decided because the deadline had passed: their joints keep their last
   * target. Absent for none.
   */
  readonly keptJoints?: number;
}

/** Whatever decides what an arm does next: a policy, an expert, a person with a leader arm, a replay. */
export interface Agent {
  readonly name: string;
  /** Called before each episode; the agent forgets the last one. */
  reset(seed: number): Promise<void>;
  act(observation: Observation): Promise<AgentDecision>;
  close(): Promise<void>;
}
