import type { DatasetReader } from '../../record/dataset-reader.ts';
import { isPicture } from '../../record/format.ts';
import { decodePng, encodePng } from '../../record/png.ts';
import type { RgbImage } from '../../record/png.ts';
import { readVideo } from '../../record/read-video.ts';
import type { CameraStrip } from './report-data.ts';
import { shrinkPicture } from './shrink-picture.ts';

/** Pictures per camera and episode. */
const PICTURES = 5;
/** A page shows no more of a picture. */
const WIDTH = 192;

/** A few pictures of every camera of an episode, the first and the last among them. */
export async function episodeStrips(reader: DatasetReader, episodeIndex: number): Promise<CameraStrip[]> {
  const { fps, features } = reader.info;
  const length = reader.episodes[episodeIndex]?.length ?? 0;
  const count = Math.min(PICTURES, length);
  const frames = Array.from({ length: count }, (_, index) =>
    Math.round((index * (length - 1)) / Math.max(1, count - 1)),
  );
  const strips: CameraStrip[] = [];
  for (const [name, { dtype, shape }] of Object.entries(features)) {
    // A map of depths is no picture to look at.
    if (!isPicture(dtype) || shape[2] !== 3) continue;
    const pictures = await readFrames(reader, { episodeIndex, name, frames });
    strips.push({
      camera: name.replace('observation.images.', ''),
      frames: pictures.map((picture, index) => {
        const { rgb, width, height } = shrinkPicture(picture, WIDTH);
        return { timeS: (frames[index] ?? 0) / fps, png: encodePng(rgb, width, height) };
      }),
    });
  }
  return strips;
}

async function readFrames(
  reader: DatasetReader,
  { episodeIndex, name, frames }: { episodeIndex: number; name: string; frames: readonly number[] },
): Promise<RgbImage[]> {
  const { dtype, shape: [height = 0, width = 0] = [] } = reader.info.features[name] ?? {};
  if (dtype === 'image') {
    const { images } = await reader.readEpisode(episodeIndex, [name]);
    return frames.map((frame) => decodePng(images[name]?.[frame] ?? new Uint8Array()));
  }
  const { path, fromTimestampS } = reader.videoOf(episodeIndex, name);
  const { fps } = reader.info;
  const pictures: RgbImage[] = [];
  for (const frame of frames) {
    // One by one: the decoder goes to the key frame before each, and the frames between are not decoded.
    const [rgb] = await readVideo({ path, fromTimestampS: fromTimestampS + frame / fps, frameCount: 1, fps });
    if (rgb !== undefined) pictures.push({ rgb, width, height });
  }
  return pictures;
}
