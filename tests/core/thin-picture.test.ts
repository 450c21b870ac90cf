import { describe, expect, it } from 'vitest';
import { thinPicture } from '../../src/core/thin-picture.ts';

/** Each pixel holds its row, its column and a mark. */
function picture(width: number, height: number) {
  const pixels = Array.from({ length: width * height }, (_, index) => [Math.floor(index / width), index % width, 7]);
  return { width, height, rgb: Uint8Array.from(pixels.flat()) };
}

describe('a picture with fewer pixels', () => {
  it('has every so many of them, from the top left', () => {
    expect(thinPicture(picture(5, 4), 2)).toEqual({
      width: 2,
      height: 2,
      rgb: Uint8Array.of(0, 0, 7, 0, 2, 7, 2, 0, 7, 2, 2, 7),
    });
    expect(thinPicture(picture(8, 2), 4)).toMatchObject({ width: 2, height: 1 });
  });

  it('is itself where all are wanted', () => {
    const whole = picture(3, 2);
    expect(thinPicture(whole, 1).rgb).toBe(whole.rgb);
  });
});
