import type { RgbImage } from '../../record/png.ts';

/** A picture no wider than `width`, each pixel the mean of a square of the original; smaller ones stay as they are. */
export function shrinkPicture(picture: RgbImage, width: number): RgbImage {
  const factor = Math.ceil(picture.width / width);
  if (factor <= 1) return picture;
  const [columns, rows] = [Math.floor(picture.width / factor), Math.max(1, Math.floor(picture.height / factor))];
  const square = Math.min(factor, picture.height);
  const rgb = new Uint8Array(columns * rows * 3);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        let sum = 0;
        for (let y = 0; y < square; y += 1) {
          const start = ((row * factor + y) * picture.width + column * factor) * 3 + channel;
          for (let x = 0; x < factor; x += 1) sum += picture.rgb[start + x * 3] ?? 0;
        }
        rgb[(row * columns + column) * 3 + channel] = sum / (square * factor);
      }
    }
  }
  return { rgb, width: columns, height: rows };
}
