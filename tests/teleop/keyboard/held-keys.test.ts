import { describe, expect, it } from 'vitest';
import { HeldKeys } from '../../../src/teleop/keyboard/held-keys.ts';
import type { KeyEvent } from '../../../src/teleop/keyboard/key-source.ts';

const MS = 1e6;
type Happening = readonly [ms: number, kind: KeyEvent['kind'], key?: string];

/** At which of the times, every 10 ms, `w` is held. */
function heldMs(happenings: readonly Happening[], reportsReleases: boolean, untilMs = 2000): number[] {
  const keys = new HeldKeys();
  const times: number[] = [];
  for (let ms = 0; ms <= untilMs; ms += 10) {
    for (const [at, kind, key = 'w'] of happenings) {
      if (at === ms) keys.take({ key, kind, ctrl: false, alt: false, shift: false }, ms * MS);
    }
    if (keys.isHeld('w', ms * MS, reportsReleases)) times.push(ms);
  }
  return times;
}

/** A key held for a while on a keyboard that repeats after 500 ms, every 30 ms. */
function repeats(forMs: number, kind: KeyEvent['kind'], firstMs = 500): Happening[] {
  const times = [];
  for (let ms = firstMs; ms < forMs; ms += 30) times.push([ms, kind] as const);
  return [[0, 'press'], ...times];
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) / 10 }, (_, index) => from + 10 * index);

describe('a terminal that reports no releases', () => {
  it('shows a tap as a short nudge', () => {
    expect(heldMs([[0, 'press']], false)).toEqual(range(0, 100));
  });

  it('shows a key that is held as a nudge, and then as steady', () => {
    const times = heldMs(repeats(1400, 'press'), false);
    // The last repeat comes at 1370 ms.
    expect(times).toEqual([...range(0, 100), ...range(500, 1370 + 200)]);
  });

  it('bridges the jitter of a slow link, and no more', () => {
    const jitter: Happening[] = [
      [0, 'press'],
      [100, 'press'],
      [140, 'press'],
      [330, 'press'],
    ];
    expect(heldMs(jitter, false)).toEqual(range(0, 430));
  });

  it('ends soon after the link is silent', () => {
    const times = heldMs([...repeats(600, 'press')], false);
    expect(times.at(-1)).toBeLessThan(600 + 200);
  });

  it('takes what a link held back for one nudge, however many keys they are', () => {
    const burst = Array.from({ length: 60 }, (): Happening => [500, 'press']);
    expect(heldMs(burst, false)).toEqual(range(500, 700));
  });
});

describe('a terminal that reports releases', () => {
  it('ends with the release', () => {
    expect(
      heldMs(
        [
          [0, 'press'],
          [300, 'release'],
        ],
        true,
      ),
    ).toEqual(range(0, 300));
  });

  it('still makes a nudge of a tap', () => {
    expect(
      heldMs(
        [
          [0, 'press'],
          [40, 'release'],
        ],
        true,
      ),
    ).toEqual(range(0, 100));
  });

  it('is steady from the first moment on', () => {
    expect(heldMs([...repeats(1400, 'repeat'), [1400, 'release']], true)).toEqual(range(0, 1400));
  });

  it('does not hold a key whose release got lost', () => {
    expect(heldMs([[0, 'press']], true)).toEqual(range(0, 750));
    expect(heldMs(repeats(800, 'repeat'), true).at(-1)).toBeLessThan(800 + 200);
  });

  it('does not hold a key again whose release got lost, because of another one that comes later', () => {
    const other = repeats(1600, 'repeat', 1500).map(([ms, kind]): Happening => [ms === 0 ? 1000 : ms, kind, 'd']);
    expect(heldMs([[0, 'press'], ...other], true)).toEqual(range(0, 750));
  });

  it('holds a key while another one, pressed later, repeats', () => {
    const both: Happening[] = [
      [0, 'press'],
      [300, 'press', 'd'],
      [800, 'repeat', 'd'],
      [830, 'repeat', 'd'],
      [860, 'release', 'w'],
    ];
    expect(heldMs(both, true)).toEqual(range(0, 860));
  });
});

it('releases all at once', () => {
  const keys = new HeldKeys();
  keys.take({ key: 'w', kind: 'press', ctrl: false, alt: false, shift: false }, 0);
  keys.releaseAll();
  expect(keys.isHeld('w', 0, true)).toBe(false);
});
