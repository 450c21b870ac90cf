import { expandRgb, weightPixels } from './pixels.ts';
import type { Picture } from './view-source.ts';

/** What pictures of a canvas are expanded into: the same for each, so that nothing is left to be collected. */
const images = new WeakMap<HTMLCanvasElement, ImageData>();

/** Draws a picture in its own size; the page scales the canvas. */
export function paint(canvas: HTMLCanvasElement, { width, height, rgb }: Picture): void {
  const context = contextOf(canvas, width, height);
  if (context === null) return;
  let image = images.get(canvas);
  if (image === undefined || image.width !== width || image.height !== height) {
    image = new ImageData(width, height);
    images.set(canvas, image);
  }
  expandRgb(rgb, new Uint32Array(image.data.buffer));
  context.putImageData(image, 0, 0);
}

/** Draws weights of patches, one pixel each. @param most weight that has the brightest colour */
export function paintWeights(
  canvas: HTMLCanvasElement,
  weights: readonly number[],
  { columns, most }: { readonly columns: number; readonly most: number },
): void {
  const rows = weights.length / columns;
  if (!Number.isInteger(rows) || rows === 0) return;
  contextOf(canvas, columns, rows)?.putImageData(new ImageData(weightPixels(weights, most), columns, rows), 0, 0);
}

/** Draws a picture cut into its patches, with gaps between them: as the tokens that they are. */
export function paintPatches(canvas: HTMLCanvasElement, picture: Picture, columns: number, rows: number): void {
  const { width, height } = picture;
  const gap = Math.max(1, Math.round(width / columns / 8));
  const [across, down] = [width / columns, height / rows];
  const context = contextOf(canvas, width + (columns - 1) * gap, height + (rows - 1) * gap);
  if (context === null) return;
  const whole = wholeOf(canvas);
  paint(whole, picture);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const [x, y] = [column * across, row * down];
      context.drawImage(whole, x, y, across, down, x + column * gap, y + row * gap, across, down);
    }
  }
}

const wholes = new WeakMap<HTMLCanvasElement, HTMLCanvasElement>();

function wholeOf(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const whole = wholes.get(canvas) ?? document.createElement('canvas');
  wholes.set(canvas, whole);
  return whole;
}

function contextOf(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  return canvas.getContext('2d');
}
