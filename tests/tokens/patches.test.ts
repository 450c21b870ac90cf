import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extractPatches } from '../../src/tokens/patches.ts';

const patchSize = 16;

/** The pixel a patch value came from, by the definition: raster order, then row, column, channel. */
function pixelBehind(value: number): number {
  return Math.round(((value * 4 + 1) / 2) * 255);
}

function patchesOf(rgb: Uint8Array, width: number, height: number): Float32Array {
  const into = new Float32Array(rgb.length);
  extractPatches({ rgb, width, height, patchSize, into, offset: 0 });
  return into;
}

describe('patches', () => {
  it('put every pixel where it can be found again', () => {
    const side = fc.integer({ min: 1, max: 3 });
    fc.assert(
      fc.property(side, side, fc.infiniteStream(fc.integer({ min: 0, max: 255 })), (rows, columns, pixels) => {
        const [width, height] = [columns * patchSize, rows * patchSize];
        const rgb = Uint8Array.from(pixels.take(width * height * 3));
        const patches = patchesOf(rgb, width, height);
        const restored = new Uint8Array(rgb.length);
        for (let y = 0; y < height; y += 1) {
          for (let x = 0; x < width; x += 1) {
            const patch = Math.floor(y / patchSize) * columns + Math.floor(x / patchSize);
            const inside = (y % patchSize) * patchSize + (x % patchSize);
            for (let channel = 0; channel < 3; channel += 1) {
              const value = patches[(patch * patchSize ** 2 + inside) * 3 + channel] ?? Number.NaN;
              restored[(y * width + x) * 3 + channel] = pixelBehind(value);
            }
          }
        }
        expect(restored).toEqual(rgb);
      }),
      { numRuns: 20 },
    );
  });

  it('hold values of [-0.25, 0.25]', () => {
    const rgb = new Uint8Array(16 * 16 * 3);
    rgb.fill(255, 384);
    const patches = patchesOf(rgb, 16, 16);
    expect(patches[0]).toBe(-0.25);
    expect(patches.at(-1)).toBe(0.25);
  });

  it('leave what lies before their offset alone', () => {
    const into = new Float32Array(2 * 768).fill(9);
    extractPatches({ rgb: new Uint8Array(768), width: 16, height: 16, patchSize, into, offset: 768 });
    expect(into[767]).toBe(9);
    expect(into[768]).toBe(-0.25);
  });
});
