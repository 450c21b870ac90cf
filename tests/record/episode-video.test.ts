import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loaderArguments } from '../../src/core/module-worker.ts';
import { loadNodeAv } from '../../src/record/node-av.ts';
import { PictureScaler } from '../../src/record/picture-scaler.ts';
import { readVideo } from '../../src/record/read-video.ts';
import { PassingImageStatistics, computeImageStatistics, sampleIndices } from '../../src/record/statistics.ts';
import { EpisodeVideo } from '../../src/record/video.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const [width, height, fps] = [66, 34, 30];
const av = await loadNodeAv();

/** A picture whose neighbours in time differ by more than the encoder's error, and whose pixels differ. */
function picture(frame: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, index) => 10 * frame + (index % 7));
}
const levelsOf = (frames: readonly Uint8Array[]): number[] => frames.map((rgb) => Math.round((rgb[300] ?? 0) / 10));

/** Times of the packets in ticks of the file, whether each is a key frame, and how many ticks a frame has. */
async function packetsOf(path: string): Promise<{ pts: number[]; dts: number[]; keys: boolean[]; ticks: number }> {
  await using input = new av.FormatContext();
  expect(await input.openInput(path)).toBe(0);
  const { timeBase } = input.streams[0] as NonNullable<(typeof input.streams)[0]>;
  const [pts, dts, keys]: [number[], number[], boolean[]] = [[], [], []];
  using packet = new av.Packet();
  packet.alloc();
  while ((await input.readFrame(packet)) >= 0) {
    pts.push(Number(packet.pts));
    dts.push(Number(packet.dts));
    keys.push(packet.isKeyframe);
    packet.unref();
  }
  return { pts, dts, keys, ticks: timeBase.den / timeBase.num / fps };
}

describe('a video written picture by picture', () => {
  it.each(['h264', 'av1'] as const)('in %s has frame k at k / fps, and its index at the start', async (codec) => {
    const path = join(temporaryFolder(), 'video.mp4');
    const video = await EpisodeVideo.open({ path, width, height, fps, codec });
    for (let frame = 0; frame < 12; frame += 1) await video.add(picture(frame));
    expect(await video.finish()).toMatchObject({ frames: 12, statistics: { count: [12] } });
    const { pts, dts, keys, ticks } = await packetsOf(path);
    expect(pts).toEqual(Array.from({ length: 12 }, (_, frame) => frame * ticks));
    expect(dts).toEqual(pts);
    expect(keys.filter((_, frame) => frame % 2 === 0)).toEqual(Array(6).fill(true));
    const bytes = readFileSync(path);
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
    expect(bytes.indexOf('moov')).toBeGreaterThan(0);
    expect(levelsOf(await readVideo({ path, fromTimestampS: 0, frameCount: 12, fps }))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    ]);
  });

  it('takes pictures of FFmpeg, the same one again, too, and leaves them alone', async () => {
    const path = join(temporaryFolder(), 'video.mp4');
    const toYuv = new PictureScaler(av, { width, height, format: av.AV_PIX_FMT_YUV420P });
    const video = await EpisodeVideo.open({ path, width, height, fps });
    for (const frame of [2, 8]) {
      using rgb = av.Frame.fromVideoBuffer(Buffer.from(picture(frame)), { width, height, format: av.AV_PIX_FMT_RGB24 });
      using yuv = toYuv.scale(rgb);
      await video.add(yuv);
      await video.add(yuv);
      expect(yuv.pts).toBe(av.AV_NOPTS_VALUE);
    }
    using small = av.Frame.fromVideoBuffer(Buffer.alloc(12), { width: 2, height: 2, format: av.AV_PIX_FMT_RGB24 });
    const { frames, statistics } = await video.finish();
    expect(frames).toBe(4);
    const rgb = [2, 2, 8, 8].map(picture);
    const expected = computeImageStatistics(rgb, height, width);
    // By way of yuv420p, which has half the colour.
    statistics.mean.forEach((mean, channel) => expect(mean).toBeCloseTo(expected.mean[channel] ?? 0, 1));
    expect(levelsOf(await readVideo({ path, fromTimestampS: 0, frameCount: 4, fps }))).toEqual([2, 2, 8, 8]);
    const other = await EpisodeVideo.open({ path: join(temporaryFolder(), 'video.mp4'), width, height, fps });
    await expect(other.add(small)).rejects.toThrow(/frame 0 has another size.*2 x 2/);
    toYuv.free();
  });

  it('stands under its name only when it is finished, and not at all after an error or an abort', async () => {
    const folder = temporaryFolder();
    const open = (): Promise<EpisodeVideo> =>
      EpisodeVideo.open({ path: join(folder, 'video.mp4'), width, height, fps });
    const aborted = await open();
    await aborted.add(picture(1));
    expect(readdirSync(folder)).toEqual(['video.mp4.partial']);
    await aborted.abort();
    await aborted.abort();
    await expect(aborted.add(picture(2))).rejects.toThrow('the video is over');
    const failed = await open();
    await failed.add(picture(1));
    await expect(failed.add(new Uint8Array(5))).rejects.toThrow('frame 1 has another size');
    expect(readdirSync(folder)).toEqual([]);
    const finished = await open();
    await finished.add(picture(1));
    await finished.finish();
    await finished.abort();
    expect(readdirSync(folder)).toEqual(['video.mp4']);
  });

  it('takes one call at a time, and abort at any time', async () => {
    const folder = temporaryFolder();
    const video = await EpisodeVideo.open({ path: join(folder, 'video.mp4'), width, height, fps });
    const first = video.add(picture(0));
    await expect(video.add(picture(1))).rejects.toThrow('wait for the last call first');
    await video.abort();
    await first;
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['a rate that is no whole number', { fps: 29.97 }, /whole number of frames a second.*29\.97/],
    ['a folder that is not there', { path: '/no/such/folder/video.mp4' }, /could not open it.*No such file/],
  ])('is refused with %s', async (_name, options, message) => {
    const path = join(temporaryFolder(), 'video.mp4');
    await expect(EpisodeVideo.open({ path, width, height, fps, ...options })).rejects.toThrow(message);
  });
});

