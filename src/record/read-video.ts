import { avChecker, loadNodeAv, videoError } from './node-av.ts';
import type { Av, AvFrame } from './node-av.ts';
import { PictureScaler } from './picture-scaler.ts';

/** Frames of an episode in a video, s: frame k lies at `fromTimestampS + k / fps`. */
export interface VideoSpan {
  readonly path: string;
  readonly fromTimestampS: number;
  readonly frameCount: number;
  readonly fps: number;
}

/** How far from its nominal time a frame may lie, s; LeRobot refuses more. */
const TOLERANCE_S = 1e-4;

/**
 * Decodes the frames of a span to RGB bytes, shape (height, width, 3). Throws ArmatureError (E_VIDEO)
 * where the video does not have a frame at each of the span's times, so that a picture is never taken
 * for its neighbour.
 */
export async function readVideo(span: VideoSpan): Promise<Uint8Array[]> {
  const av = await loadNodeAv();
  const frames: Uint8Array[] = [];
  let toRgb: PictureScaler | undefined;
  const expectedS = (): number => span.fromTimestampS + frames.length / span.fps;
  await decodeFrames(av, span.path, async (frame, timeS) => {
    if (timeS < expectedS() - TOLERANCE_S) return true;
    if (timeS > expectedS() + TOLERANCE_S)
      throw videoError(span.path, `has no frame at ${expectedS()} s`, `a frame at ${timeS} s`);
    toRgb ??= new PictureScaler(av, { width: frame.width, height: frame.height, format: av.AV_PIX_FMT_RGB24 });
    using rgb = toRgb.scale(frame);
    frames.push(Uint8Array.from(rgb.toBuffer()));
    return frames.length < span.frameCount;
  }).finally(() => toRgb?.free());
  if (frames.length < span.frameCount)
    throw videoError(span.path, `has no frame at ${expectedS()} s`, `the end after ${frames.length} frames`);
  return frames;
}

/** Calls `visit` with each frame and its time, s, until it answers false. */
async function decodeFrames(
  av: Av,
  path: string,
  visit: (frame: AvFrame, timeS: number) => Promise<boolean>,
): Promise<void> {
  const check = avChecker(av, path);
  await using input = new av.FormatContext();
  check(await input.openInput(path), 'open');
  check(await input.findStreamInfo(), 'read');
  const stream = input.streams[input.findBestStream(av.AVMEDIA_TYPE_VIDEO)];
  const codec = stream === undefined ? null : av.Codec.findDecoder(stream.codecpar.codecId);
  if (stream === undefined || codec === null) throw videoError(path, 'holds no video that can be decoded', 'none');
  using decoder = new av.CodecContext();
  decoder.allocContext3(codec);
  check(decoder.parametersToContext(stream.codecpar), 'describe');
  check(await decoder.open2(codec), 'open the decoder for');
  using packet = new av.Packet();
  packet.alloc();
  using frame = new av.Frame();
  frame.alloc();
  const secondsPerTick = stream.timeBase.num / stream.timeBase.den;
  let isEnd = false;
  while (!isEnd) {
    isEnd = (await input.readFrame(packet)) < 0;
    if (!isEnd && packet.streamIndex !== stream.index) {
      packet.unref();
      continue;
    }
    check(await decoder.sendPacket(isEnd ? null : packet), 'decode');
    packet.unref();
    while ((await decoder.receiveFrame(frame)) >= 0) {
      if (!(await visit(frame, Number(frame.pts) * secondsPerTick))) return;
      frame.unref();
    }
  }
}
