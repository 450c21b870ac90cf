import { loadNodeAv, videoError } from './node-av.ts';
import type { Av } from './node-av.ts';
import { PictureScaler } from './picture-scaler.ts';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** FFmpeg's scale of quantisers is 2 (best) to 31; lambda units are 118 of each. */
const BEST_QUALITY = 2 * 118;

/** Makes JPEG files, on this thread: a picture of 640 x 480 takes a few milliseconds. Free it when done. */
export class JpegEncoder {
  readonly #av: Av;
  readonly #encoders = new Map<string, SizedEncoder>();

  private constructor(av: Av) {
    this.#av = av;
  }

  /** Throws ArmatureError (E_VIDEO_UNAVAILABLE) without the optional package node-av. */
  static async load(): Promise<JpegEncoder> {
    return new JpegEncoder(await loadNodeAv());
  }

  /** @param rgb shape (height, width, 3). Throws ArmatureError (E_VIDEO) for a size that JPEG cannot have. */
  encode(rgb: Uint8Array, size: PictureSize): Uint8Array {
    const key = `${size.width} x ${size.height}`;
    const encoder = this.#encoders.get(key) ?? new SizedEncoder(this.#av, size);
    this.#encoders.set(key, encoder);
    return encoder.encode(rgb);
  }

  free(): void {
    for (const encoder of this.#encoders.values()) encoder.free();
    this.#encoders.clear();
  }
}

class SizedEncoder {
  readonly #av: Av;
  readonly #size: PictureSize;
  readonly #toYuv: PictureScaler;
  readonly #encoder: InstanceType<Av['CodecContext']>;
  readonly #packet: InstanceType<Av['Packet']>;

  constructor(av: Av, size: PictureSize) {
    [this.#av, this.#size] = [av, size];
    // Full resolution of the colours, and the range of values that JPEG has.
    this.#toYuv = new PictureScaler(av, { ...size, format: av.AV_PIX_FMT_YUVJ444P });
    const codec = av.Codec.findEncoder(av.AV_CODEC_ID_MJPEG);
    if (codec === null) throw videoError('JPEG', 'this build of FFmpeg has no encoder', 'none');
    this.#encoder = new av.CodecContext();
    this.#encoder.allocContext3(codec);
    this.#encoder.width = size.width;
    this.#encoder.height = size.height;
    this.#encoder.pixelFormat = av.AV_PIX_FMT_YUVJ444P;
    this.#encoder.timeBase = new av.Rational(1, 1);
    this.#encoder.setFlags(av.AV_CODEC_FLAG_QSCALE);
    this.#encoder.globalQuality = BEST_QUALITY;
    this.#packet = new av.Packet();
    this.#packet.alloc();
    this.#check(this.#encoder.open2Sync(codec));
  }

  encode(rgb: Uint8Array): Uint8Array {
    const bytes = Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength);
    using source = this.#av.Frame.fromVideoBuffer(bytes, { ...this.#size, format: this.#av.AV_PIX_FMT_RGB24 });
    using picture = this.#toYuv.scale(source);
    picture.quality = BEST_QUALITY;
    this.#check(this.#encoder.sendFrameSync(picture));
    this.#check(this.#encoder.receivePacketSync(this.#packet));
    const file = Uint8Array.from(this.#packet.data ?? new Uint8Array());
    this.#packet.unref();
    return file;
  }

  free(): void {
    this.#encoder.freeContext();
    this.#packet.free();
    this.#toYuv.free();
  }

  #check(code: number): void {
    const { width, height } = this.#size;
    if (code < 0)
      throw videoError(
        'JPEG',
        `a picture of ${width} x ${height} cannot be encoded`,
        new this.#av.FFmpegError(code).message,
      );
  }
}
