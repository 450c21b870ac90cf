import { MonotonicClock } from '../core/clock.ts';
import { Rng } from '../core/rng.ts';
import type { StepLayout } from '../tokens/layout.ts';
import { textIdCount } from '../tokens/text.ts';
import type { TokenFrame } from '../tokens/token-frame.ts';
import { PolicyEngine } from './engine.ts';
import type { PolicyEngineOptions } from './engine.ts';
import type { LoadedPolicy } from './load-policy.ts';
import type { Precision } from './model-manifest.ts';
import { blankFrame } from './warm-up.ts';

/** What a policy decided, greedily, on a frame of the probe. */
export interface ProbeAnswer {
  /** Shape (executed tokens), as is `probabilities`. */
  readonly tokens: readonly number[];
  readonly probabilities: readonly number[];
}

export interface PolicyProbe {
  readonly precision: Precision;
  readonly answers: readonly ProbeAnswer[];
  /** Of a decision, ns. */
  readonly medianNs: number;
  /** Until the policy could decide, ns. */
  readonly loadNs: number;
}

/** Decisions that are compared, one after another, so that each sees those before where the policy looks back. */
const COMPARED = 5;
/** Decisions that are timed, and when to stop before that, ns. */
const TIMED = 20;
const TIMING_BUDGET_NS = 1.5e9;
const SEED = 1;

/** Runs a policy on frames that are the same everywhere: what it decides, and how long it takes. Throws what PolicyEngine throws. */
export async function probePolicy(policy: LoadedPolicy, options: PolicyEngineOptions): Promise<PolicyProbe> {
  const clock = new MonotonicClock();
  const startNs = clock.nowNs();
  // Draws would hide what differs.
  const greedy = { ...policy, manifest: { ...policy.manifest, sampling: { kind: 'greedy' as const } } };
  const engine = await PolicyEngine.create(greedy, options);
  try {
    const loadNs = clock.nowNs() - startNs;
    const frames = probeFrames(policy.layout, COMPARED);
    const allowed = Array.from({ length: policy.layout.executedTokens }, () => ({
      low: 0,
      high: policy.layout.spec.codec.bins - 1,
    }));
    await engine.reset(SEED);
    const answers: ProbeAnswer[] = [];
    for (const frame of frames) {
      const { tokens, probabilities } = await engine.decide(frame, allowed);
      answers.push({ tokens, probabilities });
    }
    const timesNs: number[] = [];
    const timingNs = clock.nowNs();
    while (timesNs.length < TIMED && (timesNs.length < 3 || clock.nowNs() - timingNs < TIMING_BUDGET_NS)) {
      const beganNs = clock.nowNs();
      await engine.decide(frames[timesNs.length % COMPARED] ?? blankFrame(policy.layout), allowed);
      timesNs.push(clock.nowNs() - beganNs);
    }
    const medianNs = timesNs.toSorted((left, right) => left - right)[timesNs.length >> 1] ?? 0;
    return { precision: engine.precision, answers, medianNs, loadNs };
  } finally {
    await engine.close();
  }
}

/** Frames of random values that any observation could have. */
function probeFrames(layout: StepLayout, count: number): TokenFrame[] {
  const rng = new Rng(SEED);
  const { text, codec } = layout.spec;
  const textRows = textIdCount(text);
  return Array.from({ length: count }, () => {
    const { textIds, stateIds, patches } = blankFrame(layout);
    return {
      textIds: textIds.map(() => rng.integer(textRows)),
      stateIds: stateIds.map(() => codec.textVocabulary + rng.integer(codec.bins)),
      patches: patches.map(() => rng.uniform(-0.25, 0.25)),
    };
  });
}

/** By how much a probability may differ, and by which share of it: what orders of adding and half precision amount to. */
const PROBABILITY_TOLERANCE = 0.02;
const PROBABILITY_TOLERANCE_SHARE = 0.05;
/** Decisions that may choose another bin that is as likely. */
const TIES_ALLOWED = 1;

/**
 * What stands against taking `found` for `expected`; undefined when they agree. Rounding may turn over a choice
 * between two bins that are as likely; from that token on the two decisions have nothing in common any more, and
 * only one of them may be such.
 */
export function disagreement(expected: readonly ProbeAnswer[], found: readonly ProbeAnswer[]): string | undefined {
  if (expected.length !== found.length) return `it decided ${found.length} times instead of ${expected.length}`;
  let ties = 0;
  for (const [index, { tokens, probabilities }] of expected.entries()) {
    const other = found[index];
    if (other?.tokens.length !== tokens.length) return 'it emits another number of tokens';
    const differs = tokens.findIndex((token, slot) => other.tokens[slot] !== token);
    const compared = differs === -1 ? tokens.length : differs + 1;
    for (let slot = 0; slot < compared; slot += 1) {
      const [wanted = Number.NaN, has = Number.NaN] = [probabilities[slot], other.probabilities[slot]];
      // Not a number is not within either.
      if (
        Math.abs(wanted - has) <=
        Math.max(PROBABILITY_TOLERANCE_SHARE * wanted, Math.min(PROBABILITY_TOLERANCE, wanted))
      )
        continue;
      return `token ${slot + 1} of decision ${index + 1} is ${described(other, slot)} instead of ${described({ tokens, probabilities }, slot)}`;
    }
    if (differs === -1) continue;
    ties += 1;
    if (ties > TIES_ALLOWED)
      return `token ${differs + 1} of decision ${index + 1} is ${described(other, differs)} instead of ${described({ tokens, probabilities }, differs)}, and not the only one that differs`;
  }
  return undefined;
}

function described({ tokens, probabilities }: ProbeAnswer, slot: number): string {
  return `${tokens[slot]} with probability ${(probabilities[slot] ?? Number.NaN).toFixed(3)}`;
}
