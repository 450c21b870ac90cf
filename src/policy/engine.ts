import { availableParallelism } from 'node:os';
import { MonotonicClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import { Rng } from '../core/rng.ts';
import { actionValues } from '../tokens/layout-spec.ts';
import type { TokenFrame } from '../tokens/token-frame.ts';
import { decideTokens } from './decide-tokens.ts';
import type { DecideOptions, PolicyDecision } from './decide-tokens.ts';
import type { LoadedPolicy } from './load-policy.ts';
import type { ModelManifest, Precision } from './model-manifest.ts';
import { PolicyGraphs } from './policy-graphs.ts';
import { PolicySequence } from './policy-sequence.ts';
import type { SequenceSnapshot } from './policy-sequence.ts';
import { requirePrompt } from './prompt.ts';
import type { DemonstratedStep } from './prompt.ts';
import type { ExecutionProviderName } from './providers.ts';
import type { AllowedBins } from './sampling.ts';
import { createState } from './state/create-state.ts';
import { blankFrame, checkEmbedding } from './warm-up.ts';

export interface PolicyEngineOptions {
  /** Default: the fastest the provider has for this policy; int8 on a processor. */
  readonly precision?: Precision | undefined;
  /** Threads of one inference. Default: all cores but one, which the control loop keeps. */
  readonly threads?: number | undefined;
  /** Whether threads spin while a run lasts: for cores that nothing else uses. Default false. */
  readonly spinning?: boolean | undefined;
  /** Whether decisions say what the policy attended to, where it can tell: a look costs time. Default false. */
  readonly attention?: boolean | undefined;
  /** Default cpu. A provider that cannot be had is an error, never a silent cpu. */
  readonly provider?: ExecutionProviderName | undefined;
  /** Measures inferenceNs. Default: the machine's monotonic clock. */
  readonly clock?: Clock | undefined;
}

/** What an engine was at one moment: its past, and the numbers it would draw. */
export interface EngineSnapshot {
  /** Brings the engine it was taken of back to that moment, to the bit; any number of times. Throws E_POLICY_CLOSED. */
  restore(): Promise<void>;
}

/**
 * Runs a policy: token frame in, action tokens out, one after another, each seeing those before it, or all
 * from one run, as model.actionTokens says.
 *
 * A run blocks its thread from start to end, so nothing with a deadline may share that thread, and a
 * process that must survive a killed policy keeps the engine in a child process. Calls take turns.
 */
export class PolicyEngine {
  readonly manifest: ModelManifest;
  readonly precision: Precision;
  readonly #policy: LoadedPolicy;
  readonly #graphs: PolicyGraphs;
  readonly #sequence: PolicySequence;
  readonly #clock: Clock;
  #rng = new Rng(0);
  /** What a reset goes back to. */
  #prompt: SequenceSnapshot | undefined;
  #closed = false;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    policy: LoadedPolicy,
    { graphs, sequence }: { readonly graphs: PolicyGraphs; readonly sequence: PolicySequence },
    clock: Clock,
  ) {
    this.manifest = policy.manifest;
    this.#policy = policy;
    this.precision = graphs.precision;
    this.#graphs = graphs;
    this.#clock = clock;
    this.#sequence = sequence;
  }

  /**
   * Opens the graphs and runs one decision, so that the first real one is as fast as the others.
   * Throws InvalidFileError for graphs that do not fit the manifest, E_PROVIDER_UNAVAILABLE,
   * E_NO_SUCH_PRECISION.
   */
  static async create(policy: LoadedPolicy, options: PolicyEngineOptions = {}): Promise<PolicyEngine> {
    const {
      provider = 'cpu',
      threads = Math.max(1, availableParallelism() - 1),
      precision,
      spinning,
      attention,
    } = options;
    const state = createState(policy.manifest);
    const graphs = await PolicyGraphs.open(policy, state, { provider, threads, precision, spinning, attention });
    const sequence = new PolicySequence(graphs, state, policy.manifest.context.steps);
    const engine = new PolicyEngine(policy, { graphs, sequence }, options.clock ?? new MonotonicClock());
    try {
      await engine.#warmUp();
    } catch (error) {
      await graphs.close();
      throw error;
    }
    return engine;
  }

  /** Forgets the past, but for the prompt; the seed decides every draw until the next reset. */
  async reset(seed: number): Promise<void> {
    await this.#inTurn(() => {
      if (this.#prompt === undefined) this.#sequence.forget();
      else this.#prompt.restore();
      this.#rng = new Rng(seed);
    });
  }

  /**
   * Makes a demonstration the past that every episode begins with. It runs once, here; a reset only restores what it left.
   * @param steps its first control ticks, at most promptSteps of the policy; undefined: no prompt any more
   * Throws E_NO_PROMPT, E_PROMPT_LENGTH, E_POLICY_FRAME, E_POLICY_RUN, E_POLICY_CLOSED. After an error there is no prompt.
   */
  async prompt(steps: readonly DemonstratedStep[] | undefined): Promise<void> {
    await this.#inTurn(async () => {
      this.#prompt = undefined;
      this.#sequence.forget();
      if (steps === undefined) return;
      requirePrompt(steps, this.#policy);
      try {
        for (const { frame, actionTokens } of steps) {
          await this.#sequence.pushObservation(frame);
          if (this.manifest.model.actionTokens !== 'parallel') this.#sequence.pushLast(actionTokens);
        }
      } catch (error) {
        this.#sequence.erase();
        throw error;
      }
      this.#prompt = this.#sequence.snapshot();
    });
  }

  /** Throws E_POLICY_CLOSED. */
  async snapshot(): Promise<EngineSnapshot> {
    return this.#inTurn(() => {
      const sequence = this.#sequence.snapshot();
      const rng = this.#rng.copy();
      const restore = (): void => {
        sequence.restore();
        this.#rng = rng.copy();
      };
      return { restore: () => this.#inTurn(restore) };
    });
  }

  /**
   * Decides the action tokens of the control ticks until the next decision.
   * @param allowed bins of each of these tokens, in emission order, shape (executedTokens of the layout); no
   *   token outside them is emitted. Tokens of a chunk's later ticks are not asked for.
   * Throws E_POLICY_CLOSED, E_POLICY_FRAME, E_ALLOWED_BINS, E_POLICY_RUN, E_POLICY_OUTPUT, E_STATE_OUTPUT. After an
   * error the engine has forgotten the past, so that no half step stays in its context.
   */
  async decide(
    frame: TokenFrame,
    allowed: readonly AllowedBins[],
    options: DecideOptions = {},
  ): Promise<PolicyDecision> {
    return this.#inTurn(async () => {
      const { manifest, layout } = this.#policy;
      const context = { manifest, layout, sequence: this.#sequence, clock: this.#clock, rng: this.#rng };
      try {
        return await decideTokens(context, frame, allowed, options);
      } catch (error) {
        this.#sequence.erase();
        throw error;
      }
    });
  }

  /** Waits for the run in flight, then frees the native memory. Closing twice is harmless. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#inTurn(() => {
      this.#closed = true;
      return this.#graphs.close();
    });
  }

  /** The first runs of a session are slow; what does not fit shows here and not on an arm. */
  async #warmUp(): Promise<void> {
    const { layout } = this.#policy;
    await checkEmbedding(this.#policy, this.#graphs);
    const everyBin = { low: 0, high: actionValues(layout.spec) - 1 };
    const allowed = Array.from({ length: layout.executedTokens }, () => everyBin);
    await this.decide(blankFrame(layout), allowed);
    await this.reset(0);
  }

  /** Runs tasks one after another: native runs of one session must not overlap. */
  async #inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    const turn = this.#turn.then(async () => {
      if (this.#closed) {
        throw new ArmatureError('E_POLICY_CLOSED', `policy "${this.manifest.name}" has been closed`, {
          remedy: 'Create a new engine.',
        });
      }
      return task();
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
