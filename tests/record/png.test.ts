import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePng, encodePng, isPng, pngSize } from '../../src/record/png.ts';

describe('PNG', () => {
  it('gives back every pixel', () => {
    const picture = fc
      .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) })
      .chain((size) =>
        fc.record({
          width: fc.constant(size.width),
          height: fc.constant(size.height),
          rgb: fc.uint8Array({ minLength: size.width * size.height * 3, maxLength: size.width * size.height * 3 }),
        }),
      );
    fc.assert(
      fc.property(picture, ({ rgb, width, height }) => {
        const bytes = encodePng(rgb, width, height);
        expect(isPng(bytes)).toBe(true);
        expect(pngSize(bytes)).toEqual({ width, height });
        expect(decodePng(bytes)).toEqual({ rgb: Uint8Array.from(rgb), width, height });
      }),
      { numRuns: 50 },
    );
  });

  it('encodes a view into a larger buffer', () => {
    const frames = Uint8Array.of(9, 9, 9, 1, 2, 3);
    expect(decodePng(encodePng(frames.subarray(3), 1, 1)).rgb).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('refuses bytes of another size', () => {
    expect(() => encodePng(new Uint8Array(16), 2, 2)).toThrow('E_IMAGE_SIZE');
  });

  it('refuses bytes that are no PNG or are cut off', () => {
    expect(() => decodePng(Uint8Array.of(255, 216, 255))).toThrow('E_IMAGE_FORMAT');
    expect(() => decodePng(encodePng(new Uint8Array(300), 10, 10).slice(0, 50))).toThrow('E_IMAGE_FORMAT');
    expect(() => pngSize(new Uint8Array(30))).toThrow('E_IMAGE_FORMAT');
  });
});
