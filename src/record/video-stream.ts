import { avChecker, videoError } from './node-av.ts';
import type { Av, AvFrame, AvPacket } from './node-av.ts';
import { PictureScaler } from './picture-scaler.ts';
import { prepareEncoder } from './video-codecs.ts';
import type { EncoderOptions } from './video-codecs.ts';

/** The native side of a video being written: pictures in, packets to an mp4. Its caller keeps the order of the calls. */
export class VideoStream {
  readonly #av: Av;
  readonly #path: string;
  readonly #options: EncoderOptions;
  readonly #check: (code: number, action: string) => void;
  readonly #output: InstanceType<Av['FormatContext']>;
  readonly #packet: InstanceType<Av['Packet']>;
  readonly #toYuv: PictureScaler;
  #toSample: PictureScaler | undefined;
  #encoder: InstanceType<Av['CodecContext']> | undefined;
  #isClosed = false;

  constructor(av: Av, path: string, options: EncoderOptions) {
    const { width, height } = options;
    this.#av = av;
    this.#path = path;
    this.#options = options;
    this.#check = avChecker(av, path);
    this.#output = new av.FormatContext();
    this.#packet = new av.Packet();
    this.#packet.alloc();
    this.#toYuv = new PictureScaler(av, { width, height, format: av.AV_PIX_FMT_YUV420P });
  }

  /** Throws ArmatureError (E_VIDEO, E_DISK_FULL); then it is to be closed. */
  async open(): Promise<void> {
    const av = this.#av;
    const prepared = prepareEncoder(av, this.#options);
    if (prepared === undefined)
      throw videoError(this.#path, `this build of FFmpeg has no encoder for ${this.#options.codec}`, 'none');
    using options = prepared.options;
    this.#encoder = prepared.encoder;
    this.#check(this.#output.allocOutputContext2(null, 'mp4', this.#path), 'create');
    this.#check(await prepared.encoder.open2(prepared.codec, options), 'open the encoder for');
    const stream = this.#output.newStream(null);
    this.#check(stream.codecpar.fromContext(prepared.encoder), 'describe');
    stream.timeBase = prepared.encoder.timeBase;
    stream.avgFrameRate = prepared.encoder.framerate;
    this.#check(await this.#output.openOutput(), 'open');
    using muxerOptions = av.Dictionary.fromObject({ movflags: '+faststart' });
    this.#check(await this.#output.writeHeader(muxerOptions), 'write the header of');
  }

  /** @param rgb shape (height, width, 3). */
  async addRgb(rgb: Uint8Array, index: number): Promise<void> {
    const { width, height } = this.#options;
    const bytes = Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength);
    using source = this.#av.Frame.fromVideoBuffer(bytes, { width, height, format: this.#av.AV_PIX_FMT_RGB24 });
    using picture = this.#toYuv.scale(source);
    await this.#encode(picture, index);
  }

  /** @param picture yuv420p; it may be added several times, and is left as it is. */
  async addYuv(picture: AvFrame, index: number): Promise<void> {
    using copy = picture.clone();
    if (copy === null) throw videoError(this.#path, `frame ${index} cannot be kept`, 'no memory');
    await this.#encode(copy, index);
  }

  /** RGB of each `stride`-th pixel of a picture, in both directions. */
  sample(picture: AvFrame, stride: number): Uint8Array {
    const [width, height] = [picture.width, picture.height].map((size) => Math.ceil(size / stride)) as [number, number];
    this.#toSample ??= new PictureScaler(this.#av, { width, height, format: this.#av.AV_PIX_FMT_RGB24 }, 'nearest');
    using rgb = this.#toSample.scale(picture);
    return rgb.toBuffer();
  }

  /** Writes what the encoder still holds, and the index. */
  async finish(): Promise<void> {
    this.#check((await this.#encoder?.sendFrame(null)) ?? 0, 'encode');
    await this.#writePackets((packet) => this.#encoder?.receivePacket(packet));
    this.#check(await this.#output.writeTrailer(), 'finish');
    await this.close();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#output[Symbol.asyncDispose]();
    this.#encoder?.freeContext();
    this.#packet.free();
    this.#toYuv.free();
    this.#toSample?.free();
  }

  async #encode(picture: AvFrame, index: number): Promise<void> {
    picture.pts = BigInt(index);
    picture.duration = 1n;
    // A decoder's note on how the picture was coded would tell the encoder how to code it.
    picture.pictType = this.#av.AV_PICTURE_TYPE_NONE;
    this.#check((await this.#encoder?.sendFrame(picture)) ?? 0, 'encode');
    // It was encoded when it was sent; here it is only handed over.
    await this.#writePackets((packet) => this.#encoder?.receivePacketSync(packet));
  }

  async #writePackets(receive: (packet: AvPacket) => Promise<number> | number | undefined): Promise<void> {
    const [stream] = this.#output.streams;
    const encoder = this.#encoder;
    if (stream === undefined || encoder === undefined) return;
    for (;;) {
      const code = (await receive(this.#packet)) ?? this.#av.AVERROR_EOF;
      if (code === this.#av.AVERROR_EAGAIN || code === this.#av.AVERROR_EOF) return;
      this.#check(code, 'encode');
      this.#packet.streamIndex = stream.index;
      this.#packet.rescaleTs(encoder.timeBase, stream.timeBase);
      this.#check(await this.#output.interleavedWriteFrame(this.#packet), 'write');
    }
  }
}