describe('a process that is killed', () => {
  it('leaves nothing that looks complete', async () => {
    const folder = temporaryFolder();
    const module = pathToFileURL(join(import.meta.dirname, '../../src/record/video.ts')).href;
    const script = `
      const { EpisodeVideo } = await import(${JSON.stringify(module)});
      const video = await EpisodeVideo.open({ path: ${JSON.stringify(join(folder, 'video.mp4'))}, width: 64, height: 64, fps: 30 });
      for (let frame = 0; ; frame += 1) {
        await video.add(new Uint8Array(64 * 64 * 3).fill(frame));
        if (frame === 20) console.log('recording');
      }`;
    const child = spawn(
      process.execPath,
      [...loaderArguments({ isTypeScript: true }), '--input-type=module', '-e', script],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(readdirSync(folder)).toEqual(['video.mp4.partial']);
  });
});

describe('a full disk', () => {
  it('is told as such, and leaves no file', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'video.mp4');
    symlinkSync('/dev/full', `${path}.partial`);
    const record = async (): Promise<void> => {
      const video = await EpisodeVideo.open({ path, width, height, fps });
      for (let frame = 0; ; frame += 1) await video.add(picture(frame));
    };
    await expect(record()).rejects.toMatchObject({
      code: 'E_DISK_FULL',
      message: expect.stringContaining(path) as string,
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('at any moment gives the error or a complete video', async ({ skip }) => {
    const small = temporaryFolder();
    skip(
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]).status !== 0,
      'mounting is not permitted',
    );
    onTestFinished(() => void spawnSync('umount', [small]));
    const noise = (frame: number): Uint8Array =>
      Uint8Array.from(
        { length: width * height * 3 },
        (_, index) => Math.imul(index + 1, frame * 2_654_435_761 + 97) >>> 24,
      );
    const path = join(small, 'video.mp4');
    const outcomes = new Set<string>();
    for (let frames = 8; frames <= 40; frames += 1) {
      const video = await EpisodeVideo.open({ path, width, height, fps });
      try {
        for (let frame = 0; frame < frames; frame += 1) await video.add(noise(frame));
        await video.finish();
        expect((await readVideo({ path, fromTimestampS: 0, frameCount: frames, fps })).length).toBe(frames);
        outcomes.add('complete');
      } catch (error) {
        expect(error).toMatchObject({ code: 'E_DISK_FULL' });
        expect(readdirSync(small)).toEqual(existsSync(path) ? ['video.mp4'] : []);
        outcomes.add('full');
      }
    }
    expect([...outcomes].toSorted()).toEqual(['complete', 'full']);
  });
});

describe('statistics of passing pictures', () => {
  it('are those of the pictures that would have been sampled', () => {
    const sizes = fc.record({ height: fc.integer({ min: 1, max: 9 }), width: fc.constantFrom(1, 5, 300, 301) });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 130 }), fc.integer(), (size, frames, seed) => {
        const make = (frame: number): Uint8Array =>
          Uint8Array.from(
            { length: size.height * size.width * 3 },
            (_, i) => Math.imul(i + frame + 1, seed | 1) >>> 24,
          );
        const passing = new PassingImageStatistics(size.height, size.width);
        for (let frame = 0; frame < frames; frame += 1) passing.add(make(frame));
        const sampled = sampleIndices(frames).map(make);
        expect(passing.finish()).toEqual(computeImageStatistics(sampled, size.height, size.width));
      }),
      { numRuns: 40 },
    );
  });
});
