import type { Clock } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { StepLayout } from '../tokens/layout.ts';
import type { TokenFrame } from '../tokens/token-frame.ts';
import type { ModelManifest } from './model-manifest.ts';
import type { PolicySequence } from './policy-sequence.ts';
import { sampleBin } from './sampling.ts';
import type { AllowedInterval } from './sampling.ts';

export interface PolicyDecision {
  /** Gato ids of the action tokens, one per joint and control tick that will be carried out, in emission order. */
  readonly tokens: readonly number[];
  /** Probability of each token within its allowed bins, in [0, 1]; 0 of those that the deadline cut off. */
  readonly probabilities: readonly number[];
  /** Whether the first choice of each token was not allowed. */
  readonly masked: readonly boolean[];
  /** How many of the tokens, the last ones, the deadline cut off: they are those of `DecisionDeadline.keep`. */
  readonly kept: number;
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
  /** On the engine's clock, ns. Once it has passed, no further token is computed; the first always is. */
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
  allowed: readonly AllowedInterval[],
  { review = everyChoiceStands, deadline }: DecideOptions,
): Promise<PolicyDecision> {
  const { manifest, layout, sequence, clock, rng } = context;
  requireIntervals(allowed, layout);
  const { bins, textVocabulary } = layout.spec.codec;
  const isParallel = manifest.model.actionTokens === 'parallel';
  const startNs = clock.nowNs();
  const tokens: number[] = [];
  const probabilities: number[] = [];
  const masked: boolean[] = [];
  const observed = await sequence.pushObservation(frame);
  let logits = observed;
  for (const [slot, interval] of allowed.entries()) {
    const last = tokens.at(-1);
    if (isParallel) logits = observed.subarray(slot * bins, (slot + 1) * bins);
    else if (last !== undefined) {
      if (deadline !== undefined && clock.nowNs() >= deadline.atNs) break;
      logits = await sequence.pushToken(last);
    }
    const settings = { allowed: interval, sampling: manifest.sampling, rng };
    const first = sampleBin(logits, settings);
    const narrower = review.narrow(slot, first.bin, interval);
    const chosen = narrower === undefined ? first : sampleBin(logits, { ...settings, allowed: narrower });
    review.chose(slot, chosen.bin);
    tokens.push(textVocabulary + chosen.bin);
    probabilities.push(chosen.probability);
    masked.push(chosen.masked || narrower !== undefined);
  }
  const decided = tokens.length;
  for (const [slot, { low, high }] of allowed.entries()) {
    if (slot < decided) continue;
    const bin = Math.min(Math.max(deadline?.keep[slot] ?? low, low), high);
    tokens.push(textVocabulary + bin);
    probabilities.push(0);
    masked.push(false);
  }
  // What is done is the past, whoever decided it.
  if (!isParallel) sequence.pushLast(tokens.slice(decided - 1));
  const kept = tokens.length - decided;
  return { tokens, probabilities, masked, kept, inferenceNs: clock.nowNs() - startNs };
}

function requireIntervals(allowed: readonly AllowedInterval[], { executedTokens }: StepLayout): void {
  if (allowed.length === executedTokens) return;
  throw new ArmatureError('E_ALLOWED_BINS', 'each action token needs its interval of allowed bins', {
    expected: `${executedTokens} intervals`,
    found: String(allowed.length),
    remedy: 'Give one interval per entry of tokens.actions, for each control tick that is carried out.',
  });
}
