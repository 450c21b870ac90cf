/** A picture: 8-bit RGB, shape (height, width, 3). */
export interface PlainPicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/**
 * Every so many pixels of a picture, in both directions: means would take milliseconds. The same picture for a stride of 1.
 * @param stride at least 1, and at most the width
 */
export function thinPicture({ width, height, rgb }: PlainPicture, stride: number): PlainPicture {
  if (stride <= 1) return { width, height, rgb };
  const [columns, rows] = [Math.floor(width / stride), Math.max(1, Math.floor(height / stride))];
  const thin = new Uint8Array(columns * rows * 3);
  for (let row = 0, to = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1, to += 3) {
      const from = (row * stride * width + column * stride) * 3;
      thin[to] = rgb[from] ?? 0;
      thin[to + 1] = rgb[from + 1] ?? 0;
      thin[to + 2] = rgb[from + 2] ?? 0;
    }
  }
  return { width: columns, height: rows, rgb: thin };
}
