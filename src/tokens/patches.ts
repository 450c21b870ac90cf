/**
 * Value of an 8-bit pixel inside a patch, in [-0.25, 0.25]: scaled to [-1, 1] and divided by
 * sqrt(16), the root of the patch size (arXiv 2205.06175, section 2.1). Shape (256).
 */
const PIXEL_VALUES = Float32Array.from({ length: 256 }, (_, pixel) => ((pixel / 255) * 2 - 1) / 4);

/** An image to cut up, and where its patches go. */
export interface PatchJob {
  /** 8-bit RGB, shape (height, width, 3), whole multiples of patchSize. */
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly patchSize: number;
  /** Receives the patches in raster order; inside a patch row, column, channel. */
  readonly into: Float32Array;
  /** Index in `into` of the first value. */
  readonly offset: number;
}

/** Writes (height / patchSize)(width / patchSize) patches of patchSize^2 * 3 values; allocates nothing. */
export function extractPatches({ rgb, width, height, patchSize, into, offset }: PatchJob): void {
  const stride = width * 3;
  const patchStride = patchSize * 3;
  let write = offset;
  for (let top = 0; top < height; top += patchSize) {
    for (let left = 0; left < stride; left += patchStride) {
      for (let row = top; row < top + patchSize; row += 1) {
        const start = row * stride + left;
        for (let read = start; read < start + patchStride; read += 1) {
          into[write] = PIXEL_VALUES[rgb[read] ?? 0] ?? 0;
          write += 1;
        }
      }
    }
  }
}
