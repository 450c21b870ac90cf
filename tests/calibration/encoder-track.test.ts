import { describe, expect, it } from 'vitest';
import { beginTrack, followTrack, restingTick } from '../../src/calibration/encoder-track.ts';
import type { EncoderTrack } from '../../src/calibration/encoder-track.ts';

const PERIOD_NS = 20e6;

/** Follows readings that come every 20 ms; undefined is a read that failed. */
function follow(readings: readonly (number | undefined)[], from = beginTrack(readings[0] ?? 0, 0)): EncoderTrack {
  return readings.reduce<EncoderTrack>(
    (track, reading, index) => followTrack(track, reading, (index + 1) * PERIOD_NS),
    from,
  );
}

describe('an encoder that is followed', () => {
  it('goes on across its wrap, both ways', () => {
    expect(follow([4000, 4090, 84, 180, 270, 360, 360])).toMatchObject({ tick: 4456, highest: 4456, lost: 0 });
    expect(follow([90, 10, 4026, 3930, 3930, 3930])).toMatchObject({ tick: -166, lowest: -166, lost: 0 });
  });

  it('invariant 10: counts failed reads, and takes them for no position', () => {
    const track = follow([100, undefined, undefined, 110, 110, 110]);
    expect(track).toMatchObject({ tick: 110, lowest: 100, highest: 110, failed: 2, refused: 0 });
  });

  it('invariant 10: refuses a jump that no joint makes, and goes on behind it', () => {
    expect(follow([100, 101, 2047, 102, 103, 103])).toMatchObject({ tick: 103, highest: 103, refused: 1, lost: 0 });
  });

  it('takes no single stray reading for the end of a range', () => {
    expect(follow([100, 100, 220, 100, 100, 100])).toMatchObject({ highest: 100, refused: 0 });
  });

  it('begins anew where readings insist that the joint is elsewhere', () => {
    const track = follow([100, 120, 2000, 2001, 2002, 2003, 2004, 2005]);
    expect(track).toMatchObject({ tick: 2005, lowest: 2004, lost: 1 });
  });

  it('begins anew after a silence in which the joint may have come the other way round', () => {
    const quiet = followTrack(beginTrack(100, 0), 300, 600e6);
    expect(quiet).toMatchObject({ tick: 300, lowest: 300, lost: 1 });
    expect(followTrack(beginTrack(100, 0), 300, 200e6)).toMatchObject({ tick: 300, lost: 0 });
  });

  it('rests when its last readings agree', () => {
    expect(restingTick(follow(Array.from({ length: 12 }, (_, index) => 4090 + (index % 5))))).toBe(4092);
    expect(restingTick(follow([100, 101, 102]))).toBeUndefined();
    expect(restingTick(follow(Array.from({ length: 12 }, (_, index) => 100 + 10 * index)))).toBeUndefined();
  });
});
