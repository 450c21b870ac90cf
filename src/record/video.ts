import { ArmatureError } from '../core/errors.ts';

/** A video to be written: RGB frames of shape (height, width, 3) at a constant rate. */
export interface VideoOptions {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** Writes an mp4. */
export async function writeVideo(options: VideoOptions): Promise<void> {
  await Promise.resolve();
  throw new ArmatureError('E_VIDEO_UNAVAILABLE', `${options.path}: videos cannot be written`, {
    remedy: 'Use dtype "image".',
  });
}
