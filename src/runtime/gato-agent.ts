import { decodeActions } from '../actions/action-codec.ts';
import { allowedBins } from '../actions/allowed-bins.ts';
import type { Agent, AgentDecision } from '../core/agent.ts';
import { MonotonicClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import type { Observation } from '../core/observation.ts';
import { PolicyEngine } from '../policy/engine.ts';
import type { PolicyEngineOptions } from '../policy/engine.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { requireLayoutFitsRobot } from '../tokens/check-layout.ts';
import { createLayout } from '../tokens/layout.ts';
import { TokenEncoder } from '../tokens/token-frame.ts';

/** What the agent needs of a policy. */
export type TokenPolicy = Pick<PolicyEngine, 'manifest' | 'reset' | 'decide' | 'close'>;

export interface GatoAgentOptions {
  /** Stamps targets. Default: a target counts as decided at its observation's time, as it is in lockstep. */
  readonly clock?: Clock | undefined;
}

/**
 * A token policy as an agent: observation to tokens, tokens to action tokens, action tokens to a target.
 * It has no target while the arm or a camera it looks at is stale.
 */
export class GatoAgent implements Agent {
  readonly name: string;
  readonly #robot: RobotSpec;
  readonly #policy: TokenPolicy;
  readonly #encoder: TokenEncoder;
  readonly #clock: Clock | undefined;
  readonly #stopwatch = new MonotonicClock();

  /** Throws E_LAYOUT_ROBOT when the policy was trained on another robot. */
  constructor(robot: RobotSpec, policy: TokenPolicy, options: GatoAgentOptions = {}) {
    requireLayoutFitsRobot(policy.manifest.tokens, robot);
    this.name = policy.manifest.name;
    this.#robot = robot;
    this.#policy = policy;
    this.#encoder = new TokenEncoder(createLayout(policy.manifest.tokens));
    this.#clock = options.clock;
  }

  /**
   * Loads a policy by name or folder. Throws UnknownNameError, InvalidFileError, E_LAYOUT_ROBOT, and what
   * PolicyEngine.create throws.
   */
  static async load(
    robot: RobotSpec,
    nameOrDirectory: string,
    options: GatoAgentOptions & Omit<PolicyEngineOptions, 'clock'> = {},
  ): Promise<GatoAgent> {
    const { clock, ...engineOptions } = options;
    const loaded = loadPolicy(nameOrDirectory);
    requireLayoutFitsRobot(loaded.manifest.tokens, robot);
    return new GatoAgent(robot, await PolicyEngine.create(loaded, engineOptions), { clock });
  }

  reset(seed: number): Promise<void> {
    return this.#policy.reset(seed);
  }

  async act(observation: Observation): Promise<AgentDecision> {
    const startNs = this.#stopwatch.nowNs();
    if (!this.#isFresh(observation)) return { target: undefined, computeNs: 0 };
    const { tokens: layout } = this.#policy.manifest;
    const { commandRad, arm, timeNs } = observation;
    const allowed = allowedBins(layout, commandRad, this.#robot);
    const { tokens, probabilities } = await this.#policy.decide(this.#encoder.encode(observation), allowed);
    const positionsRad = decodeActions(layout, tokens, commandRad, arm.value.positionsRad);
    return {
      target: { positionsRad, createdNs: this.#clock?.nowNs() ?? timeNs, observedNs: timeNs },
      computeNs: this.#stopwatch.nowNs() - startNs,
      trace: { actionTokens: tokens, probabilities },
    };
  }

  close(): Promise<void> {
    return this.#policy.close();
  }

  // A camera the observation lacks altogether is an error of configuration; the encoder says so.
  #isFresh({ arm, cameras }: Observation): boolean {
    const seen = this.#policy.manifest.tokens.cameras;
    return arm.fresh && seen.every(({ name }) => cameras.get(name)?.fresh !== false);
  }
}
