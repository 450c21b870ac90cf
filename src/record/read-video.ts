import { avChecker, loadNodeAv, videoError } from './node-av.ts';
import type { Av, AvFrame } from './node-av.ts';
import { openDecoder, openVideo, readPackets } from './open-video.ts';
import type { OpenedVideo } from './open-video.ts';
import { PictureScaler } from './picture-scaler.ts';

/** Frames of an episode in a video, s: frame k lies at `fromTimestampS + k / fps`. */
export interface VideoSpan {
  readonly path: string;
  readonly fromTimestampS: number;
  readonly frameCount: number;
  readonly fps: number;
}

/** How far from its nominal time a frame may lie, s; LeRobot refuses more. */
export const FRAME_TIME_TOLERANCE_S = 1e-4;

/** Decodes the frames of a span; see streamVideo. */
export async function readVideo(span: VideoSpan): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  for await (const rgb of streamVideo(span)) frames.push(rgb);
  return frames;
}

/**
 * Decodes the frames of a span to RGB bytes, shape (height, width, 3); `wanted` limits what is given to some of
 * them, by their position in the span. Throws ArmatureError (E_VIDEO) where the video does not have a frame at
 * each of the span's times, so that a picture is never taken for its neighbour.
 */
export async function* streamVideo(
  span: VideoSpan,
  wanted?: ReadonlySet<number>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const av = await loadNodeAv();
  let count = 0;
  let toRgb: PictureScaler | undefined;
  const expectedS = (): number => span.fromTimestampS + count / span.fps;
  try {
    for await (const { frame, timeS } of decodeFrames(av, span)) {
      if (timeS < expectedS() - FRAME_TIME_TOLERANCE_S) continue;
      if (timeS > expectedS() + FRAME_TIME_TOLERANCE_S)
        throw videoError(span.path, `has no frame at ${expectedS()} s`, `a frame at ${timeS} s`);
      if (wanted?.has(count) !== false) {
        toRgb ??= new PictureScaler(av, { width: frame.width, height: frame.height, format: av.AV_PIX_FMT_RGB24 });
        yield await scaledBytes(toRgb, frame);
      }
      count += 1;
      if (count === span.frameCount) return;
    }
  } finally {
    toRgb?.free();
  }
  throw videoError(span.path, `has no frame at ${expectedS()} s`, `the end after ${count} frames`);
}

/** Bytes of a frame in the form of the scaler; the frame stays the caller's. */
export async function scaledBytes(scaler: PictureScaler, frame: AvFrame): Promise<Uint8Array> {
  using scaled = scaler.scale(frame);
  return Uint8Array.from(scaled.toBuffer());
}

/** The frames from the last key frame before the span on, with their times, s; each is valid until the next. */
async function* decodeFrames(
  av: Av,
  { path, fromTimestampS }: VideoSpan,
): AsyncGenerator<{ readonly frame: AvFrame; readonly timeS: number }, void, undefined> {
  const check = avChecker(av, path);
  await using video = await openVideo(av, path);
  using decoder = await openDecoder(av, video);
  if (fromTimestampS > 0) await seek(av, video, fromTimestampS);
  using frame = new av.Frame();
  frame.alloc();
  async function* drain(): AsyncGenerator<{ frame: AvFrame; timeS: number }, void, undefined> {
    while ((await decoder.receiveFrame(frame)) >= 0) {
      yield { frame, timeS: Number(frame.pts) * video.secondsPerTick };
      frame.unref();
    }
  }
  for await (const packet of readPackets(av, video)) {
    check(await decoder.sendPacket(packet), 'decode');
    yield* drain();
  }
  check(await decoder.sendPacket(null), 'decode');
  yield* drain();
}

/** To the last key frame at or before a time; a file that cannot be searched is read from its start. */
async function seek(av: Av, { input, stream, secondsPerTick }: OpenedVideo, timeS: number): Promise<void> {
  const tick = BigInt(Math.floor((timeS - FRAME_TIME_TOLERANCE_S) / secondsPerTick));
  await input.seekFrame(stream.index, tick < 0n ? 0n : tick, av.AVSEEK_FLAG_BACKWARD);
}
