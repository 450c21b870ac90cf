import { scaleColour } from './colour-scale.ts';

/** Least and most that a patch is covered with its colour: the picture stays to be seen below. */
const [LEAST_COVER, MOST_COVER] = [70, 200];

/**
 * RGB to the RGBA of a canvas, opaque. Whole pixels are written, as these machines keep them: red in the lowest byte.
 * @param into one entry for each pixel
 */
export function expandRgb(rgb: Uint8Array, into: Uint32Array): void {
  for (let pixel = 0, at = 0; pixel < into.length; pixel += 1, at += 3) {
    into[pixel] = (rgb[at] as number) | ((rgb[at + 1] as number) << 8) | ((rgb[at + 2] as number) << 16) | 0xff000000;
  }
}

/** Weights of patches as pixels to be laid over a picture, RGBA. @param most weight that has the brightest colour */
export function weightPixels(weights: readonly number[], most: number): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * weights.length);
  weights.forEach((weight, index) => {
    const share = most > 0 ? weight / most : 0;
    pixels.set([...scaleColour(share), LEAST_COVER + share * (MOST_COVER - LEAST_COVER)], 4 * index);
  });
  return pixels;
}
