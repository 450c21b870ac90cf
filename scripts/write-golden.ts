/**
 * Writes tests/golden/*.json, which hold the TypeScript and the Python side together:
 *
 *   npx tsx scripts/write-golden.ts
 *
 * Run it only when the token format changes on purpose: policies trained before no longer fit then.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { PieceVocabulary } from '../src/tokens/pieces.ts';
import { goldenFile } from '../tests/golden/golden-cases.ts';
import { pieceSentences } from '../tests/golden/piece-sentences.ts';
import { contrastingLayout, exampleLayout } from '../tests/tokens/example-layout.ts';

const VOCABULARY = 'training/vocabularies/english/tokenizer.json';

const files = { 'packed-centre.json': exampleLayout(), 'exact-lower.json': contrastingLayout() };

for (const [name, spec] of Object.entries(files)) {
  const text = JSON.stringify(goldenFile(spec), undefined, 1);
  // Arrays of numbers on one line: a changed table then is one changed line.
  const compact = text.replaceAll(/\[[\s\d.,e+-]+\]/g, (list) => list.replaceAll(/\s+/g, '').replaceAll(',', ', '));
  writeFileSync(new URL(`../tests/golden/${name}`, import.meta.url), `${compact}\n`);
}

const vocabulary = PieceVocabulary.parse(readFileSync(new URL(`../${VOCABULARY}`, import.meta.url), 'utf8'), VOCABULARY);
const lines = pieceSentences().map((text) => JSON.stringify({ text, ids: vocabulary.encode(text) }));
const content = `{"vocabulary": "${VOCABULARY}", "sentences": [\n${lines.join(',\n')}\n]}\n`;
writeFileSync(new URL('../tests/golden/pieces.json', import.meta.url), content);
