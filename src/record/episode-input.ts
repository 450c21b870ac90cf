import { ArmatureError } from '../core/errors.ts';
import { DEFAULT_FEATURES, elementCount, isPicture } from './format.ts';
import type { Features, FeatureSpec, FeatureStatistics } from './format.ts';
import { decodePng, encodePng, isPng, pngSize } from './png.ts';
import type { FinishedVideo } from './video.ts';
import { computeImageStatistics, computeStatistics, sampleIndices } from './statistics.ts';

/** Numbers of all frames: flat, shape (frames, N), or one array of N numbers per frame. */
export type NumericColumn = ArrayLike<number | bigint | boolean> | readonly ArrayLike<number>[];

/** One picture per frame: the bytes of a PNG, or raw RGB bytes of shape (height, width, 3). */
export type PictureColumn = readonly Uint8Array[] | EncodedPictures;

/** Pictures made ready elsewhere, so that encoding can run in worker threads; see encodePictures. */
export interface EncodedPictures {
  readonly png: readonly Uint8Array[];
  readonly statistics: FeatureStatistics;
}

/** A video that was encoded while it was recorded, one frame per row; saving the episode moves it into the dataset. */
export interface VideoFile extends FinishedVideo {
  /** On the file system of the dataset, or it has to be copied. */
  readonly path: string;
}

/** One value per feature, without the default features. */
export type EpisodeFrames = Readonly<Record<string, NumericColumn | PictureColumn | VideoFile>>;

/** A finished episode. */
export interface Episode {
  readonly frames: EpisodeFrames;
  /** The instruction that was carried out; one per frame where it changed on the way. */
  readonly task: string | readonly string[];
}

/** An episode that was checked and can be written. */
export interface PreparedEpisode {
  /** Of every frame. */
  readonly tasks: readonly string[];
  readonly length: number;
  /** Flat numbers of shape (frames, N), rounded to the feature's type. */
  readonly numbers: ReadonlyMap<string, Float32Array | Float64Array>;
  /** PNG bytes per frame of image features; PNG or RGB bytes of video features that are not yet encoded. */
  readonly pictures: ReadonlyMap<string, readonly Uint8Array[]>;
  /** Paths of video features that are. */
  readonly videoPaths: ReadonlyMap<string, string>;
  readonly statistics: ReadonlyMap<string, FeatureStatistics>;
}

/**
 * Checks an episode against the features, rounds its numbers, encodes its pictures and computes its
 * statistics. Throws ArmatureError (E_EPISODE) naming the feature and the frame that does not fit.
 */
export function prepareEpisode(features: Features, episode: Episode): PreparedEpisode {
  const expected = Object.keys(features).filter((name) => !(name in DEFAULT_FEATURES));
  checkNames(expected, Object.keys(episode.frames));
  const numbers = new Map<string, Float32Array | Float64Array>();
  const pictures = new Map<string, readonly Uint8Array[]>();
  const videoPaths = new Map<string, string>();
  const statistics = new Map<string, FeatureStatistics>();
  const lengths = new Map<string, number>();
  for (const name of expected) {
    const feature = features[name];
    const column = episode.frames[name];
    if (feature === undefined || column === undefined) continue;
    if (isVideoFile(column)) {
      if (feature.dtype !== 'video') throw misfit(`${name} holds no videos`, feature.dtype, `the video ${column.path}`);
      videoPaths.set(name, column.path);
      statistics.set(name, column.statistics);
      lengths.set(name, column.frames);
    } else if (isPicture(feature.dtype)) {
      const encoded = preparePictures(name, feature, column as PictureColumn);
      pictures.set(name, encoded.png);
      statistics.set(name, encoded.statistics);
      lengths.set(name, encoded.png.length);
    } else {
      const values = toNumbers(name, feature, column as NumericColumn);
      const width = elementCount(feature);
      numbers.set(name, values);
      lengths.set(name, values.length / width);
      if (values.length > 0) statistics.set(name, computeStatistics(values, width));
    }
  }
  const length = commonLength(lengths);
  return { tasks: frameTasks(episode.task, length), length, numbers, pictures, videoPaths, statistics };
}

function frameTasks(task: Episode['task'], length: number): readonly string[] {
  const tasks = typeof task === 'string' ? Array<string>(length).fill(task) : task;
  if (tasks.some((sentence) => sentence.trim() === ''))
    throw misfit('the episode has no task', 'a sentence', 'an empty text');
  if (tasks.length !== length)
    throw misfit('there is not one task for every frame', `${length} tasks`, String(tasks.length));
  return tasks;
}

/**
 * Encodes pictures as PNG and computes their statistics. It needs nothing but its arguments, so a worker
 * thread can run it and post the result; saveEpisode takes it as it is.
 */
