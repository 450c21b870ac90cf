import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNKNOWN_WORD, encodeText, splitWords, unknownWords, wordTokenCounts } from '../../src/tokens/text.ts';
import type { TextReader } from '../../src/tokens/text.ts';
import { exampleLayout } from './example-layout.ts';

const spec = exampleLayout();
const words = spec.text.kind === 'words' ? spec.text.vocabulary : [];
const text = { spec };

function reader(vocabulary: readonly string[], positions: number): TextReader {
  return { spec: { text: { kind: 'words', vocabulary: [...vocabulary], positions } } };
}

describe('text', () => {
  it('ignores case, punctuation and the kind of white space', () => {
    expect(splitWords('  Pick up,\tthe "RED" cube!\n')).toEqual(['pick', 'up', 'the', 'red', 'cube']);
  });

  it('gives each word a position of its own', () => {
    expect(wordTokenCounts(text, 'Pick up, the cube!')).toEqual([1, 1, 1, 1]);
    expect(wordTokenCounts(text, '')).toEqual([]);
  });

  it('pads the instruction with zeros', () => {
    expect([...encodeText(text, 'pick up the')]).toEqual([1, 2, 3, 0, 0, 0, 0, 0, 0, 0]);
    expect([...encodeText(text, '')]).toEqual(Array(10).fill(0));
  });

  it('has the words come back from their ids', () => {
    const word = fc.constantFrom(...words.slice(1));
    const separator = fc.constantFrom(' ', ', ', '\n', '! ', ' - ');
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: spec.text.positions }),
        separator,
        fc.boolean(),
        (said, between, shout) => {
          const instruction = said.join(between);
          const ids = encodeText(text, shout ? instruction.toUpperCase() : instruction);
          expect([...ids].filter((id) => id !== 0).map((id) => words[id])).toEqual(said);
        },
      ),
    );
  });

  it('names the words it does not know and those it does', () => {
    expect(() => encodeText(text, 'Juggle the purple cube')).toThrow(
      /E_UNKNOWN_WORDS.*blue, cube.*Found juggle, purple\./,
    );
  });

  it('reads a word it does not know as the entry for such words, where there is one', () => {
    const open = reader(['', UNKNOWN_WORD, 'cube', 'lift', 'red', 'the'], 6);
    expect([...encodeText(open, 'Hoist the red brick')]).toEqual([1, 5, 4, 1, 0, 0]);
    expect(unknownWords(open, 'Hoist the red brick')).toEqual(['hoist', 'brick']);
    expect(unknownWords(open, 'lift <unknown>')).toEqual(['unknown']);
  });

  it('does not take the padding entry for a word', () => {
    expect(() => encodeText(reader(['pad', 'cube'], 2), 'pad cube')).toThrow('E_UNKNOWN_WORDS');
  });

  it('refuses an instruction of more words than it has positions for', () => {
    expect(() => encodeText(text, 'push '.repeat(11))).toThrow(/E_TEXT_TOO_LONG.*at most 10.*Found 11/);
  });
});
