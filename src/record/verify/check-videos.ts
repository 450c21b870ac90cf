import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredEpisode } from '../dataset-metadata.ts';
import type { DatasetInfo, FeatureInfo } from '../format.ts';
import { inspectVideo } from '../inspect-video.ts';
import type { VideoContent } from '../inspect-video.ts';
import { FRAME_TIME_TOLERANCE_S } from '../read-video.ts';
import { computeImageStatistics } from '../statistics.ts';
import type { FoundStatistics } from './check-data.ts';
import { videoPath } from './check-episodes.ts';
import { sampledFrames } from './check-pictures.ts';
import { errorIn, listNumbers, problemOf, REMEDIES, warningIn } from './problem.ts';
import type { DatasetProblem } from './problem.ts';

/** What the checks of the videos need. */
export interface VideoCheck {
  readonly directory: string;
  readonly info: DatasetInfo;
  readonly stored: readonly StoredEpisode[];
  /** Decode every frame, not only read what the container says. */
  readonly decode: boolean;
  /** Videos read at the same time. */
  readonly concurrency: number;
  /** Called after each video file. */
  readonly onVideo: () => void;
}

/** The frames of one episode in a video file. */
interface Span {
  readonly episodeIndex: number;
  readonly fromTimestampS: number;
  readonly frameCount: number;
}

/** A video file with the episodes that lie in it. */
export interface VideoFile {
  /** Relative to the dataset's folder. */
  readonly file: string;
  readonly key: string;
  readonly spans: readonly Span[];
}

/** The video files that the episodes refer to. */
export function videoFiles(info: DatasetInfo, stored: readonly StoredEpisode[]): VideoFile[] {
  const files = new Map<string, { key: string; spans: Span[] }>();
  for (const { episode } of stored) {
    for (const [key, video] of Object.entries(episode.videos)) {
      const file = videoPath(info, video, key);
      const spans = files.get(file)?.spans ?? [];
      const { fromTimestampS } = video;
      spans.push({ episodeIndex: episode.episodeIndex, fromTimestampS, frameCount: episode.length });
      files.set(file, { key, spans });
    }
  }
  return [...files].map(([file, { key, spans }]) => ({ file, key, spans }));
}

/** Checks every video: that it can be decoded, and has a frame for every row at the row's time. */
export async function checkVideos(check: VideoCheck, found: FoundStatistics): Promise<DatasetProblem[]> {
  const waiting = videoFiles(check.info, check.stored);
  const results = new Map<string, readonly DatasetProblem[]>();
  const order = waiting.map(({ file }) => file);
  const work = async (): Promise<void> => {
    for (let video = waiting.shift(); video !== undefined; video = waiting.shift()) {
      results.set(video.file, await checkVideo(check, video, found));
      check.onVideo();
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, check.concurrency) }, work));
  return order.flatMap((file) => results.get(file) ?? []);
}

async function checkVideo(check: VideoCheck, video: VideoFile, found: FoundStatistics): Promise<DatasetProblem[]> {
  const { file, key } = video;
  const path = join(check.directory, file);
  const feature = check.info.features[key];
  if (feature === undefined || !existsSync(path))
    return [errorIn(file, 'the file is missing, but meta/episodes refers to it', { remedy: REMEDIES.repairOrWithout })];
  const samples = new SampledPictures(video, check.info.fps);
  try {
    const content = await inspectVideo(path, {
      decode: check.decode,
      sampled: samples.positions,
      onSample: (position, rgb) => samples.add(position, rgb),
    });
    if (check.decode) samples.store(feature, found);
    return [
      ...checkFormat(file, feature, content),
      ...checkDamage(file, content),
      ...checkFrames(check.info, video, content),
    ];
  } catch (error) {
    return [problemOf(error, file)];
  }
}

