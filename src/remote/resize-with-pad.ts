/** An 8-bit RGB picture, row-major from the top left, shape (height, width, 3). */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Bits behind the point of a weight: three weights of a pixel still sum up within 32 bits. */
const WEIGHT_BITS = 22;

/** What the pixels of a line are made of, in units of 2^-WEIGHT_BITS: `each` weights a pixel, zero where it needs fewer. */
interface Blend {
  readonly each: number;
  readonly weights: Int32Array;
  /** The first pixel that each is made of. */
  readonly firsts: Int32Array;
}

/**
 * Brings a picture into another size without distorting it: as large as fits, in the middle, black around it. To the
 * bit what openpi's image_tools.resize_with_pad gives, with which its models are trained: a triangle filter as wide as
 * the pixels that one stands for, first along the rows, then along the columns, rounded after each.
 */
export function resizeWithPad(picture: RgbPicture, width: number, height: number): RgbPicture {
  if (picture.width === width && picture.height === height) return picture;
  const ratio = Math.max(picture.width / width, picture.height / height);
  const [innerWidth, innerHeight] = [Math.floor(picture.width / ratio), Math.floor(picture.height / ratio)];
  const inner = resize(picture, innerWidth, innerHeight);
  const rgb = new Uint8Array(width * height * 3);
  const left = Math.floor((width - innerWidth) / 2);
  const top = Math.floor((height - innerHeight) / 2);
  for (let row = 0; row < innerHeight; row += 1) {
    const line = inner.subarray(row * innerWidth * 3, (row + 1) * innerWidth * 3);
    rgb.set(line, ((top + row) * width + left) * 3);
  }
  return { width, height, rgb };
}

function resize({ width, height, rgb }: RgbPicture, newWidth: number, newHeight: number): Uint8Array {
  let pixels = rgb;
  if (newWidth !== width) {
    const rows = { count: height, step: width * 3, newStep: newWidth * 3 };
    pixels = blendLines(pixels, blend(width, newWidth), { lines: rows, pixelStep: 3, size: newWidth * height * 3 });
  }
  if (newHeight !== height) {
    const columns = { count: newWidth, step: 3, newStep: 3 };
    const size = newWidth * newHeight * 3;
    pixels = blendLines(pixels, blend(height, newHeight), { lines: columns, pixelStep: newWidth * 3, size });
  }
  return pixels;
}

interface Lines {
  /** How many lines there are, and how far one begins after the other, before and after. */
  readonly lines: { readonly count: number; readonly step: number; readonly newStep: number };
  /** From a pixel of a line to the next. */
  readonly pixelStep: number;
  readonly size: number;
}

function blendLines(from: Uint8Array, { each, weights, firsts }: Blend, { lines, pixelStep, size }: Lines): Uint8Array {
  const into = new Uint8Array(size);
  for (let line = 0; line < lines.count; line += 1) {
    for (let pixel = 0; pixel < firsts.length; pixel += 1) {
      const start = line * lines.step + (firsts[pixel] ?? 0) * pixelStep;
      const write = line * lines.newStep + pixel * pixelStep;
      for (let channel = 0; channel < 3; channel += 1) {
        let sum = 1 << (WEIGHT_BITS - 1);
        for (let tap = 0; tap < each; tap += 1) {
          sum += (weights[pixel * each + tap] ?? 0) * (from[start + tap * pixelStep + channel] ?? 0);
        }
        into[write + channel] = Math.max(0, Math.min(255, sum >> WEIGHT_BITS));
      }
    }
  }
  return into;
}

function blend(size: number, newSize: number): Blend {
  const scale = size / newSize;
  const width = Math.max(scale, 1);
  const each = 2 * Math.ceil(width) + 1;
  const weights = new Int32Array(newSize * each);
  const firsts = new Int32Array(newSize);
  for (let pixel = 0; pixel < newSize; pixel += 1) {
    const centre = (pixel + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - width + 0.5));
    const end = Math.min(size, Math.floor(centre + width + 0.5));
    const shares = Array.from({ length: end - first }, (_, tap) =>
      Math.max(0, 1 - Math.abs((first + tap - centre + 0.5) / width)),
    );
    const sum = shares.reduce((total, share) => total + share, 0);
    firsts[pixel] = first;
    shares.forEach((share, tap) => {
      weights[pixel * each + tap] = Math.floor((share / sum) * 2 ** WEIGHT_BITS + 0.5);
    });
  }
  return { each, weights, firsts };
}
