import { expect, it } from 'vitest';
import type { DatasetReader } from '../../src/record/dataset-reader.ts';
import { EpisodePictures } from '../../src/record/episode-pictures.ts';

it('reads pictures again that could not be read once', async () => {
  const feature = 'observation.images.front';
  const picture = Uint8Array.of(1, 2, 3);
  const answers = [() => Promise.reject(new Error('too many open files')), () => Promise.resolve([picture])];
  let reads = 0;
  const reader = {
    episodes: [{ length: 1 }],
    info: { features: { [feature]: { dtype: 'image' } } },
    readEpisode: async () => {
      const answer = answers[Math.min(reads, 1)] as () => Promise<Uint8Array[]>;
      reads += 1;
      return { images: { [feature]: await answer() } };
    },
  } as unknown as DatasetReader;
  const pictures = new EpisodePictures(reader);
  const read = () => pictures.read(0, { feature, name: 'front', width: 1, height: 1 }, 0);
  await expect(read()).rejects.toThrow('too many open files');
  expect((await read()).bytes).toBe(picture);
  await read();
  expect(reads).toBe(2);
});
