/** An 8-bit RGB picture, row-major from the top left, shape (height, width, 3). */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Bits behind the point of a weight: three weights of a pixel still sum up within 32 bits. */
const WEIGHT_BITS = 22;

/** What one pixel of a line is made of: `weights` of the pixels from `first` on, in units of 2^-WEIGHT_BITS. */
interface Blend {
  readonly first: number;
  readonly weights: Int32Array;
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
    pixels = blendLines(pixels, blends(width, newWidth), { lines: rows, pixelStep: 3, size: newWidth * height * 3 });
  }
  if (newHeight !== height) {
    const columns = { count: newWidth, step: 3, newStep: 3 };
    const size = newWidth * newHeight * 3;
    pixels = blendLines(pixels, blends(height, newHeight), { lines: columns, pixelStep: newWidth * 3, size });
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

function blendLines(from: Uint8Array, line: readonly Blend[], { lines, pixelStep, size }: Lines): Uint8Array {
  const into = new Uint8Array(size);
  for (let index = 0; index < lines.count; index += 1) {
    line.forEach(({ first, weights }, pixel) => {
      for (let channel = 0; channel < 3; channel += 1) {
        let read = index * lines.step + first * pixelStep + channel;
        let sum = 1 << (WEIGHT_BITS - 1);
        for (const weight of weights) {
          sum += weight * (from[read] ?? 0);
          read += pixelStep;
        }
        into[index * lines.newStep + pixel * pixelStep + channel] = Math.max(0, Math.min(255, sum >> WEIGHT_BITS));
      }
    });
  }
  return into;
}

function blends(size: number, newSize: number): Blend[] {
  const scale = size / newSize;
  const width = Math.max(scale, 1);
  return Array.from({ length: newSize }, (_, pixel) => {
    const centre = (pixel + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - width + 0.5));
    const end = Math.min(size, Math.floor(centre + width + 0.5));
    const shares = Array.from({ length: end - first }, (__, offset) =>
      Math.max(0, 1 - Math.abs((first + offset - centre + 0.5) / width)),
    );
    const sum = shares.reduce((total, share) => total + share, 0);
    return { first, weights: Int32Array.from(shares, (share) => Math.floor((share / sum) * 2 ** WEIGHT_BITS + 0.5)) };
  });
}
