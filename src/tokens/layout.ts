import { requireValidLayout } from './check-layout.ts';
import { stateWidth, tokensPerTick } from './layout-spec.ts';
import type { LayoutSpec } from './layout-spec.ts';
import { patchPositions } from './patch-positions.ts';
import type { PatchPositions } from './patch-positions.ts';
import type { PieceVocabulary } from './pieces.ts';

/** Local position of action tokens: they carry none (Gato, figure 18). */
export const NO_POSITION = -1;

type SegmentKind = 'text' | 'image' | 'state' | 'separator' | 'action';

/** A run of positions of one control step. */
export interface Segment {
  readonly kind: SegmentKind;
  /** Camera or modality; of the other kinds the kind's own name. */
  readonly name: string;
  /** Among the positions of the step. */
  readonly firstPosition: number;
  readonly positions: number;
  /** More than one where embeddings are summed into one position. */
  readonly tokensPerPosition: number;
  /** Among the tokens of the step: words, patches, values, separator, actions. */
  readonly firstToken: number;
  /** Within the array of a TokenFrame that holds this kind: text ids, patches, state ids. */
  readonly firstInFrame: number;
}

/**
 * The sequence of one control step. The order is Gato's (arXiv 2205.06175, appendix B): text, image
 * patches camera by camera, state modality by modality, separator, actions.
 *
 * `exact` gives each state value a position. `packed` gives each modality one position, where the
 * embeddings of its values are summed; a sum cannot tell joints apart by itself, so the model needs a
 * projection of its own for each value of a position.
 */
export interface StepLayout {
  readonly spec: LayoutSpec;
  /** Of a text of kind `sentencepiece`, otherwise undefined. */
  readonly pieces: PieceVocabulary | undefined;
  readonly segments: readonly Segment[];
  readonly joints: number;
  /** Lengths of the arrays of a TokenFrame. */
  readonly textTokens: number;
  readonly patches: number;
  readonly stateTokens: number;
  /** Separator included. */
  readonly observationPositions: number;
  /** Of all control ticks of a chunk. */
  readonly actionTokens: number;
  /** Of those control ticks that are carried out before the next decision; they come first. */
  readonly executedTokens: number;
  readonly positionsPerStep: number;
  readonly tokensPerStep: number;
  /** Position of each token, shape (tokensPerStep). */
  readonly tokenPositions: Int32Array;
  /** Row of the local position table per position, NO_POSITION for actions, shape (positionsPerStep). */
  readonly localPositions: Int32Array;
  readonly patchPositions: PatchPositions;
}

/** One line of the step's sequence, before it has its place. */
type Line = Pick<Segment, 'kind' | 'name' | 'positions' | 'tokensPerPosition'>;

/** The sequence format, once: everything else reads this table. Mirrored in training/tokens.py. */
function sequence(spec: LayoutSpec): Line[] {
  const packed = spec.layout === 'packed';
  const single = { tokensPerPosition: 1 };
  return [
    { kind: 'text', name: 'instruction', positions: spec.text.positions, ...single },
    ...spec.cameras.map(({ name, width, height }): Line => ({
      kind: 'image',
      name,
      positions: (height / spec.patchSize) * (width / spec.patchSize),
      ...single,
    })),
    ...spec.state.map((modality): Line => ({
      kind: 'state',
      name: modality.name,
      positions: packed ? 1 : stateWidth(spec, modality),
      tokensPerPosition: packed ? stateWidth(spec, modality) : 1,
    })),
    { kind: 'separator', name: 'separator', positions: 1, ...single },
    { kind: 'action', name: 'actions', positions: tokensPerTick(spec) * spec.chunk.steps, ...single },
  ];
}

/**
 * Lays out one control step. Throws E_INVALID_LAYOUT for a spec that contradicts itself.
 * @param pieces the vocabulary that spec.text names, where it is of kind `sentencepiece`
 */
export function createLayout(spec: LayoutSpec, pieces?: PieceVocabulary): StepLayout {
  requireValidLayout(spec, pieces);
  const segments: Segment[] = [];
  const totals = { text: 0, image: 0, state: 0, separator: 0, action: 0 };
  const tokenPositions: number[] = [];
  let position = 0;
  for (const line of sequence(spec)) {
    const firstToken = tokenPositions.length;
    segments.push({ ...line, firstPosition: position, firstToken, firstInFrame: totals[line.kind] });
    const end = position + line.positions;
    for (; position < end; position += 1) {
      for (let count = 0; count < line.tokensPerPosition; count += 1) tokenPositions.push(position);
    }
    totals[line.kind] += line.positions * line.tokensPerPosition;
  }
  const observationPositions = position - totals.action;
  return {
    spec,
    pieces,
    segments,
    joints: spec.actions.length,
    textTokens: totals.text,
    patches: totals.image,
    stateTokens: totals.state,
    observationPositions,
    actionTokens: totals.action,
    executedTokens: tokensPerTick(spec) * spec.chunk.execute,
    positionsPerStep: position,
    tokensPerStep: tokenPositions.length,
    tokenPositions: Int32Array.from(tokenPositions),
    localPositions: Int32Array.from({ length: position }, (_, index) =>
      index < observationPositions ? index : NO_POSITION,
    ),
    patchPositions: patchPositions(spec),
  };
}
