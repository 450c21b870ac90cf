import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readPage } from '../../../src/record/verify/page-headers.ts';
import '../../property-seed.ts';
import { fixture } from '../sample-dataset.ts';
import { DATA } from './damaged-dataset.ts';

it('reads the pages of a file one after the other, up to the place where its writer died', () => {
  const bytes = readFileSync(join(fixture('crashed_by_lerobot_0.6.1'), DATA));
  let [offset, values, dictionaries] = [4, 0, 0];
  for (let page = readPage(bytes, offset); page !== undefined; page = readPage(bytes, offset)) {
    expect(page.end).toBeGreaterThan(offset);
    offset = page.end;
    values += page.valueCount;
    dictionaries += page.isDictionary ? 1 : 0;
  }
  expect(offset).toBe(bytes.length);
  // 160 rows of 2 vectors of 3 and of 7 scalars; a column of truth values has no dictionary.
  expect([values, dictionaries]).toEqual([160 * (2 * 3 + 7), 5 * 8]);
});

it('finds no page, and an end, in bytes that are none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, offset) => {
      const page = readPage(Buffer.from(bytes), offset);
      if (page !== undefined) {
        expect(page.end).toBeGreaterThan(offset);
        expect(page.end).toBeLessThanOrEqual(bytes.length);
      }
    }),
  );
});
