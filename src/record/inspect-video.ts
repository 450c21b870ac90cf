import { loadNodeAv } from './node-av.ts';
import type { Av } from './node-av.ts';
import { openDecoder, openVideo, readPackets } from './open-video.ts';
import type { OpenedVideo } from './open-video.ts';
import { PictureScaler } from './picture-scaler.ts';
import { scaledBytes } from './read-video.ts';

/** What a video file holds. */
export interface VideoContent {
  /** FFmpeg's name of the codec, for example "h264" or "av1". */
  readonly codec: string;
  /** FFmpeg's name of the pixel format, for example "yuv420p". */
  readonly pixelFormat: string;
  readonly width: number;
  readonly height: number;
  /** Time of each frame, s, ascending. */
  readonly timesS: readonly number[];
  /** Whether decoding can begin at the frame; in the order of `timesS`. */
  readonly keyFrames: readonly boolean[];
  /** What decoding came across; empty where everything was decoded, or nothing was to be. */
  readonly damage: readonly string[];
}

export interface InspectOptions {
  /** Decode every frame; otherwise only the container is read. */
  readonly decode: boolean;
  /** Positions of frames to hand on decoded, in order of time. */
  readonly sampled?: ReadonlySet<number>;
  /** Takes a sampled frame: RGB bytes of shape (height, width, 3). */
  readonly onSample?: (position: number, rgb: Uint8Array) => void;
}

/** Reads a video from start to end. Throws ArmatureError (E_VIDEO) where it cannot be opened. */
export async function inspectVideo(path: string, options: InspectOptions): Promise<VideoContent> {
  const av = await loadNodeAv();
  await using video = await openVideo(av, path);
  const { codecpar } = video.stream;
  // Of a video stream the format is a pixel format.
  const pixelFormat = av.avGetPixFmtName(codecpar.format as Parameters<typeof av.avGetPixFmtName>[0]);
  const { packets, damage } = options.decode
    ? await decodeAll(av, video, options)
    : { packets: await listPackets(av, video), damage: [] };
  const frames = packets.toSorted((a, b) => a.timeS - b.timeS);
  return {
    codec: av.avGetCodecName(codecpar.codecId) ?? 'unknown',
    pixelFormat: pixelFormat ?? 'unknown',
    width: codecpar.width,
    height: codecpar.height,
    timesS: frames.map(({ timeS }) => timeS),
    keyFrames: frames.map(({ isKey }) => isKey),
    damage,
  };
}

interface Timed {
  readonly timeS: number;
  readonly isKey: boolean;
}

async function listPackets(av: Av, video: OpenedVideo): Promise<Timed[]> {
  const packets: Timed[] = [];
  for await (const { pts, isKeyframe } of readPackets(av, video))
    packets.push({ timeS: Number(pts) * video.secondsPerTick, isKey: isKeyframe });
  return packets;
}

async function decodeAll(
  av: Av,
  video: OpenedVideo,
  { sampled, onSample }: InspectOptions,
): Promise<{ packets: Timed[]; damage: string[] }> {
  using decoder = await openDecoder(av, video);
  using frame = new av.Frame();
  frame.alloc();
  const { width, height } = video.stream.codecpar;
  const toRgb = new PictureScaler(av, { width, height, format: av.AV_PIX_FMT_RGB24 });
  const packets: Timed[] = [];
  const damage: string[] = [];
  const note = (what: string): void => {
    damage.push(`${what} at frame ${packets.length}`);
  };
  const drain = async (): Promise<void> => {
    for (;;) {
      const code = await decoder.receiveFrame(frame);
      if (code === av.AVERROR_EAGAIN || code === av.AVERROR_EOF) return;
      if (code < 0) return note(new av.FFmpegError(code).message);
      if (frame.hasFlags(av.AV_FRAME_FLAG_CORRUPT) || frame.decodeErrorFlags !== 0) note('a damaged picture');
      if (sampled?.has(packets.length) === true) onSample?.(packets.length, await scaledBytes(toRgb, frame));
      packets.push({ timeS: Number(frame.pts) * video.secondsPerTick, isKey: frame.hasFlags(av.AV_FRAME_FLAG_KEY) });
      frame.unref();
    }
  };
  try {
    for await (const packet of readPackets(av, video)) {
      const code = await decoder.sendPacket(packet);
      if (code < 0) note(new av.FFmpegError(code).message);
      await drain();
    }
    await decoder.sendPacket(null);
    await drain();
  } finally {
    toRgb.free();
  }
  return { packets, damage };
}
