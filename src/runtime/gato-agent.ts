import { decodeActions } from '../actions/action-codec.ts';
import { allowedBins, chunkBins, narrowed } from '../actions/allowed-bins.ts';
import type { BinInterval, TargetRange } from '../actions/allowed-bins.ts';
import type { Agent, AgentDecision } from '../core/agent.ts';
import { MonotonicClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import type { Observation } from '../core/observation.ts';
import { PolicyEngine } from '../policy/engine.ts';
import type { PolicyEngineOptions } from '../policy/engine.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { openSpace } from '../safety/space-guard.ts';
import type { SpaceGuard } from '../safety/space-guard.ts';
import { ReachableTargets } from '../safety/reachable-targets.ts';
import { requireLayoutFitsRobot } from '../tokens/check-layout.ts';
import { createLayout } from '../tokens/layout.ts';
import type { StepLayout } from '../tokens/layout.ts';
import { TokenEncoder } from '../tokens/token-frame.ts';
import { loadSpaceGuard } from './load-space-guard.ts';
import { SpaceMask } from './space-mask.ts';

/** What the agent needs of a policy. */
export type TokenPolicy = Pick<PolicyEngine, 'manifest' | 'reset' | 'decide' | 'close'>;

/** The action tokens of one control tick and how sure the policy was of each, shape (J). */
interface DecidedTick {
  readonly tokens: readonly number[];
  readonly probabilities: readonly number[];
  readonly masked: readonly boolean[];
}

export interface GatoAgentOptions {
  /** Stamps targets. Default: a target counts as decided at its observation's time, as it is in lockstep. */
  readonly clock?: Clock | undefined;
  /**
   * Lets the policy choose among those targets only that the gate has nothing to change in, see ReachableTargets; without
   * it, among all within the soft position limits. Default true.
   */
  readonly safetyMask?: boolean | undefined;
  /** Of the policy. Default: made from its manifest, which is enough where its vocabulary is a list of words. */
  readonly layout?: StepLayout | undefined;
  /** What the safety mask knows of the space around the arm; the agent disposes of it. Default: nothing. */
  readonly space?: SpaceGuard | undefined;
}

/**
 * A token policy as an agent: observation to tokens, tokens to action tokens, action tokens to a target.
 * It has no target while the arm or a camera it looks at is stale.
 *
 * A policy that decides chunks is asked again when the ticks to be carried out are over. Each tick's tokens are
 * decoded when it comes, on the command and the measured position of then.
 */
export class GatoAgent implements Agent {
  readonly name: string;
  readonly #robot: RobotSpec;
  readonly #policy: TokenPolicy;
  readonly #encoder: TokenEncoder;
  readonly #clock: Clock | undefined;
  readonly #reachable: ReachableTargets | undefined;
  readonly #space: SpaceMask | undefined;
  readonly #stopwatch = new MonotonicClock();
  /** Decided, but not carried out yet, next tick first. */
  #ahead: DecidedTick[] = [];

  /** Throws E_LAYOUT_ROBOT when the policy was trained on another robot. */
  constructor(robot: RobotSpec, policy: TokenPolicy, options: GatoAgentOptions = {}) {
    requireLayoutFitsRobot(policy.manifest.tokens, robot);
    this.name = policy.manifest.name;
    this.#robot = robot;
    this.#policy = policy;
    this.#encoder = new TokenEncoder(options.layout ?? createLayout(policy.manifest.tokens));
    this.#clock = options.clock;
    const { safetyMask = true, space = openSpace } = options;
    this.#reachable = safetyMask ? new ReachableTargets(robot) : undefined;
    const isBounded = safetyMask && space !== openSpace;
    this.#space = isBounded ? new SpaceMask(robot, space, policy.manifest.tokens) : undefined;
  }

  /**
   * Loads a policy by name or folder. Throws UnknownNameError, InvalidFileError, E_LAYOUT_ROBOT, and what
   * PolicyEngine.create throws.
   */
  static async load(
    robot: RobotSpec,
    nameOrDirectory: string,
    options: Omit<GatoAgentOptions, 'space' | 'layout'> & Omit<PolicyEngineOptions, 'clock'> = {},
  ): Promise<GatoAgent> {
    const { clock, safetyMask, ...engineOptions } = options;
    const loaded = loadPolicy(nameOrDirectory);
    requireLayoutFitsRobot(loaded.manifest.tokens, robot);
    const space = safetyMask === false ? openSpace : await loadSpaceGuard(robot);
    try {
      const policy = await PolicyEngine.create(loaded, engineOptions);
      return new GatoAgent(robot, policy, { clock, safetyMask, space, layout: loaded.layout });
    } catch (error) {
      space.dispose();
      throw error;
    }
  }

  reset(seed: number): Promise<void> {
    this.#ahead = [];
    this.#space?.reset();
    return this.#policy.reset(seed);
  }

  async act(observation: Observation): Promise<AgentDecision> {
    const startNs = this.#stopwatch.nowNs();
    if (!this.#isFresh(observation)) {
      // The arm comes to a stop meanwhile: what was decided before was for another situation.
      this.#ahead = [];
      this.#space?.reset();
      return { target: undefined, computeNs: 0 };
    }
    const { tokens: layout } = this.#policy.manifest;
    const { commandRad, arm, timeNs } = observation;
    const allowed = allowedBins(layout, commandRad, this.#robot, this.#reachableRange(observation));
    // A reset meanwhile leaves this list to the past, and with it what is still being decided.
    const ahead = this.#ahead;
    if (ahead.length === 0) ahead.push(...(await this.#decide(observation, chunkBins(layout, allowed))));
    const next = ahead.shift() ?? { tokens: [], probabilities: [], masked: [] };
    const { tokens: decided, probabilities } = next;
    const tokens = narrowed(layout, decided, allowed);
    const masked = next.masked.map((isMasked, joint) => isMasked || tokens[joint] !== decided[joint]);
    const positionsRad = decodeActions(layout, tokens, commandRad, arm.value.positionsRad);
    this.#space?.decided(positionsRad, commandRad);
    return {
      target: { positionsRad, createdNs: this.#clock?.nowNs() ?? timeNs, observedNs: timeNs },
      computeNs: this.#stopwatch.nowNs() - startNs,
      trace: { actionTokens: tokens, probabilities, masked },
    };
  }

  async close(): Promise<void> {
    // What is still being decided asks the space.
    await this.#policy.close();
    this.#space?.dispose();
  }

  async #decide(observation: Observation, allowed: readonly BinInterval[]): Promise<DecidedTick[]> {
    const { actions, chunk } = this.#policy.manifest.tokens;
    const review = this.#space?.review(observation.commandRad, observation.arm.value.positionsRad);
    const frame = this.#encoder.encode(observation);
    const { tokens, probabilities, masked } = await this.#policy.decide(frame, allowed, review);
    return Array.from({ length: chunk.execute }, (_, tick) => {
      const [from, to] = [tick * actions.length, (tick + 1) * actions.length];
      return {
        tokens: tokens.slice(from, to),
        probabilities: probabilities.slice(from, to),
        masked: masked.slice(from, to),
      };
    });
  }

  #reachableRange({ commandRad, arm }: Observation): TargetRange | undefined {
    if (this.#reachable === undefined) return undefined;
    return { ...this.#reachable.range(commandRad), measuredRad: arm.value.positionsRad };
  }

  // A camera the observation lacks altogether is an error of configuration; the encoder says so.
  #isFresh({ arm, cameras }: Observation): boolean {
    const seen = this.#policy.manifest.tokens.cameras;
    return arm.fresh && seen.every(({ name }) => cameras.get(name)?.fresh !== false);
  }
}
