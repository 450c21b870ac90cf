import { encodeAction } from '../actions/action-codec.ts';
import type { AgentDecision, DecisionTrace } from '../core/agent.ts';
import type { Observation } from '../core/observation.ts';
import type { Segment, StepLayout } from '../tokens/layout.ts';
import { actionValues, firstActionId } from '../tokens/layout-spec.ts';
import { splitWords, unknownWords, wordTokenCounts } from '../tokens/text.ts';
import { TokenEncoder } from '../tokens/token-frame.ts';

/** The tokens of one decision in words and numbers, in the order of the sequence. */
export interface TokenStrip {
  /** Control tick of the observation. */
  readonly tick: number;
  readonly words: readonly { readonly word: string; readonly isKnown: boolean }[];
  /** Patches of each camera, in rows of `columns`. */
  readonly images: readonly { readonly camera: string; readonly patches: number; readonly columns: number }[];
  /** Value tokens of each modality, shape (J). */
  readonly states: readonly { readonly name: string; readonly ids: readonly number[] }[];
  readonly actions: readonly ActionToken[];
  /** How many bins an action token is one of. */
  readonly bins: number;
  /** Null where the policy does not tell. */
  readonly attention: StripAttention | null;
}

/** What was chosen for a joint, and among what. */
export interface ActionToken {
  readonly joint: string;
  readonly id: number;
  /** The bin that the token stands for, in [0, bins). */
  readonly bin: number;
  /** How sure the policy was of it, in [0, 1]. */
  readonly probability: number;
  /** Whether it would have been another one, had all bins been allowed. */
  readonly isMasked: boolean;
  /** Whether nothing was chosen, since the deadline had passed: the joint keeps its last target. */
  readonly isKept: boolean;
  /** First and last bin that were allowed; null where nobody tells. */
  readonly allowed: readonly number[] | null;
  /** The bin that was likeliest of all, allowed or not; null where nobody tells. */
  readonly likeliest: number | null;
}

/** Shares of the attention of the action tokens, each in [0, 1]. What is missing to 1 went to what lies before and behind. */
export interface StripAttention {
  /** All of the text, its padding included. */
  readonly text: number;
  /** Of each word; empty where a policy does not read word by word. */
  readonly words: readonly number[];
  /** Of each camera, its patches in raster order. */
  readonly images: readonly (readonly number[])[];
  /** Of each modality: one for each value, or one for all where they share a position. */
  readonly states: readonly (readonly number[])[];
  readonly separator: number;
}

/** Says which tokens a policy was given and which it gave. One per policy. */
export class TokenStripReader {
  readonly layout: StepLayout;
  readonly #encoder: TokenEncoder;
  /** Of the newest decision that told: in later ticks of a chunk it is what they were decided on. */
  #attention: StripAttention | null = null;

  constructor(layout: StepLayout) {
    this.layout = layout;
    this.#encoder = new TokenEncoder(layout);
  }

  /** The action tokens that come nearest to a target: see encodeAction. */
  actionTokens(targetRad: ArrayLike<number>, commandRad: ArrayLike<number>): number[] {
    return [...encodeAction(this.layout.spec, targetRad, commandRad).ids];
  }

  /**
   * @param observation what was decided on
   * @returns undefined where no tokens are behind the decision. Throws as TokenEncoder.encode does.
   */
  read(observation: Observation, { trace, attention }: AgentDecision): TokenStrip | undefined {
    if (trace === undefined) return undefined;
    if (attention !== undefined) this.#attention = stripAttention(this.layout, observation.instruction, attention);
    const { stateIds } = this.#encoder.encode(observation);
    const { layout } = this;
    const { segments, joints, spec } = layout;
    const { instruction } = observation;
    const unknown = new Set(unknownWords(layout, instruction));
    return {
      tick: observation.tick,
      words: splitWords(instruction).map((word) => ({ word, isKnown: !unknown.has(word) })),
      images: segments
        .filter(({ kind }) => kind === 'image')
        .map(({ name, positions }) => ({ camera: name, patches: positions, columns: columnsOf(layout, name) })),
      states: segments
        .filter(({ kind }) => kind === 'state')
        .map(({ name, firstInFrame }) => ({
          name,
          ids: Array.from(stateIds.subarray(firstInFrame, firstInFrame + joints)),
        })),
      actions: spec.actions.map(({ joint }, index) => actionToken(layout, trace, { joint, index })),
      bins: actionValues(spec),
      attention: this.#attention,
    };
  }
}

function columnsOf({ spec }: StepLayout, camera: string): number {
  return (spec.cameras.find(({ name }) => name === camera)?.width ?? spec.patchSize) / spec.patchSize;
}

function actionToken(
  { spec }: StepLayout,
  trace: DecisionTrace,
  { joint, index }: { readonly joint: string; readonly index: number },
): ActionToken {
  const id = trace.actionTokens[index] ?? -1;
  const allowed = trace.allowed?.[index];
  return {
    joint,
    id,
    bin: id - firstActionId(spec),
    probability: trace.probabilities[index] ?? 0,
    isMasked: trace.masked[index] ?? false,
    isKept: index >= trace.actionTokens.length - (trace.keptJoints ?? 0),
    allowed: allowed === undefined ? null : [allowed.low, allowed.high],
    likeliest: trace.likeliest?.[index] ?? null,
  };
}

/**
 * Maps weights of positions to what stands there, rounded to what an eye can tell.
 * @param weights one per observation position, see AgentDecision
 */
export function stripAttention(layout: StepLayout, instruction: string, weights: Float32Array): StripAttention {
  const of = ({ firstPosition, positions }: Segment): number[] =>
    Array.from(weights.subarray(firstPosition, firstPosition + positions), rounded);
  const all = (kind: Segment['kind']): number[][] => layout.segments.filter((segment) => segment.kind === kind).map(of);
  const text = all('text').flat();
  let first = 0;
  const words = wordTokenCounts(layout, instruction).map((count) => {
    first += count;
    return rounded(sum(text.slice(first - count, first)));
  });
  const separator = rounded(sum(all('separator').flat()));
  return { text: rounded(sum(text)), words, images: all('image'), states: all('state'), separator };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function rounded(share: number): number {
  return Math.round(share * 1e5) / 1e5;
}
