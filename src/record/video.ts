import { avChecker, loadNodeAv, videoError } from './node-av.ts';
import type { Av } from './node-av.ts';

/** A video to be written: RGB frames, shape (height, width, 3), at a constant rate. */
export interface VideoOptions {
  readonly path: string;
  /** Even numbers: the colour planes of yuv420p have half the size. */
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** Every second frame is a key frame, as LeRobot has it, so that each is decoded from at most two. */
const KEY_FRAME_INTERVAL = 2;
const X264_OPTIONS = { crf: 23, preset: 'veryfast' } as const;

/**
 * Writes an mp4 (H.264, yuv420p, constant rate, no B-frames, index at the start). Frame k has the
 * timestamp k / fps. Throws ArmatureError: E_VIDEO_UNAVAILABLE without the optional package node-av,
 * E_VIDEO for frames of another size or a failure of the encoder.
 */
export async function writeVideo(options: VideoOptions): Promise<void> {
  const { path, width, height } = options;
  if (!(width > 0 && height > 0 && width % 2 === 0 && height % 2 === 0))
    throw videoError(path, 'H.264 needs an even width and height', `${width} x ${height}`);
  const av = await loadNodeAv();
  const check = avChecker(av, path);
  await using output = new av.FormatContext();
  check(output.allocOutputContext2(null, 'mp4', path), 'create');
  using encoder = await openEncoder(av, options);
  const stream = output.newStream(null);
  check(stream.codecpar.fromContext(encoder), 'describe');
  stream.timeBase = encoder.timeBase;
  stream.avgFrameRate = encoder.framerate;
  check(await output.openOutput(), 'open');
  using muxerOptions = av.Dictionary.fromObject({ movflags: '+faststart' });
  check(await output.writeHeader(muxerOptions), 'write the header of');
  using packet = new av.Packet();
  packet.alloc();
  const encode = async (frame: InstanceType<Av['Frame']> | null): Promise<void> => {
    check(await encoder.sendFrame(frame), 'encode');
    while ((await encoder.receivePacket(packet)) >= 0) {
      packet.streamIndex = stream.index;
      packet.rescaleTs(encoder.timeBase, stream.timeBase);
      check(await output.interleavedWriteFrame(packet), 'write');
    }
  };
  using scaler = new av.SoftwareScaleContext();
  scaler.getContext(width, height, av.AV_PIX_FMT_RGB24, width, height, av.AV_PIX_FMT_YUV420P);
  let count = 0;
  for await (const rgb of options.frames) {
    if (rgb.length !== width * height * 3)
      throw videoError(path, `frame ${count} has another size`, `${rgb.length} bytes`);
    using frame = await toYuv(av, scaler, { rgb, width, height });
    frame.pts = BigInt(count);
    frame.duration = 1n;
    await encode(frame);
    count += 1;
  }
  if (count === 0) throw videoError(path, 'a video needs frames', 'none');
  await encode(null);
  check(await output.writeTrailer(), 'finish');
}

async function openEncoder(av: Av, options: VideoOptions): Promise<InstanceType<Av['CodecContext']>> {
  const codec = av.Codec.findEncoderByName(av.FF_ENCODER_LIBX264);
  if (codec === null) throw videoError(options.path, 'this build of FFmpeg has no H.264 encoder', 'no libx264');
  const encoder = new av.CodecContext();
  encoder.allocContext3(codec);
  encoder.width = options.width;
  encoder.height = options.height;
  encoder.pixelFormat = av.AV_PIX_FMT_YUV420P;
  encoder.timeBase = new av.Rational(1, options.fps);
  encoder.framerate = new av.Rational(options.fps, 1);
  encoder.gopSize = KEY_FRAME_INTERVAL;
  encoder.maxBFrames = 0;
  // mp4 keeps the parameter sets in its header, not in the stream.
  encoder.setFlags(av.AV_CODEC_FLAG_GLOBAL_HEADER);
  using encoderOptions = av.Dictionary.fromObject(X264_OPTIONS);
  avChecker(av, options.path)(await encoder.open2(codec, encoderOptions), 'open the encoder for');
  return encoder;
}

async function toYuv(
  av: Av,
  scaler: InstanceType<Av['SoftwareScaleContext']>,
  picture: { readonly rgb: Uint8Array; readonly width: number; readonly height: number },
): Promise<InstanceType<Av['Frame']>> {
  const { rgb, width, height } = picture;
  const bytes = Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength);
  using source = av.Frame.fromVideoBuffer(bytes, { width, height, format: av.AV_PIX_FMT_RGB24 });
  const frame = new av.Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = av.AV_PIX_FMT_YUV420P;
  await scaler.scaleFrame(frame, source);
  return frame;
}
