import { decodePng } from './png.ts';
import { streamVideo } from './read-video.ts';
import type { VideoSpan } from './read-video.ts';
import { computeImageStatistics, sampleIndices } from './statistics.ts';
import type { FeatureStatistics } from './format.ts';

/** Height and width of the pictures of a feature. */
export interface PictureSize {
  readonly height: number;
  readonly width: number;
}

/** Statistics of an episode's pictures in a video, from the frames that LeRobot would sample. */
export async function videoStatistics(span: VideoSpan, { height, width }: PictureSize): Promise<FeatureStatistics> {
  const sampled: Uint8Array[] = [];
  for await (const rgb of streamVideo(span, new Set(sampleIndices(span.frameCount)))) sampled.push(rgb);
  return computeImageStatistics(sampled, height, width);
}

/** Statistics of an episode's pictures given as PNG. */
export function pngStatistics(png: readonly Uint8Array[], { height, width }: PictureSize): FeatureStatistics {
  const sampled = sampleIndices(png.length).map((frame) => decodePng(png[frame] ?? new Uint8Array()).rgb);
  return computeImageStatistics(sampled, height, width);
}
