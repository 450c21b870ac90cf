import type { AgentDecision } from '../core/agent.ts';
import type { Observation } from '../core/observation.ts';
import type { StepLayout } from '../tokens/layout.ts';
import { splitWords, unknownWords } from '../tokens/text.ts';
import { TokenEncoder } from '../tokens/token-frame.ts';

/** The tokens of one decision in words and numbers, in the order of the sequence. */
export interface TokenStrip {
  /** Control tick of the observation. */
  readonly tick: number;
  readonly words: readonly { readonly word: string; readonly isKnown: boolean }[];
  /** Patches of each camera. */
  readonly images: readonly { readonly camera: string; readonly patches: number }[];
  /** Value tokens of each modality, shape (J). */
  readonly states: readonly { readonly name: string; readonly ids: readonly number[] }[];
  /** What was chosen for each joint, how sure the policy was, and whether it would have chosen another one, had it been allowed. */
  readonly actions: readonly {
    readonly joint: string;
    readonly id: number;
    readonly probability: number;
    readonly isMasked: boolean;
  }[];
}

/** Says which tokens a policy was given and which it gave. One per policy. */
export class TokenStripReader {
  readonly #encoder: TokenEncoder;

  constructor(layout: StepLayout) {
    this.#encoder = new TokenEncoder(layout);
  }

  /**
   * @param observation what was decided on
   * @returns undefined where no tokens are behind the decision. Throws as TokenEncoder.encode does.
   */
  read(observation: Observation, { trace }: AgentDecision): TokenStrip | undefined {
    if (trace === undefined) return undefined;
    const { stateIds } = this.#encoder.encode(observation);
    const { layout } = this.#encoder;
    const { segments, joints, spec } = layout;
    const unknown = new Set(unknownWords(layout, observation.instruction));
    return {
      tick: observation.tick,
      words: splitWords(observation.instruction).map((word) => ({ word, isKnown: !unknown.has(word) })),
      images: segments
        .filter(({ kind }) => kind === 'image')
        .map(({ name, positions }) => ({ camera: name, patches: positions })),
      states: segments
        .filter(({ kind }) => kind === 'state')
        .map(({ name, firstInFrame }) => ({
          name,
          ids: Array.from(stateIds.subarray(firstInFrame, firstInFrame + joints)),
        })),
      actions: spec.actions.map(({ joint }, index) => ({
        joint,
        id: trace.actionTokens[index] ?? -1,
        probability: trace.probabilities[index] ?? 0,
        isMasked: trace.masked[index] ?? false,
      })),
    };
  }
}
