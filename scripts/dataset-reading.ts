/**
 * What Armature's reader says of a dataset, for other readers to be held against:
 *
 *   npx tsx scripts/dataset-reading.ts data/desk > desk.json
 *
 * Of a picture it holds the means of a grid of at most 8 x 8 blocks: codecs and colour conversions differ by a few
 * levels, another frame by many.
 */
import { fileURLToPath } from 'node:url';
import { DatasetReader } from '../src/record/dataset-reader.ts';
import { isPicture } from '../src/record/format.ts';

const BLOCKS = 8;

interface EpisodeReading {
  readonly length: number;
  readonly tasks: readonly string[];
  /** Flat numbers of shape (frames, N). */
  readonly columns: Readonly<Record<string, readonly number[]>>;
  /** Per frame the means of the blocks, shape (rows, columns, 3), base64. */
  readonly pictures: Readonly<Record<string, readonly string[]>>;
}

export interface DatasetReading {
  readonly fps: number;
  readonly tasks: readonly string[];
  readonly features: Readonly<Record<string, { readonly dtype: string; readonly shape: readonly number[] }>>;
  readonly episodes: readonly EpisodeReading[];
}

export async function readingOf(directory: string): Promise<DatasetReading> {
  const reader = await DatasetReader.open(directory);
  const { features, fps } = reader.info;
  const episodes: EpisodeReading[] = [];
  for (const { episodeIndex, length } of reader.episodes) {
    const { columns, tasks } = await reader.readEpisode(episodeIndex);
    const pictures: Record<string, string[]> = {};
    for (const [name, { dtype, shape }] of Object.entries(features)) {
      if (!isPicture(dtype)) continue;
      const frames = await reader.readPictures(episodeIndex, name);
      const [height = 0, width = 0] = shape;
      pictures[name] = frames.map((rgb) => Buffer.from(blockMeans(rgb, height, width)).toString('base64'));
    }
    const numbers = Object.entries(columns).map(([name, values]) => [name, Array.from(values)]);
    episodes.push({ length, tasks, columns: Object.fromEntries(numbers) as EpisodeReading['columns'], pictures });
  }
  const described = Object.entries(features).map(([name, { dtype, shape }]) => [name, { dtype, shape }] as const);
  return { fps, tasks: reader.tasks, features: Object.fromEntries(described), episodes };
}

function blockMeans(rgb: Uint8Array, height: number, width: number): Uint8Array {
  const [rows, columns] = [Math.min(BLOCKS, height), Math.min(BLOCKS, width)];
  const means = new Uint8Array(rows * columns * 3);
  for (let block = 0; block < means.length; block += 1) {
    const [channel, column, row] = [block % 3, Math.floor(block / 3) % columns, Math.floor(block / 3 / columns)];
    let [sum, count] = [0, 0];
    for (let y = Math.floor((row * height) / rows); y < Math.floor(((row + 1) * height) / rows); y += 1) {
      for (let x = Math.floor((column * width) / columns); x < Math.floor(((column + 1) * width) / columns); x += 1) {
        sum += rgb[(y * width + x) * 3 + channel] ?? 0;
        count += 1;
      }
    }
    means[block] = Math.round(sum / count);
  }
  return means;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(JSON.stringify(await readingOf(process.argv[2] ?? '')));
