import type { Clock } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { StepLayout } from '../tokens/layout.ts';
import { actionValues, firstActionId } from '../tokens/layout-spec.ts';
import type { TokenFrame } from '../tokens/token-frame.ts';
import type { ModelManifest } from './model-manifest.ts';
import type { PolicySequence } from './policy-sequence.ts';
import { sampleBin } from './sampling.ts';
import type { AllowedBins, AllowedInterval, SampledBin, SamplingContext } from './sampling.ts';
import { observationRows } from './warm-up.ts';

export interface PolicyDecision {
  /** Gato ids of the action tokens, one per joint, or a choice, and control tick that will be carried out, in emission order. */
  readonly tokens: readonly number[];
  /** Probability of each token within its allowed bins, in [0, 1]; 0 of those that the deadline cut off. */
  readonly probabilities: readonly number[];
  /** Whether the first choice of each token was not allowed. */
  readonly masked: readonly boolean[];
  /** What each token was chosen among in the end. */
  readonly allowed: readonly AllowedBins[];
  /** The bin of each token that was likeliest of all, allowed or not; of those that the deadline cut off, the one that was kept. */
  readonly likeliest: readonly number[];
  /** How many of the tokens, the last ones, the deadline cut off: they are those of `DecisionDeadline.keep`. */
  readonly kept: number;
  /**
   * What the decided tokens attended to: a weight per observation position of the layout, as the mean over layers, heads and
   * tokens, each >= 0, together <= 1. Only where the engine was asked for it and its rows are the layout's positions.
   */
  readonly attention?: Float32Array;
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

/** When a decision has to be there, finished or not. */
export interface DecisionDeadline {
  /**
   * On the engine's clock, ns. A token that would come later, as the one before it took, is not computed, nor are those
   * behind it; the first always is.
   */
  readonly atNs: number;
  /** Bins with which the joints keep their last target, in emission order, shape (executedTokens). */
  readonly keep: readonly number[];
}

export interface DecideOptions {
  /** May make a token be chosen once more. Default: every choice stands. */
  readonly review?: TokenReview | undefined;
  /** Default: the decision takes as long as it takes. */
  readonly deadline?: DecisionDeadline | undefined;
}

/** What decides, and in what situation. */
export interface DecisionContext {
  readonly manifest: ModelManifest;
  readonly layout: StepLayout;
  readonly sequence: PolicySequence;
  readonly clock: Clock;
  readonly rng: Rng;
}

const everyChoiceStands: TokenReview = { narrow: () => undefined, chose: () => undefined };

/** Runs one decision, see PolicyEngine.decide. After an error the sequence holds half a step. */
export async function decideTokens(
  context: DecisionContext,
  frame: TokenFrame,
  allowed: readonly AllowedBins[],
  { review = everyChoiceStands, deadline }: DecideOptions,
): Promise<PolicyDecision> {
  const { manifest, layout, sequence, clock, rng } = context;
  requireIntervals(allowed, layout);
  const [values, firstId] = [actionValues(layout.spec), firstActionId(layout.spec)];
  const isParallel = manifest.model.actionTokens === 'parallel';
  const startNs = clock.nowNs();
  const chosen: ChosenToken[] = [];
  const observed = await sequence.pushObservation(frame);
  let logits = observed;
  const attention = attentionOf(context);
  const timer = new TokenTimer(clock, deadline?.atNs);
  for (const [slot, interval] of allowed.entries()) {
    const last = chosen.at(-1);
    if (isParallel) logits = observed.subarray(slot * values, (slot + 1) * values);
    else if (last !== undefined) {
      if (timer.nextIsLate()) break;
      logits = await sequence.pushToken(firstId + last.bin);
      addAttention(attention, sequence.attention);
    }
    chosen.push(chooseToken(logits, { slot, interval, review }, { sampling: manifest.sampling, rng }));
  }
  const decided = chosen.length;
  for (const [slot, interval] of allowed.entries()) {
    if (slot >= decided) chosen.push(keptToken(interval, deadline?.keep[slot]));
  }
  const tokens = chosen.map(({ bin }) => firstId + bin);
  // What is done is the past, whoever decided it.
  if (!isParallel) sequence.pushLast(tokens.slice(decided - 1));
  return {
    tokens,
    probabilities: chosen.map(({ probability }) => probability),
    masked: chosen.map((token) => token.masked),
    allowed: chosen.map((token) => token.allowed),
    likeliest: chosen.map(({ likeliest }) => likeliest),
    kept: tokens.length - decided,
    inferenceNs: clock.nowNs() - startNs,
    ...(attention === undefined ? {} : { attention: attention.map((sum) => sum / (isParallel ? 1 : decided)) }),
  };
}

/** A bin with what PolicyDecision tells of it. */
interface ChosenToken extends SampledBin {
  readonly allowed: AllowedBins;
}

interface TokenChoice {
  readonly slot: number;
  readonly interval: AllowedBins;
  readonly review: TokenReview;
}

function chooseToken(
  logits: Float32Array,
  { slot, interval, review }: TokenChoice,
  settings: Pick<SamplingContext, 'sampling' | 'rng'>,
): ChosenToken {
  const first = sampleBin(logits, { ...settings, allowed: interval });
  // A review knows the bins of joints, which are intervals; a choice from a set stands.
  const narrower = 'bins' in interval ? undefined : review.narrow(slot, first.bin, interval);
  const chosen = narrower === undefined ? first : sampleBin(logits, { ...settings, allowed: narrower });
  review.chose(slot, chosen.bin);
  return { ...chosen, masked: chosen.masked || narrower !== undefined, allowed: narrower ?? interval };
}

function keptToken(interval: AllowedBins, keep: number | undefined): ChosenToken {
  const bin = keptBin(interval, keep);
  return { bin, probability: 0, masked: false, likeliest: bin, allowed: interval };
}

/** What the first token, or in parallel all of them, attended to of each position of the layout; undefined where that is not told. */
function attentionOf({ manifest, layout, sequence }: DecisionContext): Float32Array | undefined {
  if (observationRows(manifest, layout) !== layout.observationPositions) return undefined;
  // Behind the observation may stand queries.
  return sequence.attention?.slice(0, layout.observationPositions);
}

function addAttention(sum: Float32Array | undefined, one: Float32Array | undefined): void {
  if (sum === undefined || one === undefined) return;
  for (const [position, weight] of one.entries()) sum[position] = (sum[position] ?? 0) + weight;
}

/** Knows whether the next token would come in time: it takes as long as the one before. */
class TokenTimer {
  readonly #clock: Clock;
  readonly #deadlineNs: number | undefined;
  #begunNs: number | undefined;

