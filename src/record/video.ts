import { open, rename, rm } from 'node:fs/promises';
import type { FeatureStatistics } from './format.ts';
import { fileError, loadNodeAv, videoError } from './node-av.ts';
import type { AvFrame } from './node-av.ts';
import { PassingImageStatistics } from './statistics.ts';
import type { VideoCodec } from './video-codecs.ts';
import { VideoStream } from './video-stream.ts';

/** A video to be written: pictures of one size at a constant rate. */
export interface EpisodeVideoOptions {
  readonly path: string;
  /** Even numbers: the colour planes of yuv420p have half the size. */
  readonly width: number;
  readonly height: number;
  /** A whole number. */
  readonly fps: number;
  /** Default: h264. */
  readonly codec?: VideoCodec;
}

export interface FinishedVideo {
  readonly frames: number;
  /** Per channel, in 0..1; see computeImageStatistics. */
  readonly statistics: FeatureStatistics;
}

/** Ends the name of a video that is not finished. */
export const PARTIAL_VIDEO = '.partial';

/**
 * Writes an mp4 (yuv420p, constant rate, no B-frames, index at the start) picture by picture. Frame k has the timestamp
 * k / fps. Until `finish` resolves it is `<path>.partial`, so that what stands at `path` is complete whatever happens.
 * After an error nothing of it is left, and only `abort` may be called.
 */
export class EpisodeVideo {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly #stream: VideoStream;
  readonly #statistics: PassingImageStatistics;
  #frames = 0;
  #isOver = false;
  /** What is being done; one thing at a time, since the encoder is not to be freed at work. */
  #work: Promise<void> | undefined;

  private constructor(options: EpisodeVideoOptions, stream: VideoStream) {
    this.path = options.path;
    this.width = options.width;
    this.height = options.height;
    this.#stream = stream;
    this.#statistics = new PassingImageStatistics(options.height, options.width);
  }

  /**
   * Throws ArmatureError: E_VIDEO_UNAVAILABLE without the optional package node-av, E_VIDEO for a size or rate that
   * cannot be, E_DISK_FULL.
   */
  static async open(options: EpisodeVideoOptions): Promise<EpisodeVideo> {
    const { path, width, height, fps, codec = 'h264' } = options;
    if (!(width > 0 && height > 0 && width % 2 === 0 && height % 2 === 0))
      throw videoError(path, 'a video needs an even width and height', `${width} x ${height}`);
    if (!(Number.isInteger(fps) && fps > 0))
      throw videoError(path, 'a video needs a whole number of frames a second', String(fps));
    const av = await loadNodeAv();
    const file = path + PARTIAL_VIDEO;
    const stream = new VideoStream(av, file, { width, height, fps, codec });
    try {
      await stream.open();
    } catch (error) {
      await stream.close();
      await rm(file, { force: true });
      throw fileError(path, error);
    }
    return new EpisodeVideo(options, stream);
  }

  /** Pictures taken so far. */
  get frames(): number {
    return this.#frames;
  }

  /**
   * The next picture: RGB of shape (height, width, 3), or a picture of FFmpeg in yuv420p of this size, which stays the
   * caller's. Resolves when it is encoded; wait for that before the next, so that no more than one is waiting. Throws
   * ArmatureError: E_VIDEO for a picture of another size or a failure of the encoder, E_DISK_FULL.
   */
  add(picture: Uint8Array | AvFrame): Promise<void> {
    return this.#do(async () => {
      if (picture instanceof Uint8Array) await this.#addRgb(picture);
      else await this.#addYuv(picture);
      this.#frames += 1;
    });
  }

  /** Completes the file: it is on the disk, under its name, when this resolves. */
  async finish(): Promise<FinishedVideo> {
    await this.#do(async () => {
      if (this.#frames === 0) throw videoError(this.path, 'a video needs frames', 'none');
      await this.#stream.finish();
      const file = await open(this.path + PARTIAL_VIDEO, 'r+');
      try {
        // The name must not reach the disk before the content does.
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(this.path + PARTIAL_VIDEO, this.path);
    });
    this.#isOver = true;
    return { frames: this.#frames, statistics: this.#statistics.finish() };
  }

  /** Removes what was written, unless it is finished. May be called at any time, and again. */
  async abort(): Promise<void> {
    const isOver = this.#isOver;
    this.#isOver = true;
    await this.#work?.catch(() => undefined);
    if (!isOver) await this.#remove();
  }

  async #addRgb(rgb: Uint8Array): Promise<void> {
    if (rgb.length !== this.width * this.height * 3)
      throw videoError(this.path, `frame ${this.#frames} has another size`, `${rgb.length} bytes`);
    this.#statistics.add(rgb);
    await this.#stream.addRgb(rgb, this.#frames);
  }

  async #addYuv(picture: AvFrame): Promise<void> {
    if (picture.width !== this.width || picture.height !== this.height)
      throw videoError(this.path, `frame ${this.#frames} has another size`, `${picture.width} x ${picture.height}`);
    this.#statistics.addStrided(this.#stream.sample(picture, this.#statistics.stride));
    await this.#stream.addYuv(picture, this.#frames);
  }

  async #do(work: () => Promise<void>): Promise<void> {
    if (this.#isOver) throw videoError(this.path, 'the video is over', 'one more call');
    if (this.#work !== undefined) throw videoError(this.path, 'wait for the last call first', 'two calls at once');
    this.#work = work();
    try {
      await this.#work;
    } catch (error) {
      this.#isOver = true;
      await this.#remove();
      throw fileError(this.path, error);
    } finally {
      this.#work = undefined;
    }
  }

  async #remove(): Promise<void> {
    await this.#stream.close();
    await rm(this.path + PARTIAL_VIDEO, { force: true });
  }
}

/** Writes all frames of a video; see EpisodeVideo, also for what it throws. */
export async function writeVideo(
  options: EpisodeVideoOptions & { readonly frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array> },
): Promise<void> {
  const video = await EpisodeVideo.open(options);
  try {
    for await (const rgb of options.frames) await video.add(rgb);
    await video.finish();
  } catch (error) {
    await video.abort();
    throw error;
  }
}
