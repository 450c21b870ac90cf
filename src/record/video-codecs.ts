import type { Av } from './node-av.ts';

/** Codecs of the videos that are written: H.264 is light enough to record with, AV1 is what LeRobot writes. */
export type VideoCodec = 'h264' | 'av1';

interface CodecSettings {
  readonly encoder: 'FF_ENCODER_LIBX264' | 'FF_ENCODER_LIBSVTAV1';
  readonly options: Readonly<Record<string, string | number>>;
}

/** No frame may be shown before one that comes earlier in the file: times would be shifted to make room for it. */
export const VIDEO_CODECS: Readonly<Record<VideoCodec, CodecSettings>> = {
  h264: { encoder: 'FF_ENCODER_LIBX264', options: { crf: 23, preset: 'veryfast' } },
  av1: { encoder: 'FF_ENCODER_LIBSVTAV1', options: { crf: 30, preset: 12, 'svtav1-params': 'pred-struct=1' } },
};

/** Every second frame is a key frame, as LeRobot has it, so that each is decoded from at most two. */
const KEY_FRAME_INTERVAL = 2;
/** Pictures of more pixels than this are encoded by more than one thread. */
const PIXELS_PER_THREAD = 1280 * 720;

export interface EncoderOptions {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly codec: VideoCodec;
}

/** An encoder that is set up and not open yet, with what is to be given to `open2`; undefined where FFmpeg lacks it. */
export function prepareEncoder(
  av: Av,
  { width, height, fps, codec }: EncoderOptions,
):
  | {
      readonly encoder: InstanceType<Av['CodecContext']>;
      readonly codec: InstanceType<Av['Codec']>;
      readonly options: InstanceType<Av['Dictionary']>;
    }
  | undefined {
  const settings = VIDEO_CODECS[codec];
  const found = av.Codec.findEncoderByName(av[settings.encoder]);
  if (found === null) return undefined;
  const encoder = new av.CodecContext();
  encoder.allocContext3(found);
  encoder.width = width;
  encoder.height = height;
  encoder.pixelFormat = av.AV_PIX_FMT_YUV420P;
  encoder.timeBase = new av.Rational(1, fps);
  encoder.framerate = new av.Rational(fps, 1);
  encoder.gopSize = KEY_FRAME_INTERVAL;
  encoder.maxBFrames = 0;
  encoder.threadCount = Math.ceil((width * height) / PIXELS_PER_THREAD);
  // mp4 keeps the parameter sets in its header, not in the stream.
  encoder.setFlags(av.AV_CODEC_FLAG_GLOBAL_HEADER);
  return { encoder, codec: found, options: av.Dictionary.fromObject(settings.options) };
}
