import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatasetReader } from '../../src/record/dataset-reader.ts';
import { DatasetWriter } from '../../src/record/dataset-writer.ts';
import { encodePictures } from '../../src/record/episode-input.ts';
import { encodePng } from '../../src/record/png.ts';
import { readVideo } from '../../src/record/read-video.ts';
import { writeVideo } from '../../src/record/video.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A grey picture; neighbouring frames differ by more than the encoder's error. */
const grey = (level: number, width = 66, height = 34): Uint8Array => new Uint8Array(width * height * 3).fill(level);
const levelsOf = (frames: readonly Uint8Array[]): number[] => frames.map((rgb) => Math.round((rgb[300] ?? 0) / 10));

describe('a video', () => {
  it('has each frame at its time, also from the middle', async () => {
    const path = join(temporaryFolder(), 'video.mp4');
    const frames = Array.from({ length: 12 }, (_, frame) => grey(frame * 10));
    await writeVideo({ path, width: 66, height: 34, fps: 30, frames });
    const all = await readVideo({ path, fromTimestampS: 0, frameCount: 12, fps: 30 });
    expect(all.map((rgb) => rgb.length)).toEqual(Array(12).fill(66 * 34 * 3));
    expect(levelsOf(all)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(levelsOf(await readVideo({ path, fromTimestampS: 5 / 30, frameCount: 3, fps: 30 }))).toEqual([5, 6, 7]);
  });

  it('takes frames one at a time from a generator', async () => {
    const path = join(temporaryFolder(), 'video.mp4');
    async function* frames(): AsyncGenerator<Uint8Array> {
      for (const level of [20, 40]) yield await Promise.resolve(grey(level));
    }
    await writeVideo({ path, width: 66, height: 34, fps: 10, frames: frames() });
    expect(levelsOf(await readVideo({ path, fromTimestampS: 0, frameCount: 2, fps: 10 }))).toEqual([2, 4]);
  });

  it('is refused where a frame is missing or lies at another time', async () => {
    const path = join(temporaryFolder(), 'video.mp4');
    await writeVideo({ path, width: 66, height: 34, fps: 10, frames: [grey(0), grey(50)] });
    await expect(readVideo({ path, fromTimestampS: 0, frameCount: 3, fps: 10 })).rejects.toThrow(
      /has no frame at 0\.2 s/,
    );
    await expect(readVideo({ path, fromTimestampS: 0, frameCount: 2, fps: 15 })).rejects.toThrow(/has no frame at/);
    writeFileSync(path, 'no video');
    await expect(readVideo({ path, fromTimestampS: 0, frameCount: 1, fps: 10 })).rejects.toThrow('E_VIDEO');
  });

  it.each([
    ['no frames', { width: 66, frames: [] }, /needs frames/],
    ['an odd width', { width: 65, frames: [grey(0)] }, /even width/],
    ['a frame of another size', { width: 66, frames: [grey(0), new Uint8Array(9)] }, /frame 1 has another size/],
  ])('is not written from %s', async (_name, options, message) => {
    const path = join(temporaryFolder(), 'video.mp4');
    await expect(writeVideo({ path, height: 34, fps: 10, ...options })).rejects.toThrow(message);
  });
});

describe('a dataset with a video feature', () => {
  const features = {
    action: { dtype: 'float32', shape: [1] },
    'observation.images.front': { dtype: 'video', shape: [34, 66, 3] },
  } as const;

  it('has one file per episode, no column, and the frames of each episode', async () => {
    const directory = temporaryFolder();
    const options = { directory, fps: 10, robotType: null, features, episodesPerFile: 2 };
    const writer = await DatasetWriter.create(options);
    const rgb = [10, 30, 50].map((level) => grey(level));
    const png = [90, 70].map((level) => encodePng(grey(level), 66, 34));
    await writer.saveEpisode({ task: 'wave', frames: { action: [0, 1, 2], 'observation.images.front': rgb } });
    await writer.saveEpisode({ task: 'wave', frames: { action: [0, 1], 'observation.images.front': png } });
    const reader = await DatasetReader.open(directory);
    expect(levelsOf(await reader.readPictures(0, 'observation.images.front'))).toEqual([1, 3, 5]);
    expect(levelsOf(await reader.readPictures(1, 'observation.images.front'))).toEqual([9, 7]);
    expect(reader.videoOf(1, 'observation.images.front')).toEqual({
      path: join(directory, 'videos/observation.images.front/chunk-000/file-001.mp4'),
      fromTimestampS: 0,
      toTimestampS: 0.2,
    });
    expect(Object.keys((await reader.readEpisode(0)).columns)).not.toContain('observation.images.front');
    await (
      await DatasetWriter.resume(directory)
    ).saveEpisode({ task: 'wave', frames: { action: [0], 'observation.images.front': [grey(20)] } });
    expect(existsSync(join(directory, 'videos/observation.images.front/chunk-000/file-002.mp4'))).toBe(true);
  });

  it('takes a video that was encoded while it was recorded, and moves it', async () => {
    const directory = temporaryFolder();
    const path = join(directory, 'recording.mp4');
    const frames = [10, 30, 50].map((level) => grey(level));
    await writeVideo({ path, width: 66, height: 34, fps: 10, frames });
    const { statistics } = encodePictures('front', features['observation.images.front'], frames);
    const writer = await DatasetWriter.create({ directory, fps: 10, robotType: null, features });
    const save = (action: readonly number[]): Promise<unknown> =>
      writer.saveEpisode({
        task: 'wave',
        frames: { action, 'observation.images.front': { path, frames: 3, statistics } },
      });
    await expect(save([0, 1])).rejects.toThrow(/one and the same number of frames/);
    expect(existsSync(path)).toBe(true);
    await save([0, 1, 2]);
    expect(existsSync(path)).toBe(false);
    const reader = await DatasetReader.open(directory);
    expect(levelsOf(await reader.readPictures(0, 'observation.images.front'))).toEqual([1, 3, 5]);
  });
});
