import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadNodeAv } from '../../../src/record/node-av.ts';
import type { AvFrame } from '../../../src/record/node-av.ts';
import { PictureHistory } from '../../../src/runtime/camera/picture-history.ts';
import { RowRecorder } from '../../../src/runtime/camera/row-recorder.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const av = await loadNodeAv();

function yuv(width: number, height: number, level: number): AvFrame {
  const frame = new av.Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = av.AV_PIX_FMT_YUV420P;
  frame.getBuffer();
  frame.data?.[0]?.fill(level);
  return frame;
}

function failing(error: unknown): never {
  throw error;
}

describe('the last pictures of a camera', () => {
  it('give the newest that had arrived by a time, and know since when it is the same', () => {
    const history = new PictureHistory();
    expect(history.at(0)).toBeUndefined();
    // A width that FFmpeg pads, so that there are bytes between two lines.
    for (const [stampNs, level] of [
      [10, 50],
      [20, 50],
      [30, 60],
      [40, 60],
      [50, 60],
    ] as const)
      history.offer(yuv(66, 34, level), stampNs);
    expect(history.offer(yuv(66, 34, 70), 45)).toBeUndefined();
    expect([9, 10, 19, 20, 31, 1000].map((timeNs) => history.at(timeNs)?.stampNs)).toEqual([10, 10, 10, 20, 30, 50]);
    expect([10, 20, 30, 50].map((timeNs) => history.at(timeNs)?.unchangedSinceNs)).toEqual([10, 10, 30, 30]);
  });

  it('are bounded in number, and a time before all of them gets the oldest', () => {
    const history = new PictureHistory();
    for (let stampNs = 0; stampNs < 100; stampNs += 1) history.offer(yuv(2, 2, stampNs), stampNs);
    expect(history.at(0)?.stampNs).toBe(84);
    expect(history.newest?.stampNs).toBe(99);
  });
});

describe('rows', () => {
  it('each have a picture, in their order, whatever was repeated', async () => {
    const runs = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(runs, async (steps) => {
        const folder = temporaryFolder();
        const recorder = await RowRecorder.open(
          { path: join(folder, 'a.mp4'), width: 16, height: 16, fps: 30 },
          failing,
        );
        let stampNs = 0;
        const stamps = steps.map((step) => (stampNs += step));
        for (const stamp of stamps) {
          using frame = yuv(16, 16, stamp);
          recorder.add({ frame, stampNs: stamp });
        }
        const { frames, captureNs, repeated, overrunRows } = await recorder.end();
        expect({ frames, overrunRows }).toEqual({ frames: steps.length, overrunRows: 0 });
        expect([...captureNs]).toEqual(stamps);
        expect([...repeated]).toEqual(steps.map((step, row) => (row > 0 && step === 0 ? 1 : 0)));
        expect(recorder.encodedRows).toBe(steps.length);
      }),
      { numRuns: 10 },
    );
  });

  it('wait for a slow encoder, and repeat the last waiting picture where too many wait', async () => {
    const [width, height] = [4096, 2160];
    const recorder = await RowRecorder.open(
      { path: join(temporaryFolder(), 'a.mp4'), width, height, fps: 30 },
      failing,
    );
    // All at once: the first is taken, 64 MiB of the others wait.
    for (let row = 0; row < 9; row += 1) {
      using frame = yuv(width, height, 20 * row);
      recorder.add({ frame, stampNs: row });
    }
    expect(recorder.encodedRows).toBe(0);
    const { frames, captureNs, repeated, overrunRows } = await recorder.end();
    expect({ frames, overrunRows }).toEqual({ frames: 9, overrunRows: 3 });
    expect([...captureNs]).toEqual([0, 1, 2, 3, 4, 5, 5, 5, 5]);
    expect([...repeated]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1]);
  });

  it('that cannot be written are told once, and leave nothing', async () => {
    const folder = temporaryFolder();
    const failures: unknown[] = [];
    const options = { path: join(folder, 'a.mp4'), width: 16, height: 16, fps: 30 };
    const recorder = await RowRecorder.open(options, (error) => failures.push(error));
    for (const [row, size] of [16, 18, 16].entries()) {
      using frame = yuv(size, size, 100);
      recorder.add({ frame, stampNs: row });
    }
    await expect(recorder.end()).rejects.toThrow(/frame 1 has another size/);
    expect(failures.length).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });
});