export function encodePictures(name: string, feature: FeatureSpec, frames: readonly Uint8Array[]): EncodedPictures {
  const [height = 0, width = 0] = feature.shape;
  frames.forEach((bytes, frame) => checkPicture(`${name}, frame ${frame}`, bytes, { height, width }));
  const samples = sampleIndices(frames.length).map((index) => toRgb(frames[index] ?? new Uint8Array()));
  return {
    png: frames.map((bytes) => (isPng(bytes) || feature.dtype === 'video' ? bytes : encodePng(bytes, width, height))),
    statistics: computeImageStatistics(samples, height, width),
  };
}

/** RGB bytes of a picture given as PNG or as RGB. */
export function toRgb(bytes: Uint8Array): Uint8Array {
  return isPng(bytes) ? decodePng(bytes).rgb : bytes;
}

function preparePictures(name: string, feature: FeatureSpec, column: PictureColumn): EncodedPictures {
  if (!('png' in column)) return encodePictures(name, feature, column);
  const [height = 0, width = 0] = feature.shape;
  column.png.forEach((bytes, frame) => checkPicture(`${name}, frame ${frame}`, bytes, { height, width }));
  return column;
}

function checkPicture(where: string, bytes: Uint8Array, size: { height: number; width: number }): void {
  const expected = `a PNG of ${size.width} x ${size.height} or ${size.width * size.height * 3} RGB bytes`;
  if (isPng(bytes)) {
    const found = pngSize(bytes);
    if (found.width !== size.width || found.height !== size.height)
      throw misfit(`${where} has another size`, expected, `a PNG of ${found.width} x ${found.height}`);
  } else if (bytes.length !== size.width * size.height * 3) {
    throw misfit(`${where} is not a picture of the feature's shape`, expected, `${bytes.length} bytes`);
  }
}

function toNumbers(name: string, feature: FeatureSpec, column: NumericColumn): Float32Array | Float64Array {
  const width = elementCount(feature);
  const flat = isPerFrame(column) ? flatten(name, column, width) : column;
  if (flat.length % width !== 0)
    throw misfit(`${name} is not a whole number of frames`, `a multiple of ${width}`, `${flat.length} values`);
  const values = feature.dtype === 'float32' ? new Float32Array(flat.length) : new Float64Array(flat.length);
  for (let index = 0; index < flat.length; index += 1) {
    const value = Number(flat[index]);
    const fits = feature.dtype === 'int64' ? Number.isSafeInteger(value) : Number.isFinite(value);
    if (!fits || (feature.dtype === 'bool' && value !== 0 && value !== 1)) {
      const where = `frame ${Math.floor(index / width)}, ${feature.names?.[index % width] ?? `element ${index % width}`}`;
      throw misfit(
        `${name} holds a value that is no ${feature.dtype} (${where})`,
        EXPECTED_VALUE[feature.dtype],
        String(flat[index]),
      );
    }
    values[index] = value;
  }
  return values;
}

const EXPECTED_VALUE: Readonly<Record<FeatureSpec['dtype'], string>> = {
  float32: 'a finite number',
  float64: 'a finite number',
  int64: 'a whole number below 2^53',
  bool: 'false or true',
  image: 'a picture',
  video: 'a picture',
};

function isVideoFile(column: EpisodeFrames[string]): column is VideoFile {
  return 'path' in column;
}

function isPerFrame(column: NumericColumn): column is readonly ArrayLike<number>[] {
  return typeof column[0] === 'object';
}

function flatten(name: string, frames: readonly ArrayLike<number>[], width: number): Float64Array {
  const flat = new Float64Array(frames.length * width);
  frames.forEach((frame, index) => {
    if (frame.length !== width)
      throw misfit(`${name}, frame ${index} has another length`, `${width} values`, `${frame.length}`);
    flat.set(Array.from(frame), index * width);
  });
  return flat;
}

function checkNames(expected: readonly string[], found: readonly string[]): void {
  const missing = expected.filter((name) => !found.includes(name));
  const surplus = found.filter((name) => !expected.includes(name));
  if (missing.length > 0 || surplus.length > 0) {
    throw misfit(
      'the episode does not have the features of the dataset',
      expected.join(', '),
      [...missing.map((name) => `${name} missing`), ...surplus.map((name) => `${name} in addition`)].join(', '),
    );
  }
}

function commonLength(lengths: ReadonlyMap<string, number>): number {
  const distinct = new Set(lengths.values());
  const [length = 0] = distinct;
  if (distinct.size > 1 || length === 0) {
    const found = [...lengths].map(([name, frames]) => `${name}: ${frames}`).join(', ');
    throw misfit('the features do not have one and the same number of frames', 'at least one frame of each', found);
  }
  return length;
}

function misfit(problem: string, expected: string, found: string): ArmatureError {
  return new ArmatureError('E_EPISODE', problem, {
    expected,
    found,
    remedy: 'Nothing was written; correct the episode and save it again.',
  });
}
