import { describe, expect, it } from 'vitest';
import {
  ENOUGH_TAKEN,
  MOST_MISSED,
  MOST_UNDER_WAY,
  MOST_UNANSWERED,
  MOST_WAITING_BYTES,
  POLICY_VIOLATION,
  Viewers,
} from '../../src/serve/viewers.ts';
import type { PageSocket } from '../../src/serve/viewers.ts';

/** A page that reads only when it is told to. */
class StalledPage implements PageSocket {
  readonly readyState = 1;
  bufferedAmount = 0;
  readonly got: string[] = [];
  readonly closedWith: number[] = [];

  send(data: string | Uint8Array): void {
    this.bufferedAmount += data.length;
    this.got.push(typeof data === 'string' ? data.slice(0, 5) : 'bytes');
  }

  read(): void {
    this.bufferedAmount = 0;
  }

  close(code: number): void {
    this.closedWith.push(code);
  }

  terminate(): void {
    this.read();
  }
}

describe('pages that look', () => {
  it('get nothing more while they are behind, and others get all', () => {
    const viewers = new Viewers();
    const [stalled, quick] = [new StalledPage(), new StalledPage()];
    viewers.add(stalled);
    viewers.add(quick);
    const frame = 'frame'.repeat(20_000);
    for (let count = 0; count < 100; count += 1) {
      viewers.show(frame);
      quick.read();
    }
    expect(quick.got).toHaveLength(100);
    expect(stalled.bufferedAmount).toBeLessThanOrEqual(MOST_WAITING_BYTES + frame.length);
    expect(viewers.dropped).toBe(100 - stalled.got.length);
    stalled.read();
    viewers.show(frame);
    expect(stalled.got.length).toBe(101 - viewers.dropped);
  });

  it('get smaller pictures while they miss many, and whole ones again when they miss none', () => {
    const viewers = new Viewers();
    const [slow, quick] = [new StalledPage(), new StalledPage()];
    viewers.add(slow);
    viewers.add(quick);
    const strides: number[] = [];
    const show = (isLarge = true): number | undefined => {
      strides.length = 0;
      viewers.showPicture({ isLarge, message: (stride) => (strides.push(stride), new Uint8Array(4)) });
      for (const page of [slow, quick]) viewers.noteGot(page);
      quick.read();
      return strides[0];
    };
    const miss = (count: number): void => {
      slow.bufferedAmount = MOST_WAITING_BYTES + 1;
      for (let missed = 0; missed < count; missed += 1) expect(show()).toBe(1);
      slow.read();
    };
    // A page that falters for a moment is not behind.
    miss(MOST_MISSED - 1);
    expect(show()).toBe(1);
    miss(MOST_MISSED);
    show();
    expect(strides).toEqual([2, 1]);
    show(false);
    expect(strides).toEqual([1, 1]);
    miss(5 * MOST_MISSED);
    show();
    expect(strides).toEqual([4, 1]);
    for (let taken = 0; taken < ENOUGH_TAKEN; taken += 1) {
      slow.read();
      show();
    }
    slow.read();
    show();
    expect(strides).toEqual([2, 1]);
  });

  it('have so many pictures on the way and no more, wherever those lie', () => {
    const viewers = new Viewers();
    const page = new StalledPage();
    viewers.add(page);
    const show = (): void => {
      viewers.showPicture({ isLarge: false, message: () => new Uint8Array(4) });
      page.read();
    };
    for (let count = 0; count < MOST_UNDER_WAY + 3; count += 1) show();
    expect(page.got).toHaveLength(MOST_UNDER_WAY);
    expect(viewers.dropped).toBe(3);
    viewers.noteGot(page);
    show();
    show();
    expect(page.got).toHaveLength(MOST_UNDER_WAY + 1);
    // All else is told.
    viewers.showNewest('frame', 'moves');
    expect(page.got.at(-1)).toBe('moves');
  });

  it('are told how it stands once they have caught up, and once', () => {
    const viewers = new Viewers();
    const [behind, quick] = [new StalledPage(), new StalledPage()];
    viewers.add(behind);
    viewers.add(quick);
    viewers.showNewest('frame', 'moves');
    behind.bufferedAmount = MOST_WAITING_BYTES + 1;
    viewers.showNewest('frame', 'stops');
    expect(behind.got).toEqual(['moves']);
    behind.read();
    for (let count = 0; count < 3; count += 1) viewers.showNewest('frame', 'stops');
    expect(behind.got).toEqual(['moves', 'stops']);
    expect(quick.got).toEqual(['moves', 'stops']);
  });

  it('are told a scene before what happens in it, also those that came late or were behind', () => {
    const viewers = new Viewers();
    const [early, behind, late] = [new StalledPage(), new StalledPage(), new StalledPage()];
    viewers.add(early);
    viewers.add(behind);
    behind.bufferedAmount = MOST_WAITING_BYTES + 1;
    viewers.setScene('scene one');
    viewers.show('frame');
    viewers.setScene('second scene');
    viewers.add(late);
    viewers.show('frame');
    behind.read();
    viewers.show('frame');
    expect(early.got).toEqual(['scene', 'frame', 'secon', 'frame', 'frame']);
    expect(late.got).toEqual(['secon', 'frame', 'frame']);
    expect(behind.got).toEqual(['secon', 'frame']);
  });

  it('are answered while they keep up; those that ask on and on while they are behind have to leave', () => {
    const viewers = new Viewers();
    const page = new StalledPage();
    viewers.add(page);
    viewers.answer(page, 'answer');
    expect(page.got).toEqual(['answe']);
    const askWhileBehind = (times: number): void => {
      page.bufferedAmount = MOST_WAITING_BYTES + 1;
      for (let count = 0; count < times; count += 1) viewers.answer(page, 'answer');
    };
    askWhileBehind(MOST_UNANSWERED);
    page.read();
    viewers.show('frame');
    askWhileBehind(MOST_UNANSWERED);
    expect(page.got).toEqual(['answe', 'frame']);
    expect(page.closedWith).toEqual([]);
    askWhileBehind(1);
    expect(page.closedWith).toEqual([POLICY_VIOLATION]);
  });
});
