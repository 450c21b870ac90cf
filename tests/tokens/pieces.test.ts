import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { layoutSpecSchema } from '../../src/tokens/layout-spec.ts';
import type { LayoutSpec } from '../../src/tokens/layout-spec.ts';
import { createLayout } from '../../src/tokens/layout.ts';
import { MAXIMUM_CHARACTERS, PieceVocabulary } from '../../src/tokens/pieces.ts';
import { encodeText, unknownWords } from '../../src/tokens/text.ts';
import { exampleLayout } from './example-layout.ts';

const golden = z
  .object({ vocabulary: z.string(), sentences: z.array(z.object({ text: z.string(), ids: z.array(z.int()) })) })
  .parse(JSON.parse(readFileSync(new URL('../golden/pieces.json', import.meta.url), 'utf8')));
const content = readFileSync(new URL(`../../${golden.vocabulary}`, import.meta.url), 'utf8');
const vocabulary = PieceVocabulary.parse(content, golden.vocabulary);

function specOf(changes: object = {}): LayoutSpec {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const text = { kind: 'sentencepiece', file: 'tokenizer.json', sha256, pieces: 32_000, positions: 8, ...changes };
  return exampleLayout({ text });
}

/** The file, with one thing changed. */
function damaged(
  change: (document: { model: { vocab: unknown[]; unk_id: number }; normalizer: unknown }) => void,
): string {
  const document = JSON.parse(content);
  change(document);
  return JSON.stringify(document);
}

describe('a SentencePiece vocabulary', () => {
  it('has the 32000 pieces of Gato', () => {
    expect(vocabulary.pieces).toHaveLength(32_000);
    expect(new Set(vocabulary.pieces).size).toBe(32_000);
  });

  it('gives every golden sentence its ids, which training/pieces.py gives too', () => {
    expect(golden.sentences.length).toBeGreaterThan(400);
    expect(golden.sentences.map(({ text }) => ({ text, ids: vocabulary.encode(text) }))).toEqual(golden.sentences);
  });

  it('has ids below 32000 for whatever is said, and none of padding', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const ids = vocabulary.encode(text);
        expect(ids.every((id) => id > 0 && id < 32_000)).toBe(true);
      }),
    );
  });

  it('does not care for capitals and the kind of white space', () => {
    expect(vocabulary.encode('\t LIFT \n the\u00A0RED   cube ')).toEqual(vocabulary.encode('lift the red cube'));
  });

  it.each([
    ['truncated', content.slice(0, 5000), 'is not valid JSON'],
    ['of another kind', '[]', 'is no vocabulary of Armature'],
    ['with its pieces in another order', damaged(({ model }) => model.vocab.reverse()), 'as the first pieces'],
    ['with a piece twice', damaged(({ model }) => model.vocab.push(model.vocab[5])), 'a piece stands twice'],
    ['with another unknown piece', damaged(({ model }) => (model.unk_id = 7)), 'model.unk_id'],
    ['that normalises otherwise', damaged((document) => (document.normalizer = null)), 'normalizer: expected'],
  ])('refuses a file %s', (_, text, message) => {
    expect(() => PieceVocabulary.parse(text, 'tokenizer.json')).toThrow(message);
  });
});

describe('a layout with such a vocabulary', () => {
  const layout = createLayout(specOf(), vocabulary);

  it('pads an instruction with zeros', () => {
    const ids = [...encodeText(layout, 'Lift the red cube')];
    expect(ids.slice(0, 4).map((id) => vocabulary.pieces[id])).toEqual(['▁lift', '▁the', '▁red', '▁cube']);
    expect(ids.slice(4)).toEqual([0, 0, 0, 0]);
    expect([...encodeText(layout, '')]).toEqual(Array(8).fill(0));
  });

  it('refuses what is too long', () => {
    expect(() => encodeText(layout, 'push '.repeat(11))).toThrow(/E_TEXT_TOO_LONG.*at most 8 pieces.*Found 11/);
    expect(() => encodeText(layout, 'x'.repeat(MAXIMUM_CHARACTERS + 1))).toThrow(/E_TEXT_TOO_LONG.*4096 characters/);
  });

  it('names the words of which training has met no piece', () => {
    const trainedIds = [...vocabulary.encode('lift the red cube')];
    const trained = createLayout(specOf({ trainedIds }), vocabulary);
    expect(unknownWords(trained, 'Hoist the red brick!')).toEqual(['hoist', 'brick']);
    expect(unknownWords(layout, 'Hoist the красный brick')).toEqual(['красный']);
  });

  it('needs the vocabulary it names, with as many pieces, and room for them', () => {
    expect(() => createLayout(specOf())).toThrow('its vocabulary was not given');
    expect(() => createLayout(specOf({ pieces: 31_999 }), vocabulary)).toThrow(
      'text has 31999 pieces, its vocabulary 32000',
    );
    const { codec } = specOf();
    const narrow = { ...specOf(), codec: { ...codec, textVocabulary: 1000 } };
    expect(() => createLayout(narrow, vocabulary)).toThrow('codec.textVocabulary only 1000');
  });

  it('stands beside the list of words, which needs no kind', () => {
    const words = { vocabulary: ['', 'lift'], positions: 4 };
    const { text } = layoutSpecSchema.parse({ ...exampleLayout(), text: words });
    expect(text).toEqual({ kind: 'words', ...words });
  });
});
