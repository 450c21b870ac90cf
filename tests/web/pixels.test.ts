import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scaleColour } from '../../web/src/colour-scale.ts';
import { expandRgb, weightPixels } from '../../web/src/pixels.ts';

/** Relative luminance, as WCAG has it. */
function luminance([red, green, blue]: readonly number[]): number {
  const linear = (value = 0): number => (value <= 10.31 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

describe('pixels', () => {
  it('keep the colours of a picture, opaque', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 30 }), (bytes) => {
        const rgb = bytes.subarray(0, bytes.length - (bytes.length % 3));
        const into = new Uint32Array(rgb.length / 3);
        expandRgb(rgb, into);
        const rgba = new Uint8Array(into.buffer);
        into.forEach((_, pixel) => {
          expect([...rgba.subarray(4 * pixel, 4 * pixel + 4)]).toEqual([
            ...rgb.subarray(3 * pixel, 3 * pixel + 3),
            255,
          ]);
        });
      }),
    );
  });

  it('cover a patch the more, and the brighter, the more it was attended to', () => {
    const pixels = weightPixels([0, 0.01, 0.02], 0.02);
    const [none, some, most] = [0, 1, 2].map((patch) => [...pixels.subarray(4 * patch, 4 * patch + 4)]);
    expect(none?.slice(0, 3)).toEqual([...scaleColour(0)]);
    expect(most?.slice(0, 3)).toEqual([...scaleColour(1)]);
    expect(none?.[3]).toBeLessThan(some?.[3] ?? 0);
    expect(some?.[3]).toBeLessThan(most?.[3] ?? 0);
    expect([...weightPixels([0, 0], 0)].every(Number.isFinite)).toBe(true);
  });
});

describe('the scale', () => {
  it('grows brighter all the way, so that it reads without colours', () => {
    const shares = Array.from({ length: 65 }, (_, index) => index / 64);
    const bright = shares.map((share) => luminance(scaleColour(share)));
    expect(bright).toEqual(bright.toSorted((a, b) => a - b));
    expect(scaleColour(-1)).toEqual(scaleColour(0));
    expect(scaleColour(7)).toEqual(scaleColour(1));
  });
});
