import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, rowAt, step, toggle } from '../../../src/serve/replay/playback.ts';
import '../../property-seed.ts';

const rising = fc
  .array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 1, maxLength: 50 })
  .map((gaps) => gaps.map((_, row) => gaps.slice(0, row).reduce((sum, gap) => sum + gap, 0)));
const standing = { timeS: 0, isPlaying: false, speed: 1 };

describe('rowAt', () => {
  it('is the last row that had come by then', () => {
    const times = fc.double({ min: 0, max: 60, noNaN: true });
    fc.assert(
      fc.property(rising, times, (timesS, timeS) => {
        expect(rowAt(timesS, timeS)).toBe(timesS.findLastIndex((rowS) => rowS <= timeS));
      }),
    );
  });

  it('is the first before anything has come, and none where there is none', () => {
    expect(rowAt([1, 2], 0)).toBe(0);
    expect(rowAt([], 0)).toBe(-1);
  });
});

describe('playing', () => {
  it('goes on at its speed, and stops at the end', () => {
    const playing = { timeS: 1, isPlaying: true, speed: 0.25 };
    expect(advance(playing, 2, 10)).toEqual({ timeS: 1.5, isPlaying: true, speed: 0.25 });
    expect(advance({ ...playing, speed: 4 }, 3, 10)).toEqual({ timeS: 10, isPlaying: false, speed: 4 });
    expect(advance(standing, 3, 10)).toEqual(standing);
  });

  it('shows each row once and none twice, however the time is cut', () => {
    fc.assert(
      fc.property(
        rising,
        fc.array(fc.double({ min: 0.001, max: 0.5, noNaN: true }), { maxLength: 40 }),
        (timesS, steps) => {
          let playback = { ...standing, isPlaying: true };
          const rows = steps.map((elapsedS) => {
            playback = advance(playback, elapsedS, timesS.at(-1) ?? 0);
            return rowAt(timesS, playback.timeS);
          });
          expect(rows).toEqual(rows.toSorted((a, b) => a - b));
        },
      ),
    );
  });

  it('begins again from the end', () => {
    expect(toggle({ ...standing, timeS: 10 }, 10)).toEqual({ ...standing, timeS: 0, isPlaying: true });
    expect(toggle({ ...standing, timeS: 4 }, 10)).toEqual({ ...standing, timeS: 4, isPlaying: true });
    expect(toggle({ ...standing, timeS: 4, isPlaying: true }, 10)).toEqual({ ...standing, timeS: 4 });
  });
});

describe('step', () => {
  it('goes to the very time of a row, within the rows, and stands there', () => {
    fc.assert(
      fc.property(rising, fc.nat(60), fc.integer({ min: -60, max: 60 }), (timesS, at, rows) => {
        const from = { ...standing, timeS: timesS[at] ?? 0, isPlaying: true };
        const to = step(from, timesS, rows);
        const wanted = Math.min(Math.max(rowAt(timesS, from.timeS) + rows, 0), timesS.length - 1);
        expect(to).toEqual({ ...from, timeS: timesS[wanted], isPlaying: false });
        expect(rowAt(timesS, to.timeS)).toBe(wanted);
      }),
    );
  });
});
