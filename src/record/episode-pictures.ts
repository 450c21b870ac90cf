import { UnknownNameError } from '../core/errors.ts';
import type { DatasetReader } from './dataset-reader.ts';
import { isPicture } from './format.ts';
import { JpegEncoder } from './jpeg.ts';
import { isPng } from './png.ts';
import { readVideo } from './read-video.ts';

/** A picture as a file. */
export interface PictureFile {
  readonly type: 'image/png' | 'image/jpeg';
  readonly bytes: Uint8Array;
}

export interface RecordedPictures {
  readonly feature: string;
  /** Of the camera. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/** Frames decoded at once: whoever looks at one mostly looks at the next. */
const FRAMES_AHEAD = 12;
/** Decoded frames that are kept, bytes. */
const MOST_KEPT_BYTES = 64e6;
/** Episodes and cameras whose files of pictures are kept. */
const MOST_KEPT_COLUMNS = 4;

/** Features that hold pictures to look at, in the order of the dataset; a map of depths is none. */
export function picturesOf({ info }: Pick<DatasetReader, 'info'>): RecordedPictures[] {
  return Object.entries(info.features)
    .filter(([, { dtype, shape }]) => isPicture(dtype) && shape[2] === 3)
    .map(
      ([
        feature,
        {
          shape: [height = 0, width = 0],
        },
      ]) => ({
        feature,
        name: feature.replace('observation.images.', ''),
        width,
        height,
      }),
    );
}

/** Pictures of a dataset one by one, as somebody asks for them. Frames of videos are decoded a few at a time, one span after the other. */
export class EpisodePictures {
  readonly #reader: DatasetReader;
  readonly #frames = new Map<string, Uint8Array>();
  readonly #columns = new Map<string, Promise<readonly Uint8Array[]>>();
  #encoder: Promise<JpegEncoder> | undefined;
  #keptBytes = 0;
  #decoding: Promise<unknown> = Promise.resolve();

  constructor(reader: DatasetReader) {
    this.#reader = reader;
  }

  /**
   * Throws UnknownNameError for a frame, an episode or a feature that does not exist, InvalidFileError and ArmatureError (E_VIDEO,
   * E_VIDEO_UNAVAILABLE) where the picture cannot be read.
   */
  async read(episodeIndex: number, { feature, width, height }: RecordedPictures, frame: number): Promise<PictureFile> {
    const length = this.#reader.episodes[episodeIndex]?.length ?? 0;
    if (frame >= length) throw new UnknownNameError('frame', String(frame), [`0 to ${length - 1}`]);
    if (this.#reader.info.features[feature]?.dtype === 'image') return this.#stored(episodeIndex, feature, frame);
    const key = (index: number): string => `${episodeIndex} ${feature} ${index}`;
    // One after the other: what is asked for next is mostly among what is being decoded.
    const decoded = this.#decoding.then(async () => {
      if (!this.#frames.has(key(frame))) await this.#decode(episodeIndex, feature, { frame, length, key });
      return this.#frames.get(key(frame));
    });
    this.#decoding = decoded.catch(() => undefined);
    const rgb = await decoded;
    this.#encoder ??= JpegEncoder.load();
    const encoder = await this.#encoder;
    return { type: 'image/jpeg', bytes: encoder.encode(rgb ?? new Uint8Array(), { width, height }) };
  }

  /** Read no more afterwards. */
  async close(): Promise<void> {
    await this.#decoding;
    const encoder = await this.#encoder?.catch(() => undefined);
    encoder?.free();
  }

  async #decode(
    episodeIndex: number,
    feature: string,
    {
      frame,
      length,
      key,
    }: { readonly frame: number; readonly length: number; readonly key: (index: number) => string },
  ): Promise<void> {
    const { path, fromTimestampS } = this.#reader.videoOf(episodeIndex, feature);
    const { fps } = this.#reader.info;
    const frameCount = Math.min(FRAMES_AHEAD, length - frame);
    const frames = await readVideo({ path, fromTimestampS: fromTimestampS + frame / fps, frameCount, fps });
    frames.forEach((rgb, index) => this.#keep(key(frame + index), rgb));
  }

  #keep(key: string, rgb: Uint8Array): void {
    this.#keptBytes += rgb.length - (this.#frames.get(key)?.length ?? 0);
    this.#frames.delete(key);
    this.#frames.set(key, rgb);
    for (const [oldest, { length }] of this.#frames) {
      if (this.#keptBytes <= MOST_KEPT_BYTES || this.#frames.size <= FRAMES_AHEAD) return;
      this.#frames.delete(oldest);
      this.#keptBytes -= length;
    }
  }

  async #stored(episodeIndex: number, feature: string, frame: number): Promise<PictureFile> {
    const key = `${episodeIndex} ${feature}`;
    const known = this.#columns.get(key) ?? this.#readColumn(episodeIndex, feature);
    this.#columns.delete(key);
    this.#columns.set(key, known);
    const [oldest] = this.#columns.keys();
    if (this.#columns.size > MOST_KEPT_COLUMNS && oldest !== undefined) this.#columns.delete(oldest);
    // What could not be read once may be there the next time.
    known.catch(() => this.#columns.get(key) === known && this.#columns.delete(key));
    const bytes = (await known)[frame] ?? new Uint8Array();
    return { type: isPng(bytes) ? 'image/png' : 'image/jpeg', bytes };
  }

  async #readColumn(episodeIndex: number, feature: string): Promise<readonly Uint8Array[]> {
    const { images } = await this.#reader.readEpisode(episodeIndex, [feature]);
    return images[feature] ?? [];
  }
}
