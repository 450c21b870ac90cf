/**
 * Writes tests/golden/*.json, which hold the TypeScript and the Python side together:
 *
 *   npx tsx scripts/write-golden.ts
 *
 * Run it only when the token format changes on purpose: policies trained before no longer fit then.
 */
import { writeFileSync } from 'node:fs';
import { goldenFile } from '../tests/golden/golden-cases.ts';
import { contrastingLayout, exampleLayout } from '../tests/tokens/example-layout.ts';

const files = { 'packed-centre.json': exampleLayout(), 'exact-lower.json': contrastingLayout() };

for (const [name, spec] of Object.entries(files)) {
  const text = JSON.stringify(goldenFile(spec), undefined, 1);
  // Arrays of numbers on one line: a changed table then is one changed line.
  const compact = text.replaceAll(/\[[\s\d.,e+-]+\]/g, (list) => list.replaceAll(/\s+/g, '').replaceAll(',', ', '));
  writeFileSync(new URL(`../tests/golden/${name}`, import.meta.url), `${compact}\n`);
}
