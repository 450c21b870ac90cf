import { avChecker, loadNodeAv, videoError } from './node-av.ts';
import type { Av } from './node-av.ts';
import { openDecoder, openVideo, readPackets } from './open-video.ts';
import type { OpenedVideo } from './open-video.ts';

/** Frames of an episode in a video, s: frame k lies at `fromTimestampS + k / fps`. */
export interface VideoSpan {
  readonly path: string;
  readonly fromTimestampS: number;
  readonly frameCount: number;
  readonly fps: number;
}

/** How far from its nominal time a frame may lie, s; LeRobot refuses more. */
export const FRAME_TIME_TOLERANCE_S = 1e-4;

type Frame = InstanceType<Av['Frame']>;

/**
 * Decodes the frames of a span to RGB bytes, shape (height, width, 3); `wanted` limits what is given to some of
 * them, by their position in the span. Throws ArmatureError (E_VIDEO) where the video does not have a frame at
 * each of the span's times, so that a picture is never taken for its neighbour.
 */
export async function readVideo(span: VideoSpan, wanted?: ReadonlySet<number>): Promise<Uint8Array[]> {
  const av = await loadNodeAv();
  const frames: Uint8Array[] = [];
  let count = 0;
  const expectedS = (): number => span.fromTimestampS + count / span.fps;
  await decodeFrames(av, span, async (frame, timeS) => {
    if (timeS < expectedS() - FRAME_TIME_TOLERANCE_S) return true;
    if (timeS > expectedS() + FRAME_TIME_TOLERANCE_S)
      throw videoError(span.path, `has no frame at ${expectedS()} s`, `a frame at ${timeS} s`);
    if (wanted?.has(count) !== false) frames.push(await frameToRgb(av, frame));
    count += 1;
    return count < span.frameCount;
  });
  if (count < span.frameCount)
    throw videoError(span.path, `has no frame at ${expectedS()} s`, `the end after ${count} frames`);
  return frames;
}

/** Calls `visit` with each frame from the last key frame before the span on, and its time, s, until it answers false. */
async function decodeFrames(
  av: Av,
  { path, fromTimestampS }: VideoSpan,
  visit: (frame: Frame, timeS: number) => Promise<boolean>,
): Promise<void> {
  const check = avChecker(av, path);
  await using video = await openVideo(av, path);
  using decoder = await openDecoder(av, video);
  if (fromTimestampS > 0) await seek(av, video, fromTimestampS);
  using frame = new av.Frame();
  frame.alloc();
  const drain = async (): Promise<boolean> => {
    while ((await decoder.receiveFrame(frame)) >= 0) {
      if (!(await visit(frame, Number(frame.pts) * video.secondsPerTick))) return false;
      frame.unref();
    }
    return true;
  };
  for await (const packet of readPackets(av, video)) {
    check(await decoder.sendPacket(packet), 'decode');
    if (!(await drain())) return;
  }
  check(await decoder.sendPacket(null), 'decode');
  await drain();
}

/** To the last key frame at or before a time; a file that cannot be searched is read from its start. */
async function seek(av: Av, { input, stream, secondsPerTick }: OpenedVideo, timeS: number): Promise<void> {
  const tick = BigInt(Math.floor((timeS - FRAME_TIME_TOLERANCE_S) / secondsPerTick));
  await input.seekFrame(stream.index, tick < 0n ? 0n : tick, av.AVSEEK_FLAG_BACKWARD);
}

/** A decoded frame as RGB bytes, shape (height, width, 3). */
export async function frameToRgb(av: Av, frame: Frame): Promise<Uint8Array> {
  const { width, height } = frame;
  using scaler = new av.SoftwareScaleContext();
  // The decoder gives yuv420p or another planar format; the type of a decoded frame is always a pixel format.
  const format = frame.format as Parameters<typeof scaler.getContext>[2];
  scaler.getContext(width, height, format, width, height, av.AV_PIX_FMT_RGB24);
  using target = new av.Frame();
  target.alloc();
  target.width = width;
  target.height = height;
  target.format = av.AV_PIX_FMT_RGB24;
  await scaler.scaleFrame(target, frame);
  return Uint8Array.from(target.toBuffer());
}
