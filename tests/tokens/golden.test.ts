import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { layoutSpecSchema } from '../../src/tokens/layout-spec.ts';
import { linearId, muLawId } from '../../src/tokens/value-codec.ts';
import { goldenFile } from '../golden/golden-cases.ts';
import { exampleLayout } from './example-layout.ts';

function readGolden(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8'));
}

const pairs = z.array(z.tuple([z.number(), z.number()]));
const published = z.object({ muLaw: pairs, linear: pairs }).parse(readGolden('value-codec.json'));

describe('golden files', () => {
  it.each(['packed-centre.json', 'exact-lower.json'])('%s is what the layout makes of its inputs', (name) => {
    // The schema adds the defaults of entries the file leaves out.
    const golden = z.looseObject({ tokens: layoutSpecSchema }).parse(readGolden(name));
    const { tokens } = golden;
    expect(JSON.parse(JSON.stringify(goldenFile(tokens)))).toEqual(golden);
  });

  it.each(published.muLaw)('the published mu-law id of %d is %d', (value, id) => {
    expect(muLawId(value, exampleLayout().codec)).toBe(id);
  });

  it.each(published.linear)('the published linear id of %d is %d', (value, id) => {
    expect(linearId(value, exampleLayout().codec)).toBe(id);
  });
});
