import { availableParallelism } from 'node:os';
import { MonotonicClock } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { ArmatureError, InvalidFileError } from '../core/errors.ts';
import { Rng } from '../core/rng.ts';
import type { StepLayout } from '../tokens/layout.ts';
import type { TokenFrame } from '../tokens/token-frame.ts';
import type { LoadedPolicy } from './load-policy.ts';
import type { ModelManifest, Precision } from './model-manifest.ts';
import { PolicyGraphs } from './policy-graphs.ts';
import { PolicySequence } from './policy-sequence.ts';
import type { ExecutionProviderName } from './providers.ts';
import { sampleBin } from './sampling.ts';
import type { AllowedInterval } from './sampling.ts';
import { createState } from './state/create-state.ts';

export interface PolicyEngineOptions {
  /** Default: the fastest the provider has for this policy; int8 on a processor. */
  readonly precision?: Precision | undefined;
  /** Threads of one inference. Default: all cores but one, which the control loop keeps. */
  readonly threads?: number | undefined;
  /** Whether threads spin while a run lasts: for cores that nothing else uses. Default false. */
  readonly spinning?: boolean | undefined;
  /** Default cpu. A provider that cannot be had is an error, never a silent cpu. */
  readonly provider?: ExecutionProviderName | undefined;
  /** Measures inferenceNs. Default: the machine's monotonic clock. */
  readonly clock?: Clock | undefined;
}

export interface PolicyDecision {
  /** Gato ids of the action tokens, one per joint and control tick that will be carried out, in emission order. */
  readonly tokens: readonly number[];
  /** Probability of each token within its allowed bins, in [0, 1]. */
  readonly probabilities: readonly number[];
  /** Whether the first choice of each token was not allowed. */
  readonly masked: readonly boolean[];
  /** Time from the frame to the last token, ns. */
  readonly inferenceNs: number;
}

/** Looks at tokens as they are chosen, in emission order. */
export interface TokenReview {
  /** Bins, of those allowed, among which this token must be chosen again; undefined where the choice stands. */
  narrow(slot: number, bin: number, allowed: AllowedInterval): AllowedInterval | undefined;
  /** The choice that stands. */
  chose(slot: number, bin: number): void;
}

const everyChoiceStands: TokenReview = { narrow: () => undefined, chose: () => undefined };

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
  readonly #layout: StepLayout;
  readonly #graphs: PolicyGraphs;
  readonly #sequence: PolicySequence;
  readonly #clock: Clock;
  #rng = new Rng(0);
  #closed = false;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    { manifest, layout }: LoadedPolicy,
    { graphs, sequence }: { readonly graphs: PolicyGraphs; readonly sequence: PolicySequence },
    clock: Clock,
  ) {
    this.manifest = manifest;
    this.#layout = layout;
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
    const { provider = 'cpu', threads = Math.max(1, availableParallelism() - 1), precision } = options;
    const state = createState(policy.manifest);
    const graphs = await PolicyGraphs.open(policy, state, { provider, threads, precision, spinning: options.spinning });
    const sequence = new PolicySequence(graphs, state, policy.manifest.context.steps);
    const engine = new PolicyEngine(policy, { graphs, sequence }, options.clock ?? new MonotonicClock());
    try {
      await engine.#warmUp(policy);
    } catch (error) {
      await graphs.close();
      throw error;
    }
    return engine;
  }

  /** Forgets the past; the seed decides every draw until the next reset. */
  async reset(seed: number): Promise<void> {
    await this.#inTurn(() => {
      this.#sequence.forget();
      this.#rng = new Rng(seed);
    });
  }

  /**
   * Decides the action tokens of the control ticks until the next decision.
   * @param allowed bins of each of these tokens, in emission order, shape (executedTokens of the layout); no
   *   token outside them is emitted. Tokens of a chunk's later ticks are not asked for.
   * @param review may make a token be chosen once more
   * Throws E_POLICY_CLOSED, E_POLICY_FRAME, E_ALLOWED_BINS, E_POLICY_RUN, E_POLICY_OUTPUT. After an
   * error the engine has forgotten the past, so that no half step stays in its context.
   */
  async decide(frame: TokenFrame, allowed: readonly AllowedInterval[], review?: TokenReview): Promise<PolicyDecision> {
    return this.#inTurn(async () => {
      try {
        return await this.#decide(frame, allowed, review);
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

  async #decide(
    frame: TokenFrame,
    allowed: readonly AllowedInterval[],
    review: TokenReview = everyChoiceStands,
  ): Promise<PolicyDecision> {
    const { executedTokens, spec } = this.#layout;
    if (allowed.length !== executedTokens) {
      throw new ArmatureError('E_ALLOWED_BINS', 'each action token needs its interval of allowed bins', {
        expected: `${executedTokens} intervals`,
        found: String(allowed.length),
        remedy: 'Give one interval per entry of tokens.actions, for each control tick that is carried out.',
      });
    }
    const startNs = this.#clock.nowNs();
    const tokens: number[] = [];
    const probabilities: number[] = [];
    const maskedTokens: boolean[] = [];
    const { sampling, model } = this.manifest;
    const isParallel = model.actionTokens === 'parallel';
    const observed = await this.#sequence.pushObservation(frame);
    let logits = observed;
    for (const [slot, interval] of allowed.entries()) {
      const last = tokens.at(-1);
      if (isParallel) logits = observed.subarray(slot * spec.codec.bins, (slot + 1) * spec.codec.bins);
      else if (last !== undefined) logits = await this.#sequence.pushToken(last);
      const context = { allowed: interval, sampling, rng: this.#rng };
      const first = sampleBin(logits, context);
      const narrower = review.narrow(slot, first.bin, interval);
      const chosen = narrower === undefined ? first : sampleBin(logits, { ...context, allowed: narrower });
      review.chose(slot, chosen.bin);
      tokens.push(spec.codec.textVocabulary + chosen.bin);
      probabilities.push(chosen.probability);
      maskedTokens.push(chosen.masked || narrower !== undefined);
    }
    if (!isParallel) this.#sequence.pushLast(tokens.slice(-1));
    return { tokens, probabilities, masked: maskedTokens, inferenceNs: this.#clock.nowNs() - startNs };
  }

  async #warmUp({ manifest, layout, directory }: LoadedPolicy): Promise<void> {
    const { codec, patchSize } = layout.spec;
    const queries = manifest.model.actionTokens === 'parallel' ? layout.actionTokens - 1 : 0;
    const frame = {
      textIds: new Int32Array(layout.textTokens),
      stateIds: new Int32Array(layout.stateTokens).fill(codec.textVocabulary),
      patches: new Float32Array(layout.patches * patchSize ** 2 * 3),
    };
    const { positions } = await this.#graphs.embed(frame);
    if (positions !== layout.observationPositions + queries) {
      throw new InvalidFileError(`${directory}/policy.json`, 'describes another sequence than the embed graph makes', {
        expected: `${layout.observationPositions} observation positions, separator included, and ${queries} queries`,
        found: String(positions),
        remedy: 'Export the policy again.',
      });
    }
    const everyBin = { low: 0, high: codec.bins - 1 };
    await this.decide(
      frame,
      Array.from({ length: layout.executedTokens }, () => everyBin),
    );
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
