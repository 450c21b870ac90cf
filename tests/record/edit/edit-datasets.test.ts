import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DatasetReader } from '../../../src/record/dataset-reader.ts';
import { DatasetWriter } from '../../../src/record/dataset-writer.ts';
import {
  chooseShare,
  convertDataset,
  deleteEpisodes,
  mergeDatasets,
  splitDataset,
} from '../../../src/record/edit/edit-datasets.ts';
import { DEFAULT_FEATURES } from '../../../src/record/format.ts';
import '../../property-seed.ts';
import { fixture, SAMPLE_FEATURES, sampleEpisode } from '../sample-dataset.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import {
  changeCell,
  changeJson,
  contentsOf,
  EPISODES,
  FRONT,
  imageDataset,
  INFO,
  inShort,
  lerobotDataset,
  problemsOf,
  videoDataset,
} from '../verify/damaged-dataset.ts';

/** Values, pictures and tasks of an episode; what its place in a dataset decides is left out. */
async function contentOf(directory: string, episodeIndex: number): Promise<Record<string, unknown>> {
  const reader = await DatasetReader.open(directory);
  const { columns, images, tasks } = await reader.readEpisode(episodeIndex);
  const own = Object.entries(columns).filter(([name]) => !(name in DEFAULT_FEATURES));
  const videos = Object.keys(reader.episodes[episodeIndex]?.videos ?? {});
  const pictures = await Promise.all(videos.map((key) => reader.readPictures(episodeIndex, key)));
  return { ...Object.fromEntries(own), ...images, tasks, pictures };
}

async function contents(directory: string): Promise<Record<string, unknown>[]> {
  const { episodes } = await DatasetReader.open(directory);
  return Promise.all(episodes.map(({ episodeIndex }) => contentOf(directory, episodeIndex)));
}

async function expectInOrder(directory: string): Promise<void> {
  expect((await problemsOf(directory)).map(inShort)).toEqual([]);
}

const output = (): string => join(temporaryFolder(), 'new');

describe('merge', () => {
  it.each([
    ['images', imageDataset, 0],
    ['videos, a file each', videoDataset, 6],
    ['videos of LeRobot, all in one file', () => Promise.resolve(lerobotDataset()), 6],
  ])('keeps values and pictures to the bit: %s', async (_name, dataset, videosCopied) => {
    const [first, second, merged] = [await dataset(), await dataset(), output()];
    const summary = await mergeDatasets(merged, [first, second]);
    expect(summary).toMatchObject({ episodes: 6, videosCopied, videosEncoded: 0 });
    await expectInOrder(merged);
    expect(await contents(merged)).toEqual([...(await contents(first)), ...(await contents(second))]);
    const [{ info }, { info: before }] = [await DatasetReader.open(merged), await DatasetReader.open(first)];
    expect(info.features).toEqual(before.features);
  });

  it('joins tasks, and keeps an episode with several', async () => {
    const [first, second, merged] = [await imageDataset(), temporaryFolder(), output()];
    const writer = await DatasetWriter.create({
      directory: second,
      fps: 10,
      robotType: 'arm',
      features: SAMPLE_FEATURES,
    });
    const episode = sampleEpisode(7, 4);
    await writer.saveEpisode({ ...episode, task: ['dance', 'dance', 'push the cube', 'dance'] });
    await mergeDatasets(merged, [first, second]);
    await expectInOrder(merged);
    const reader = await DatasetReader.open(merged);
    expect(reader.tasks).toEqual(['reach the cube', 'push the cube', 'dance']);
    expect(reader.episodes[3]?.tasks).toEqual(['dance', 'push the cube']);
    expect((await reader.readEpisode(3)).tasks).toEqual(['dance', 'dance', 'push the cube', 'dance']);
  });

  it.each<[string, (directory: string) => void, RegExp]>([
    [
      'frame rates',
      (directory) => changeJson(directory, INFO, (info) => ({ ...info, fps: 20 })),
      /20 frames per second, not 10/,
    ],
    [
      'robots',
      (directory) => changeJson(directory, INFO, (info) => ({ ...info, robot_type: 'leg' })),
      /robot leg, not arm/,
    ],
    [
      'units',
      (directory) =>
        changeJson(directory, INFO, (info) => {
          const features = info['features'] as Record<string, object>;
          return { ...info, features: { ...features, action: { ...features['action'], info: { unit: 'deg' } } } };
        }),
      /"action" is .*unit "deg", not .*unit "rad"/,
    ],
  ])('refuses datasets of different %s, and writes nothing', async (_name, change, message) => {
    const [first, second, merged] = [await imageDataset(), await imageDataset(), output()];
    change(second);
    await expect(mergeDatasets(merged, [first, second])).rejects.toThrow(message);
    expect(existsSync(merged)).toBe(false);
  });

  it('leaves out features that only one has', async () => {
    const [first, second, merged] = [await imageDataset(), temporaryFolder(), output()];
    await convertDataset(await imageDataset(), join(second, 'less'), { without: ['next.counter'] });
    await expect(mergeDatasets(merged, [first, join(second, 'less')])).rejects.toThrow(/no feature "next\.counter"/);
    await mergeDatasets(merged, [first, join(second, 'less')], { without: ['next.counter'] });
    await expectInOrder(merged);
    await expect(convertDataset(first, output(), { without: ['arm'] })).rejects.toThrow(
      /no feature "arm" to leave out/,
    );
  });

  it('refuses a folder that is not empty', async () => {
    const first = await imageDataset();
    await expect(mergeDatasets(await videoDataset(), [first])).rejects.toThrow(/the folder is not empty/);
  });
});