  constructor(clock: Clock, deadlineNs: number | undefined) {
    this.#clock = clock;
    this.#deadlineNs = deadlineNs;
  }

  /** Asked before each token but the first, which is then begun. */
  nextIsLate(): boolean {
    if (this.#deadlineNs === undefined) return false;
    const nowNs = this.#clock.nowNs();
    const tokenNs = nowNs - (this.#begunNs ?? nowNs);
    this.#begunNs = nowNs;
    return nowNs + tokenNs >= this.#deadlineNs;
  }
}

/** The bin to keep, or the allowed one that comes nearest. */
function keptBin(allowed: AllowedBins, keep: number | undefined): number {
  if ('bins' in allowed) return allowed.bins.find((bin) => bin === keep) ?? allowed.bins[0] ?? 0;
  const { low, high } = allowed;
  return Math.min(Math.max(keep ?? low, low), high);
}

function requireIntervals(allowed: readonly AllowedBins[], { executedTokens }: StepLayout): void {
  if (allowed.length === executedTokens) return;
  throw new ArmatureError('E_ALLOWED_BINS', 'each action token needs its interval of allowed bins', {
    expected: `${executedTokens} intervals`,
    found: String(allowed.length),
    remedy: 'Give one interval per entry of tokens.actions, for each control tick that is carried out.',
  });
}
