import { ArmatureError } from '../core/errors.ts';
import type { TextSpec } from './layout-spec.ts';
import { MAXIMUM_CHARACTERS, UNKNOWN_PIECE_ID } from './pieces.ts';
import type { PieceVocabulary } from './pieces.ts';

/** Fills the text positions behind the instruction; also index 0 of every vocabulary, which is no word. */
export const PADDING_ID = 0;

/**
 * Entry of a list of words that stands for every word it does not hold; a policy that has it was trained to
 * act on the rest of what is said. No word of an instruction can be spelled so.
 */
export const UNKNOWN_WORD = '<unknown>';

/** How a policy reads instructions; a StepLayout is one. */
export interface TextReader {
  readonly spec: { readonly text: TextSpec };
  /** Of a text of kind `sentencepiece`. */
  readonly pieces?: PieceVocabulary | undefined;
}

/** How many text ids there are: they are [0, this). */
export function textIdCount(text: TextSpec): number {
  return text.kind === 'words' ? text.vocabulary.length : text.pieces;
}

type WordText = Extract<TextSpec, { kind: 'words' }>;

/**
 * Lower-case words of an instruction: punctuation and symbols are dropped, letters, marks and digits
 * stay, everything else separates.
 */
export function splitWords(instruction: string): string[] {
  const lettersAndGaps = instruction.toLowerCase().replaceAll(/[\p{P}\p{S}]/gu, '');
  return lettersAndGaps.split(/[^\p{L}\p{M}\p{N}]+/u).filter((word) => word !== '');
}

/** Words of an instruction that a policy does not know, in the order in which they are said. */
export function unknownWords({ spec: { text }, pieces }: TextReader, instruction: string): string[] {
  const words = splitWords(instruction);
  if (text.kind === 'words') return words.filter((word) => wordId(text, word) === -1);
  const known = text.trainedIds === undefined ? undefined : new Set(text.trainedIds);
  const isKnown = (id: number): boolean => id !== UNKNOWN_PIECE_ID && known?.has(id) !== false;
  return words.filter((word) => !requirePieces(pieces).encode(word).every(isKnown));
}

/**
 * The ids of an instruction, padded with 0: shape (text.positions). Of a list of words one id per word, its
 * index; of SentencePiece the likeliest pieces.
 * Throws E_UNKNOWN_WORDS where a list of words has no entry for words it does not hold, and E_TEXT_TOO_LONG.
 */
export function encodeText({ spec: { text }, pieces }: TextReader, instruction: string): Int32Array {
  const ids = text.kind === 'words' ? wordIds(text, instruction) : pieceIds(requirePieces(pieces), instruction);
  if (ids.length > text.positions) {
    const unit = text.kind === 'words' ? 'words' : 'pieces';
    throw tooLong(instruction, `at most ${text.positions} ${unit}`, String(ids.length));
  }
  const padded = new Int32Array(text.positions).fill(PADDING_ID);
  padded.set(ids);
  return padded;
}

/**
 * How many text positions each word of an instruction takes, in the order in which they stand. Empty where positions do
 * not belong to words alone, as with pieces that hold punctuation.
 */
export function wordTokenCounts({ spec: { text }, pieces }: TextReader, instruction: string): number[] {
  const words = splitWords(instruction);
  if (text.kind === 'words') return words.map(() => 1);
  const vocabulary = requirePieces(pieces);
  const counts = words.map((word) => vocabulary.encode(word).length);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return total === vocabulary.encode(instruction).length ? counts : [];
}

function wordIds(text: WordText, instruction: string): number[] {
  const words = splitWords(instruction);
  const fallback = wordId(text, UNKNOWN_WORD);
  const unknown = words.filter((word) => wordId(text, word) === -1);
  if (unknown.length > 0 && fallback === -1) {
    throw new ArmatureError('E_UNKNOWN_WORDS', `the policy does not know words of the instruction "${instruction}"`, {
      expected: `only: ${text.vocabulary
        .slice(PADDING_ID + 1)
        .toSorted()
        .join(', ')}`,
      found: unknown.join(', '),
      remedy: 'Say it in these words, or use a policy trained on more.',
    });
  }
  const known = words.map((word) => wordId(text, word));
  return known.map((id) => (id === -1 ? fallback : id));
}

function wordId({ vocabulary }: WordText, word: string): number {
  return vocabulary.indexOf(word, PADDING_ID + 1);
}

function pieceIds(vocabulary: PieceVocabulary, instruction: string): number[] {
  const characters = Array.from(instruction).length;
  if (characters <= MAXIMUM_CHARACTERS) return vocabulary.encode(instruction);
  const beginning = `${instruction.slice(0, 60)}…`;
  throw tooLong(beginning, `at most ${MAXIMUM_CHARACTERS} characters`, String(characters));
}

function tooLong(instruction: string, expected: string, found: string): ArmatureError {
  return new ArmatureError('E_TEXT_TOO_LONG', `the instruction "${instruction}" is too long for the policy`, {
    expected,
    found,
    remedy: 'Shorten it.',
  });
}

function requirePieces(pieces: PieceVocabulary | undefined): PieceVocabulary {
  if (pieces !== undefined) return pieces;
  throw new ArmatureError('E_INVALID_LAYOUT', 'the token layout names a vocabulary that was not given', {
    remedy: 'Give it to createLayout, or load the policy with loadPolicy.',
  });
}
