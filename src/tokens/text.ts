import { ArmatureError } from '../core/errors.ts';
import type { LayoutSpec } from './layout-spec.ts';

/** Fills the text positions behind the instruction; also index 0 of the vocabulary, which is no word. */
export const PADDING_ID = 0;

/**
 * Entry of a vocabulary that stands for every word it does not hold; a policy that has it was trained to
 * act on the rest of what is said. No word of an instruction can be spelled so.
 */
export const UNKNOWN_WORD = '<unknown>';

/**
 * Lower-case words of an instruction: punctuation and symbols are dropped, letters, marks and digits
 * stay, everything else separates.
 */
export function splitWords(instruction: string): string[] {
  const lettersAndGaps = instruction.toLowerCase().replaceAll(/[\p{P}\p{S}]/gu, '');
  return lettersAndGaps.split(/[^\p{L}\p{M}\p{N}]+/u).filter((word) => word !== '');
}

/** Words of an instruction that a policy does not know, in the order in which they are said. */
export function unknownWords(text: LayoutSpec['text'], instruction: string): string[] {
  return splitWords(instruction).filter((word) => text.vocabulary.indexOf(word, PADDING_ID + 1) === -1);
}

/**
 * One id per word (its index in the vocabulary), padded with 0: shape (text.positions).
 * Throws E_UNKNOWN_WORDS where the vocabulary has no entry for words it does not hold, and E_TEXT_TOO_LONG.
 */
export function encodeText(text: LayoutSpec['text'], instruction: string): Int32Array {
  const words = splitWords(instruction);
  const fallback = text.vocabulary.indexOf(UNKNOWN_WORD, PADDING_ID + 1);
  const unknown = unknownWords(text, instruction);
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
  if (words.length > text.positions) {
    throw new ArmatureError('E_TEXT_TOO_LONG', `the instruction "${instruction}" has too many words`, {
      expected: `at most ${text.positions}`,
      found: String(words.length),
      remedy: 'Shorten it.',
    });
  }
  const padded = new Int32Array(text.positions).fill(PADDING_ID);
  const known = words.map((word) => text.vocabulary.indexOf(word, PADDING_ID + 1));
  padded.set(known.map((id) => (id === -1 ? fallback : id)));
  return padded;
}
