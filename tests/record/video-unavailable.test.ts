import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { DatasetWriter } from '../../src/record/dataset-writer.ts';
import { writeVideo } from '../../src/record/video.ts';
import { SAMPLE_FEATURES, sampleEpisode } from './sample-dataset.ts';
import { temporaryFolder } from '../temporary-folder.ts';

vi.mock('node-av', () => {
  throw new Error('Cannot find package');
});

it('without the optional package, a video dataset is refused before anything is recorded', async () => {
  const directory = join(temporaryFolder(), 'new');
  const features = { front: { dtype: 'video', shape: [4, 4, 3] } } as const;
  const creation = DatasetWriter.create({ directory, fps: 10, robotType: null, features });
  await expect(creation).rejects.toThrow(/E_VIDEO_UNAVAILABLE.*npm install node-av/);
  expect(existsSync(directory)).toBe(false);
});

it('without the optional package, a video is refused and pictures are stored as ever', async () => {
  const directory = temporaryFolder();
  const options = { path: join(directory, 'video.mp4'), width: 4, height: 4, fps: 10, frames: [new Uint8Array(48)] };
  await expect(writeVideo(options)).rejects.toThrow('E_VIDEO_UNAVAILABLE');
  const writer = await DatasetWriter.create({ directory, fps: 10, robotType: null, features: SAMPLE_FEATURES });
  await expect(writer.saveEpisode(sampleEpisode(0, 2))).resolves.toEqual({ episodeIndex: 0, length: 2 });
});
