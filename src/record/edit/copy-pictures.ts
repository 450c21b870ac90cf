import { join } from 'node:path';
import { cutVideo } from '../cut-video.ts';
import type { DatasetReader, EpisodeData } from '../dataset-reader.ts';
import type { EpisodeFrames } from '../episode-input.ts';
import type { FeatureSpec, FeatureStatistics } from '../format.ts';
import { inspectVideo } from '../inspect-video.ts';
import { pngStatistics, videoStatistics } from '../picture-statistics.ts';
import { decodePng, encodePng } from '../png.ts';
import { streamVideo } from '../read-video.ts';
import type { VideoSpan } from '../read-video.ts';
import { EpisodeVideo } from '../video.ts';
import type { VideoCodec } from '../video-codecs.ts';
import type { PictureTarget } from './copied-features.ts';

/** The pictures of one feature and episode. */
export interface PictureSource {
  readonly dataset: DatasetReader;
  readonly data: EpisodeData;
  readonly name: string;
  /** As they were recorded; undefined where they have to be computed. */
  readonly statistics: FeatureStatistics | undefined;
}

export interface PictureGoal {
  readonly feature: FeatureSpec;
  readonly pictures: PictureTarget;
  /** Folder for videos on their way. */
  readonly workFolder: string;
}

export interface CopiedPictures {
  readonly column: EpisodeFrames[string];
  /** What became of a video; images have none. */
  readonly outcome: 'copied' | 'encoded' | 'image';
}

/** Brings pictures into the form of the feature; videos are encoded only where they must be. */
export async function copyPictures(source: PictureSource, goal: PictureGoal): Promise<CopiedPictures> {
  const { dataset, data, name } = source;
  const [height = 0, width = 0] = goal.feature.shape;
  const size = { height, width };
  const span = spanOf(dataset, data, name);
  if (goal.feature.dtype === 'image') {
    const png = span === undefined ? (data.images[name] ?? []) : await pngOf(span, size);
    return { column: { png, statistics: source.statistics ?? pngStatistics(png, size) }, outcome: 'image' };
  }
  const path = join(goal.workFolder, `${encodeURIComponent(name)}.mp4`);
  const frames = data.episode.length;
  if (span !== undefined && !(await isOtherCodec(span, goal)) && (await cutVideo(span, path)) === 'copied') {
    const statistics = source.statistics ?? (await videoStatistics({ ...span, path, fromTimestampS: 0 }, size));
    return { column: { path, frames, statistics }, outcome: 'copied' };
  }
  const codec = codecOf(goal);
  const video = await EpisodeVideo.open({ path, ...size, fps: dataset.info.fps, codec });
  try {
    const pictures = span === undefined ? rgbOf(data.images[name] ?? []) : streamVideo(span);
    for await (const rgb of pictures) await video.add(rgb);
    const finished = await video.finish();
    return {
      column: { path, frames, statistics: source.statistics ?? finished.statistics },
      outcome: 'encoded',
    };
  } catch (error) {
    await video.abort();
    throw error;
  }
}

function spanOf(dataset: DatasetReader, { episode }: EpisodeData, name: string): VideoSpan | undefined {
  if (dataset.info.features[name]?.dtype !== 'video') return undefined;
  const { path, fromTimestampS } = dataset.videoOf(episode.episodeIndex, name);
  return { path, fromTimestampS, frameCount: episode.length, fps: dataset.info.fps };
}

async function isOtherCodec({ path }: VideoSpan, { pictures }: PictureGoal): Promise<boolean> {
  if (pictures === 'keep' || pictures === 'image') return false;
  // The file knows better than what is said of it in info.json.
  return (await inspectVideo(path, { decode: false })).codec !== pictures;
}

/** Codec to encode with: the one asked for, or that of the other videos of the feature where we have it. */
function codecOf({ pictures, feature }: PictureGoal): VideoCodec {
  if (pictures === 'h264' || pictures === 'av1') return pictures;
  return feature.info?.['video.codec'] === 'av1' ? 'av1' : 'h264';
}

async function pngOf(span: VideoSpan, { height, width }: { height: number; width: number }): Promise<Uint8Array[]> {
  const png: Uint8Array[] = [];
  for await (const rgb of streamVideo(span)) png.push(encodePng(rgb, width, height));
  return png;
}

function* rgbOf(png: readonly Uint8Array[]): Generator<Uint8Array, void, undefined> {
  for (const bytes of png) yield decodePng(bytes).rgb;
}
