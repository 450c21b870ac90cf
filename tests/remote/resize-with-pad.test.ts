import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resizeWithPad } from '../../src/remote/resize-with-pad.ts';
import { ramp } from './openpi-frames.ts';

interface ResizedPicture {
  readonly from: readonly [width: number, height: number];
  readonly to: readonly [width: number, height: number];
  readonly sha256: string;
}

const cases = JSON.parse(
  readFileSync(new URL('../fixtures/openpi/resized.json', import.meta.url), 'utf8'),
) as readonly ResizedPicture[];

describe('resizeWithPad', () => {
  it.each(cases)('gives to the bit what Pillow gives: $from to $to', ({ from: [width, height], to, sha256 }) => {
    const { rgb } = resizeWithPad({ width, height, rgb: ramp(width * height * 3) }, ...to);
    expect(createHash('sha256').update(rgb).digest('hex')).toBe(sha256);
  });

  it('leaves a picture alone that has the size', () => {
    const picture = { width: 4, height: 2, rgb: ramp(24) };
    expect(resizeWithPad(picture, 4, 2)).toBe(picture);
  });
});
