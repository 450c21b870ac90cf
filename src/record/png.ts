import { PNG } from 'pngjs';
import { ArmatureError } from '../core/errors.ts';

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10] as const;
/** Bytes of the signature and of the IHDR chunk up to the height. */
const SIZE_END = 24;

/** An 8-bit RGB picture: rows from the top, 3 bytes per pixel, shape (height, width, 3). */
export interface RgbImage {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Encodes RGB bytes, shape (height, width, 3), as an 8-bit RGB PNG. Level 1 of deflate: camera frames
 * are written at control rate, and higher levels cost several times as long for a few per cent.
 */
export function encodePng(rgb: Uint8Array, width: number, height: number): Uint8Array {
  if (rgb.length !== width * height * 3) {
    throw new ArmatureError('E_IMAGE_SIZE', 'picture does not have the size it is said to have', {
      expected: `${width * height * 3} bytes (${width} x ${height} x 3)`,
      found: `${rgb.length} bytes`,
      remedy: 'Pass tightly packed RGB bytes without alpha.',
    });
  }
  const picture = new PNG({ width, height });
  picture.data = Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength);
  return PNG.sync.write(picture, { colorType: 2, inputColorType: 2, inputHasAlpha: false, deflateLevel: 1 });
}

/** Decodes any PNG to RGB; alpha is dropped. Throws ArmatureError (E_IMAGE_FORMAT) for bytes that are no PNG. */
export function decodePng(bytes: Uint8Array): RgbImage {
  let picture: PNG;
  try {
    picture = PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (cause) {
    throw notPng(bytes, cause);
  }
  const { data, width, height } = picture;
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    rgb[pixel * 3] = data[pixel * 4] ?? 0;
    rgb[pixel * 3 + 1] = data[pixel * 4 + 1] ?? 0;
    rgb[pixel * 3 + 2] = data[pixel * 4 + 2] ?? 0;
  }
  return { rgb, width, height };
}

/** Whether the bytes start like a PNG. */
export function isPng(bytes: Uint8Array): boolean {
  return bytes.length >= SIZE_END && SIGNATURE.every((byte, index) => bytes[index] === byte);
}

/** Width and height from the header, without decoding. */
export function pngSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  if (!isPng(bytes)) throw notPng(bytes, undefined);
  const view = new DataView(bytes.buffer, bytes.byteOffset, SIZE_END);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function notPng(bytes: Uint8Array, cause: unknown): ArmatureError {
  return new ArmatureError('E_IMAGE_FORMAT', 'picture cannot be decoded', {
    expected: 'a complete PNG',
    found: `${bytes.length} bytes starting with [${[...bytes.subarray(0, 4)].join(', ')}]`,
    remedy: 'Encode the picture with encodePng, or check the file it came from.',
    cause,
  });
}
