/**
 * Datasets as Armature writes them, small and of every kind, each with what Armature's reader says of it beside it:
 *
 *   npx tsx scripts/write-sample-datasets.ts OUT
 *
 * training/check_dataset.py and training/check_lerobot.py hold other readers against them.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatasetWriter } from '../src/record/dataset-writer.ts';
import { convertDataset, mergeDatasets } from '../src/record/edit/edit-datasets.ts';
import type { Features } from '../src/record/format.ts';
import { readingOf } from './dataset-reading.ts';

const FIXTURES = fileURLToPath(new URL('../tests/fixtures', import.meta.url));
const [HEIGHT, WIDTH] = [48, 64];
const JOINTS = {
  dtype: 'float32',
  shape: [3],
  names: ['pan.pos', 'lift.pos', 'grip.pos'],
  info: { unit: 'rad' },
} as const;

function features(pictures: 'image' | 'video'): Features {
  const camera = { dtype: pictures, shape: [HEIGHT, WIDTH, 3] } as const;
  return {
    action: JOINTS,
    'action.requested': JOINTS,
    'observation.state': JOINTS,
    'observation.time': { dtype: 'float64', shape: [1], info: { unit: 's' } },
    'observation.images.front': camera,
    'observation.images.wrist': camera,
    'next.done': { dtype: 'bool', shape: [1] },
    'scene.seed': { dtype: 'int64', shape: [1] },
  };
}

async function record(directory: string, pictures: 'image' | 'video', episodesPerFile: number): Promise<void> {
  const options = { directory, fps: 30, robotType: 'so_follower', features: features(pictures), episodesPerFile };
  const writer = await DatasetWriter.create(options);
  const lengths = [12, 1, 9, 20];
  for (const [episode, length] of lengths.entries()) {
    const rows = <T>(value: (row: number) => T): T[] => Array.from({ length }, (_, row) => value(row));
    await writer.saveEpisode({
      // The third has two tasks.
      task:
        episode === 2
          ? rows((row) => (row < 4 ? 'reach' : 'push'))
          : (['reach', 'push', '', 'lift'][episode] ?? 'reach'),
      frames: {
        action: rows((row) => [episode + row / 8, -row / 3, Math.sin(row)]),
        'action.requested': rows((row) => [episode + row / 7, -row / 2, Math.cos(row)]),
        'observation.state': rows((row) => [episode + row / 9, -row / 4, 0]),
        'observation.time': rows((row) => row / 30 + 1e-3 * Math.sin(row)),
        'observation.images.front': rows((row) => picture(episode, row)),
        'observation.images.wrist': rows((row) => picture(3 - episode, length - row)),
        'next.done': rows((row) => row === length - 1),
        'scene.seed': rows(() => 2 ** 40 + episode),
      },
    });
  }
  await writer.close();
}

/** A ground that tells episode and row, and a white square that wanders. */
function picture(episode: number, row: number): Uint8Array {
  const rgb = new Uint8Array(HEIGHT * WIDTH * 3);
  for (let pixel = 0; pixel < HEIGHT * WIDTH; pixel += 1) {
    const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
    const isSquare = Math.abs(x - 2 * row - 8) < 6 && Math.abs(y - 24) < 6;
    rgb.set(isSquare ? [255, 255, 255] : [10 * row + 10, 60 * episode + 20, 128], pixel * 3);
  }
  return rgb;
}

/** Writes the samples below a folder and gives their names. */
export async function writeSampleDatasets(parent: string): Promise<string[]> {
  await mkdir(parent, { recursive: true });
  const inParent = (name: string): string => join(parent, name);
  await record(inParent('images'), 'image', 1);
  await record(inParent('videos'), 'video', 2);
  await convertDataset(inParent('videos'), inParent('av1'), { pictures: 'av1' });
  const reference = join(FIXTURES, 'ref_v3_by_lerobot_0.6.2');
  await mergeDatasets(inParent('merged'), [reference, reference]);
  await convertDataset(join(FIXTURES, 'ref_v21_by_lerobot_0.3.3'), inParent('converted'));
  const names = ['images', 'videos', 'av1', 'merged', 'converted'];
  for (const name of names) await writeFile(inParent(`${name}.json`), JSON.stringify(await readingOf(inParent(name))));
  return names;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [parent] = process.argv.slice(2);
  if (parent === undefined) throw new Error('give the folder the samples go to');
  console.log(JSON.stringify(await writeSampleDatasets(parent)));
}
