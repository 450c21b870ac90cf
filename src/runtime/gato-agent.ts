import { decodeActions, encodeAction } from '../actions/action-codec.ts';
import { allowedBins, chunkBins, narrowed } from '../actions/allowed-bins.ts';
import type { BinInterval, TargetRange } from '../actions/allowed-bins.ts';
import type { Agent, AgentDecision } from '../core/agent.ts';
import { MonotonicClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import type { Observation } from '../core/observation.ts';
import type { DecisionDeadline } from '../policy/decide-tokens.ts';
import { PolicyEngine } from '../policy/engine.ts';
import type { PolicyEngineOptions } from '../policy/engine.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import type { LoadedPolicy } from '../policy/load-policy.ts';
import type { DemonstratedStep } from '../policy/prompt.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { openSpace } from '../safety/space-guard.ts';
import type { SpaceGuard } from '../safety/space-guard.ts';
import { ReachableTargets } from '../safety/reachable-targets.ts';
import { requireLayoutFitsRobot } from '../tokens/check-layout.ts';
import { createLayout } from '../tokens/layout.ts';
import type { StepLayout } from '../tokens/layout.ts';
import { TokenEncoder } from '../tokens/token-frame.ts';
import { loadPrompt } from './demonstration-prompt.ts';
import type { PromptSource } from './demonstration-prompt.ts';
import { loadSpaceGuard } from './load-space-guard.ts';
import { SpaceMask } from './space-mask.ts';

/** What the agent needs of a policy. */
export type TokenPolicy = Pick<PolicyEngine, 'manifest' | 'reset' | 'decide' | 'close'>;

/** The action tokens of one control tick and how sure the policy was of each, shape (J). */
interface DecidedTick {
  readonly tokens: readonly number[];
  readonly probabilities: readonly number[];
  readonly masked: readonly boolean[];
  /** What each was chosen among, and the likeliest bin of all; shapes (J). */
  readonly allowed: readonly BinInterval[];
  readonly likeliest: readonly number[];
  /** How many of the tokens, the last ones, the deadline cut off. */
  readonly kept: number;
  /** Of the tick it was decided in. */
  readonly attention?: Float32Array | undefined;
}

const NOTHING_DECIDED: DecidedTick = {
  tokens: [],
  probabilities: [],
  masked: [],
  allowed: [],
  likeliest: [],
  kept: 0,
};

export interface GatoAgentOptions {
  /** Stamps targets. Default: a target counts as decided at its observation's time, as it is in lockstep. */
  readonly clock?: Clock | undefined;
  /**
   * How long after its observation a decision may take, ns on the clock of observations: tokens that would come later are
   * not computed, and the joints whose tokens are missing keep their last target. Default: as long as it takes.
   */
  readonly deadlineNs?: number | undefined;
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

export interface LoadAgentOptions
  extends Omit<GatoAgentOptions, 'space' | 'layout'>, Omit<PolicyEngineOptions, 'clock'> {
  /** A demonstration that every episode begins with. */
  readonly prompt?: PromptSource | undefined;
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
  readonly #deadlineNs: number | undefined;
  /** Of the decision before, rad, shape (J). */
  #lastTargetRad: Float64Array | undefined;
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
    this.#deadlineNs = options.deadlineNs;
    const { safetyMask = true, space = openSpace } = options;
    this.#reachable = safetyMask ? new ReachableTargets(robot) : undefined;
    const isBounded = safetyMask && space !== openSpace;
    this.#space = isBounded ? new SpaceMask(robot, space, policy.manifest.tokens) : undefined;
  }

  /**
   * Loads a policy. Throws UnknownNameError, InvalidFileError, E_LAYOUT_ROBOT, and what PolicyEngine.create, loadPrompt and
   * PolicyEngine.prompt throw.
   * @param policy by name or folder, or one whose files were checked
   */
  static async load(
    robot: RobotSpec,
    policy: string | LoadedPolicy,
    options: LoadAgentOptions = {},
  ): Promise<GatoAgent> {
    const { clock, safetyMask, deadlineNs, prompt, ...engineOptions } = options;
    const loaded = typeof policy === 'string' ? loadPolicy(policy) : policy;
    requireLayoutFitsRobot(loaded.manifest.tokens, robot);
    const demonstration = prompt === undefined ? undefined : await loadPrompt(loaded, robot, prompt);
    const space = safetyMask === false ? openSpace : await loadSpaceGuard(robot);
    try {
      const engine = await openEngine(loaded, demonstration, engineOptions);
      return new GatoAgent(robot, engine, { clock, safetyMask, deadlineNs, space, layout: loaded.layout });
    } catch (error) {
      space.dispose();
      throw error;
    }
  }

  reset(seed: number): Promise<void> {
    this.#forget();
    return this.#policy.reset(seed);
  }

  async act(observation: Observation): Promise<AgentDecision> {
    const startNs = this.#stopwatch.nowNs();
    if (!this.#isFresh(observation)) {
      // The arm comes to a stop meanwhile: what was decided before was for another situation.
      this.#forget();
      return { target: undefined, computeNs: 0 };
    }
    const { tokens: layout } = this.#policy.manifest;
    const { commandRad, arm, timeNs } = observation;
    const allowed = allowedBins(layout, commandRad, this.#robot, this.#reachableRange(observation));
    // A reset meanwhile leaves this list to the past, and with it what is still being decided.
    const ahead = this.#ahead;
    if (ahead.length === 0) ahead.push(...(await this.#decide(observation, chunkBins(layout, allowed))));
    const next = ahead.shift() ?? NOTHING_DECIDED;
    const { tokens: decided, probabilities, likeliest, attention } = next;
    const tokens = narrowed(layout, decided, allowed);
    const masked = next.masked.map((isMasked, joint) => isMasked || tokens[joint] !== decided[joint]);
    const positionsRad = decodeActions(layout, tokens, commandRad, arm.value.positionsRad);
    this.#space?.decided(positionsRad, commandRad);
    this.#lastTargetRad = positionsRad;
    return {
      target: { positionsRad, createdNs: this.#clock?.nowNs() ?? timeNs, observedNs: timeNs },
      computeNs: this.#stopwatch.nowNs() - startNs,
      trace: {
        actionTokens: tokens,
        probabilities,
        masked,
        allowed: allowed.map((now, joint) => common(now, next.allowed[joint])),
        likeliest,
        ...(next.kept > 0 ? { keptJoints: next.kept } : {}),
      },
      ...(attention === undefined ? {} : { attention }),
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
    const deadline = this.#deadline(observation);
    const decision = await this.#policy.decide(frame, allowed, { review, deadline });
    const { tokens, probabilities, masked, likeliest, kept, attention } = decision;
    // What is chosen for joints are bins of an interval.
    const chosenAmong = decision.allowed.map((bins, slot) => ('low' in bins ? bins : (allowed[slot] as BinInterval)));
    return Array.from({ length: chunk.execute }, (_, tick) => {
      const [from, to] = [tick * actions.length, (tick + 1) * actions.length];
      return {
        tokens: tokens.slice(from, to),
        probabilities: probabilities.slice(from, to),
        masked: masked.slice(from, to),
        allowed: chosenAmong.slice(from, to),
        likeliest: likeliest.slice(from, to),
        kept: Math.min(actions.length, Math.max(0, to - (tokens.length - kept))),
        ...(tick === 0 ? { attention } : {}),
      };
    });
  }

  #deadline({ timeNs, commandRad }: Observation): DecisionDeadline | undefined {
    if (this.#deadlineNs === undefined) return undefined;
    const { tokens: layout } = this.#policy.manifest;
    // Before the first decision the last target is the last command; in a chunk's later ticks, the command of then.
    const [first, later] = [this.#lastTargetRad ?? commandRad, commandRad].map((targetRad) =>
      Array.from(encodeAction(layout, targetRad, commandRad).ids, (id) => id - layout.codec.textVocabulary),
    );
    const keep = Array.from({ length: layout.chunk.execute }, (_, tick) => (tick === 0 ? first : later) ?? []).flat();
    return { atNs: timeNs + this.#deadlineNs, keep };
  }

  #forget(): void {
    this.#ahead = [];
    this.#lastTargetRad = undefined;
    this.#space?.reset();
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

async function openEngine(
  policy: LoadedPolicy,
  demonstration: readonly DemonstratedStep[] | undefined,
  options: Omit<PolicyEngineOptions, 'clock'>,
): Promise<PolicyEngine> {
  const engine = await PolicyEngine.create(policy, options);
  try {
    if (demonstration !== undefined) await engine.prompt(demonstration);
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** What of the bins that may be carried out now could be chosen when the decision was made; all of them where none could. */
function common(now: BinInterval, then: BinInterval | undefined): BinInterval {
  const [low, high] = [Math.max(now.low, then?.low ?? 0), Math.min(now.high, then?.high ?? Infinity)];
  return low <= high ? { low, high } : now;
}