describe('split', () => {
  it('puts every episode into one of the two, in order', async () => {
    const [source, first, second] = [await videoDataset(), output(), output()];
    const before = await contents(source);
    await splitDataset(source, [first, second], [2, 0]);
    await expectInOrder(first);
    await expectInOrder(second);
    expect(await contents(first)).toEqual([before[0], before[2]]);
    expect(await contents(second)).toEqual([before[1]]);
    await expect(splitDataset(source, [output(), output()], [0, 1, 2])).rejects.toThrow(/no episodes/);
    await expect(splitDataset(source, [output(), output()], [3])).rejects.toThrow(/unknown episode "3"/);
  });

  it('chooses a share, leaving at least one on both sides', () => {
    expect(chooseShare(10, 0.8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(chooseShare(10, 0.3, 1)).not.toEqual(chooseShare(10, 0.3, 2));
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.option(fc.nat()),
        (count, share, seed) => {
          const chosen = chooseShare(count, share, seed ?? undefined);
          expect(chosen.length).toBeGreaterThan(0);
          expect(chosen.length).toBeLessThan(count);
          expect(new Set(chosen).size).toBe(chosen.length);
          expect(chosen.every((index) => index >= 0 && index < count)).toBe(true);
          expect(Math.abs(chosen.length - share * count)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

describe('delete-episodes', () => {
  it('copies the others, and leaves the dataset as it was', async () => {
    const [source, copy] = [lerobotDataset(), output()];
    const [before, files] = [await contents(source), contentsOf(source)];
    await deleteEpisodes(source, [1], copy);
    await expectInOrder(copy);
    expect(await contents(copy)).toEqual([before[0], before[2]]);
    expect(contentsOf(source)).toEqual(files);
  });

  it('leaves out an episode whose data are damaged', async () => {
    const [source, copy] = [await videoDataset(), output()];
    const before = await contents(source);
    writeFileSync(join(source, 'data/chunk-000/file-001.parquet'), 'PAR1');
    await deleteEpisodes(source, [1], copy);
    await expectInOrder(copy);
    expect(await contents(copy)).toEqual([before[0], before[2]]);
  });

  it('replaces the dataset in place, with what else its owner keeps in the folder', async () => {
    const source = await videoDataset();
    const before = await contents(source);
    mkdirSync(join(source, 'notes'));
    writeFileSync(join(source, 'notes/README.md'), 'mine');
    await deleteEpisodes(source, [0], undefined);
    await expectInOrder(source);
    expect(await contents(source)).toEqual(before.slice(1));
    expect(readFileSync(join(source, 'notes/README.md'), 'utf8')).toBe('mine');
    expect([existsSync(`${source}.old`), existsSync(`${source}.new`)]).toEqual([false, false]);
  });

  it('leaves the dataset as it was when the new one cannot be written', async () => {
    const source = await videoDataset();
    writeFileSync(join(source, 'data/chunk-000/file-002.parquet'), 'PAR1');
    const files = contentsOf(source);
    await expect(deleteEpisodes(source, [0], undefined)).rejects.toThrow(/cannot be read as Parquet/);
    expect(contentsOf(source)).toEqual(files);
    expect(existsSync(`${source}.new`)).toBe(false);
  });

  it('puts a dataset back that a process moved away before it died', async () => {
    const source = await videoDataset();
    renameSync(source, `${source}.old`);
    mkdirSync(`${source}.new`);
    await deleteEpisodes(source, [0], undefined);
    expect((await DatasetReader.open(source)).episodes).toHaveLength(2);
    expect([existsSync(`${source}.old`), existsSync(`${source}.new`)]).toEqual([false, false]);
  });

  it('refuses to delete all', async () => {
    await expect(deleteEpisodes(await videoDataset(), [0, 1, 2], output())).rejects.toThrow(/no episodes/);
  });
});

describe('convert', () => {
  const levels = async (directory: string): Promise<number[]> => {
    const reader = await DatasetReader.open(directory);
    const pictures = await Promise.all(
      reader.episodes.map(({ episodeIndex }) => reader.readPictures(episodeIndex, FRONT)),
    );
    // A pixel of the background.
    return pictures.flat().map((rgb) => Math.round((rgb[(20 * 48 + 30) * 3] ?? 0) / 10));
  };
  const V21_LEVELS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 9, 10, 11];

  it("reads LeRobot's v2.1, copies its videos, and computes the statistics it lacks", async () => {
    const copy = output();
    const summary = await convertDataset(fixture('ref_v21_by_lerobot_0.3.3'), copy);
    expect(summary).toEqual({ episodes: 3, frames: 13, videosCopied: 3, videosEncoded: 0 });
    await expectInOrder(copy);
    const reader = await DatasetReader.open(copy);
    expect(reader.info).toMatchObject({ codebase_version: 'v3.0', fps: 10, robot_type: 'so101_follower' });
    expect(reader.tasks).toEqual(['reach', 'push']);
    expect(Array.from((await reader.readEpisode(2)).columns['action'] ?? [])).toEqual([2, -2, 2.125, -2, 2.25, -2]);
    expect(await levels(copy)).toEqual(V21_LEVELS);
    expect((await reader.readStatistics()).get('action')?.q99).toHaveLength(2);
  });

  it.each([
    ['image', 0],
    ['h264', 3],
    ['av1', 0],
  ] as const)('stores the pictures of a video as %s', async (pictures, videosEncoded) => {
    const copy = output();
    const summary = await convertDataset(fixture('ref_v21_by_lerobot_0.3.3'), copy, { pictures });
    expect(summary.videosEncoded).toBe(videosEncoded);
    await expectInOrder(copy);
    expect(await levels(copy)).toEqual(V21_LEVELS);
    const { info } = await DatasetReader.open(copy);
    expect(info.features[FRONT]?.dtype).toBe(pictures === 'image' ? 'image' : 'video');
    expect(info.features[FRONT]?.info?.['video.codec']).toBe(pictures === 'image' ? undefined : pictures);
  });

  it.each(['h264', 'av1'] as const)('encodes images as %s, and gives them back', async (pictures) => {
    const [copy, back] = [output(), output()];
    await convertDataset(fixture('ref_v3_image_dtype'), copy, { pictures });
    await expectInOrder(copy);
    await convertDataset(copy, back, { pictures: 'image' });
    await expectInOrder(back);
    const names = async (directory: string): Promise<string[]> =>
      Object.keys((await DatasetReader.open(directory)).info.features);
    expect(await names(back)).toEqual(await names(fixture('ref_v3_image_dtype')));
  });

  it('computes the statistics of pictures anew where LeRobot counted pixels', async () => {
    const [source, copy] = [lerobotDataset(), output()];
    await changeCell(source, EPISODES, 0, { [`stats/${FRONT}/count`]: [73728n] });
    await convertDataset(source, copy);
    await expectInOrder(copy);
    expect((await (await DatasetReader.open(copy)).readStatistics()).get(FRONT)?.count).toEqual([36]);
  });

  it('encodes an episode that does not begin with a key frame', async () => {
    const [source, copy] = [lerobotDataset(), output()];
    // The first two episodes become one of 13 frames and one of 8: frame 13 is no key frame.
    await changeCell(source, EPISODES, 0, { length: 13n, dataset_to_index: 13n });
    await changeCell(source, EPISODES, 1, {
      length: 8n,
      dataset_from_index: 13n,
      [`videos/${FRONT}/from_timestamp`]: 13 / 30,
    });
    await changeCell(source, 'data/chunk-000/file-000.parquet', 12, { episode_index: 0n });
    const summary = await deleteEpisodes(source, [2], copy);
    expect(summary).toMatchObject({ videosCopied: 1, videosEncoded: 1 });
    const [before, after] = [await DatasetReader.open(source), await DatasetReader.open(copy)];
    const [expected, found] = [await before.readPictures(1, FRONT), await after.readPictures(1, FRONT)];
    found.forEach((rgb, frame) => expect(Math.abs((rgb[900] ?? 0) - (expected[frame]?.[900] ?? 0))).toBeLessThan(8));
  });

  it('says how to leave out a feature that cannot be written', async () => {
    const source = temporaryFolder();
    cpSync(fixture('ref_v3_image_dtype'), source, { recursive: true });
    changeJson(source, INFO, (info) => ({
      ...info,
      features: { ...(info['features'] as object), words: { dtype: 'string', shape: [1], names: null } },
    }));
    await expect(convertDataset(source, output())).rejects.toThrow(/"words" cannot be written.*--without words/);
    await convertDataset(source, output(), { without: ['words'] });
  });

  it('refuses what is no dataset', async () => {
    await expect(convertDataset(temporaryFolder(), output())).rejects.toThrow(/info\.json: the file is missing/);
  });
});