function checkFormat(file: string, { shape, info }: FeatureInfo, content: VideoContent): DatasetProblem[] {
  const problems: DatasetProblem[] = [];
  const [height, width] = shape;
  const found = `${content.width} x ${content.height}`;
  if (content.width !== width || content.height !== height)
    problems.push(
      errorIn(file, 'has another size', { expected: `${width} x ${height}`, found, remedy: REMEDIES.copy }),
    );
  const codec = info?.['video.codec'];
  if (typeof codec === 'string' && codec !== content.codec) {
    const remedy = 'Correct "video.codec" in meta/info.json; it informs only.';
    problems.push(warningIn(file, 'has another codec', { expected: codec, found: content.codec, remedy }));
  }
  return problems;
}

function checkDamage(file: string, { damage }: VideoContent): DatasetProblem[] {
  const [first] = damage;
  if (first === undefined) return [];
  const found = damage.length === 1 ? first : `${first}, and ${damage.length - 1} more`;
  return [errorIn(file, 'is damaged', { found, remedy: REMEDIES.copy })];
}

function checkFrames({ fps }: DatasetInfo, { file, spans }: VideoFile, { timesS }: VideoContent): DatasetProblem[] {
  const problems: DatasetProblem[] = [];
  for (const { episodeIndex, fromTimestampS, frameCount } of spans) {
    let at = firstAtOrAfter(timesS, fromTimestampS - FRAME_TIME_TOLERANCE_S);
    const missing: number[] = [];
    for (let frame = 0; frame < frameCount; frame += 1) {
      const expectedS = fromTimestampS + frame / fps;
      while ((timesS[at] ?? Infinity) < expectedS - FRAME_TIME_TOLERANCE_S) at += 1;
      if ((timesS[at] ?? Infinity) <= expectedS + FRAME_TIME_TOLERANCE_S) at += 1;
      else missing.push(frame);
    }
    if (missing[0] === undefined) continue;
    const next = timesS[firstAtOrAfter(timesS, fromTimestampS + missing[0] / fps)];
    problems.push(
      errorIn(file, `has no picture for frame ${listNumbers(missing)}`, {
        episode: episodeIndex,
        expected: `a frame at ${fromTimestampS + missing[0] / fps} s`,
        found: next === undefined ? `the end after ${timesS.length} frames` : `the next at ${next} s`,
        remedy: REMEDIES.repairOrWithout,
      }),
    );
  }
  const used = spans.reduce((sum, { frameCount }) => sum + frameCount, 0);
  if (problems.length === 0 && timesS.length > used) {
    problems.push(
      warningIn(file, 'holds frames of no episode', {
        expected: `${used} frames`,
        found: String(timesS.length),
        remedy: REMEDIES.rewrite,
      }),
    );
  }
  return problems;
}

/** Position of the first time that is not before the one given; the times ascend. */
function firstAtOrAfter(timesS: readonly number[], timeS: number): number {
  let [low, high] = [0, timesS.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesS[middle] ?? 0) < timeS) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Collects a few pictures of each episode of a file. */
class SampledPictures {
  readonly positions: ReadonlySet<number>;
  readonly #episodeAt = new Map<number, number>();
  readonly #pictures = new Map<number, Uint8Array[]>();
  readonly #key: string;

  constructor({ key, spans }: VideoFile, fps: number) {
    this.#key = key;
    for (const { episodeIndex, fromTimestampS, frameCount } of spans) {
      const first = Math.round(fromTimestampS * fps);
      for (const frame of sampledFrames(frameCount)) this.#episodeAt.set(first + frame, episodeIndex);
    }
    this.positions = new Set(this.#episodeAt.keys());
  }

  add(position: number, rgb: Uint8Array): void {
    const episode = this.#episodeAt.get(position) ?? -1;
    this.#pictures.set(episode, [...(this.#pictures.get(episode) ?? []), rgb]);
  }

  store({ shape }: FeatureInfo, found: FoundStatistics): void {
    const [height = 0, width = 0] = shape;
    for (const [episode, pictures] of this.#pictures) {
      // Pictures of another size are a problem of their own.
      if (pictures.some((rgb) => rgb.length !== height * width * 3)) continue;
      const features = found.pictures.get(episode) ?? new Map();
      features.set(this.#key, computeImageStatistics(pictures, height, width));
      found.pictures.set(episode, features);
    }
  }
}
