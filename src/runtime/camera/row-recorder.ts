import type { AvFrame } from '../../record/node-av.ts';
import { EpisodeVideo } from '../../record/video.ts';
import type { EpisodeVideoOptions, FinishedVideo } from '../../record/video.ts';
import type { Picture } from './picture-history.ts';

/** The video of one camera over an episode, and what is to be known of its rows; arrays of shape (rows). */
export interface RecordedVideo extends FinishedVideo {
  /** The finished mp4. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** When the picture of each row arrived, monotonic ns. */
  readonly captureNs: Float64Array;
  /** 1 where a row shows the picture of the row before, because no new one had arrived or too many were waiting. */
  readonly repeated: Uint8Array;
  /** Rows that were given the picture before theirs because too many pictures were waiting to be encoded. */
  readonly overrunRows: number;
}

/** Pictures that wait for the encoder take no more memory than this, bytes: 4.6 s of 640 x 480 at 30 Hz. */
const MOST_WAITING_BYTES = 64 * 2 ** 20;

/**
 * One picture in the video for every row, whatever happens. Rows wait for the encoder and are never dropped; where
 * pictures of too many wait, the next rows repeat the last of them, and are marked.
 */
export class RowRecorder {
  readonly #video: EpisodeVideo;
  readonly #mostWaiting: number;
  readonly #captureNs: number[] = [];
  readonly #repeated: number[] = [];
  /** A picture, or undefined for the one before again. */
  readonly #queue: (AvFrame | undefined)[] = [];
  readonly #onFailure: (error: unknown) => void;
  #waitingPictures = 0;
  #encoded: AvFrame | undefined;
  #encodedRows = 0;
  #overrunRows = 0;
  #failure: { readonly error: unknown } | undefined;
  #work: Promise<void> | undefined;

  private constructor(video: EpisodeVideo, onFailure: (error: unknown) => void) {
    this.#video = video;
    this.#mostWaiting = Math.max(1, Math.floor(MOST_WAITING_BYTES / (1.5 * video.width * video.height)));
    this.#onFailure = onFailure;
  }

  /** @param onFailure told once, when the video cannot be written any more. Throws as EpisodeVideo.open does. */
  static async open(options: EpisodeVideoOptions, onFailure: (error: unknown) => void): Promise<RowRecorder> {
    return new RowRecorder(await EpisodeVideo.open(options), onFailure);
  }

  /** Rows that are in the video. */
  get encodedRows(): number {
    return this.#encodedRows;
  }

  /** The next row shows this picture. */
  add({ frame, stampNs }: Pick<Picture, 'frame' | 'stampNs'>): void {
    if (this.#failure !== undefined) return;
    const before = this.#captureNs.at(-1);
    const isNew = stampNs !== before;
    const isOverrun = isNew && this.#waitingPictures >= this.#mostWaiting;
    const isRepeated = before !== undefined && (!isNew || isOverrun);
    const kept = isRepeated ? undefined : frame.clone();
    if (kept === null) return this.#fail(new Error('no memory for one more picture'));
    if (isOverrun) this.#overrunRows += 1;
    if (!isRepeated) this.#waitingPictures += 1;
    this.#captureNs.push(isRepeated ? before : stampNs);
    this.#repeated.push(isRepeated ? 1 : 0);
    this.#queue.push(kept);
    this.#work ??= this.#encodeQueue();
  }

  /** Waits for all rows and completes the video. Throws what went wrong; nothing is left of it then. */
  async end(): Promise<RecordedVideo> {
    try {
      await this.#work;
      if (this.#failure !== undefined) throw this.#failure.error;
      const finished = await this.#video.finish();
      const { path, width, height } = this.#video;
      return {
        ...finished,
        path,
        width,
        height,
        captureNs: Float64Array.from(this.#captureNs),
        repeated: Uint8Array.from(this.#repeated),
        overrunRows: this.#overrunRows,
      };
    } finally {
      this.#freePictures();
    }
  }

  /** Gives the video up; nothing of it is left. */
  async abort(): Promise<void> {
    this.#failure ??= { error: undefined };
    await this.#work;
    await this.#video.abort();
    this.#freePictures();
  }

  async #encodeQueue(): Promise<void> {
    while (this.#queue.length > 0 && this.#failure === undefined) {
      const next = this.#queue.shift();
      if (next !== undefined) {
        this.#encoded?.free();
        this.#encoded = next;
        this.#waitingPictures -= 1;
      }
      try {
        if (this.#encoded !== undefined) await this.#video.add(this.#encoded);
        this.#encodedRows += 1;
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#work = undefined;
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#onFailure(error);
  }

  #freePictures(): void {
    for (const frame of this.#queue.splice(0)) frame?.free();
    this.#encoded?.free();
    this.#encoded = undefined;
  }
}
