import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../property-seed.ts';
import { NS_PER_MS } from '../../../src/core/clock.ts';
import { NO_AXES } from '../../../src/teleop/jog/jog-input.ts';
import { HOLD_MS, PageHand, RESUME_MS, SEEN_MS } from '../../../src/teleop/page/page-hand.ts';

const PUSHED = { ...NO_AXES, x: 1 };
const at = (ms: number): number => ms * NS_PER_MS;

/** A page that says something, and is asked at any moment. */
function bench() {
  const hand = new PageHand();
  const say = (isDeadManHeld: boolean, ms: number, seenMs = ms): void =>
    hand.take({ axes: PUSHED, isDeadManHeld, seenNs: at(seenMs) }, at(ms));
  return { hand, say, isHeld: (ms: number): boolean => hand.read(at(ms)).isDeadManHeld };
}

describe('PageHand', () => {
  it('is held from a press until it is let go, and for no longer than 150 ms after the last word', () => {
    const { hand, say, isHeld } = bench();
    say(false, 0);
    say(true, 50);
    expect(isHeld(60)).toBe(true);
    expect(hand.read(at(60)).axes).toEqual(PUSHED);
    expect(isHeld(50 + HOLD_MS)).toBe(true);
    expect(isHeld(51 + HOLD_MS)).toBe(false);
    expect(hand.read(at(51 + HOLD_MS)).axes).toEqual(NO_AXES);
    say(true, 100);
    say(false, 120);
    expect(isHeld(121)).toBe(false);
  });

  it('does not count what is held from the beginning, or when the control changes hands', () => {
    const { hand, say, isHeld } = bench();
    say(true, 0);
    expect(isHeld(1)).toBe(false);
    say(false, 50);
    say(true, 100);
    expect(isHeld(101)).toBe(true);
    hand.letGo();
    say(true, 150);
    expect(isHeld(151)).toBe(false);
  });

  it('goes on after a short silence, and after a long one only when it was let go', () => {
    const { hand, say, isHeld } = bench();
    say(false, 0);
    say(true, 50);
    expect(hand.isPressedInVain).toBe(false);
    say(true, 50 + RESUME_MS);
    expect(isHeld(60 + RESUME_MS)).toBe(true);
    say(true, 2000);
    expect(isHeld(2001)).toBe(false);
    say(true, 2050);
    expect(isHeld(2051)).toBe(false);
    expect(hand.isPressedInVain).toBe(true);
    say(false, 2100);
    say(true, 2150);
    expect(isHeld(2151)).toBe(true);
  });

  it('takes nothing from a page that does not see the arm, or that a network held back', () => {
    const { say, isHeld } = bench();
    say(false, 1000);
    say(true, 1050, 1050 - SEEN_MS - 1);
    expect(isHeld(1051)).toBe(false);
    say(true, 1100);
    expect(isHeld(1101)).toBe(false);
    say(false, 1150);
    say(true, 1200, 1201);
    expect(isHeld(1201)).toBe(false);
  });

  it('is held, whatever comes, only within 150 ms after a word that said so and saw the arm, and never since the beginning', () => {
    const word = fc.record({
      afterMs: fc.integer({ min: 0, max: 900 }),
      isDeadManHeld: fc.boolean(),
      seenAgoMs: fc.integer({ min: -20, max: 800 }),
      isHandedOver: fc.boolean(),
    });
    const asked = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(fc.tuple(word, asked), { maxLength: 40 }), (words) => {
        const { hand, say, isHeld } = bench();
        let nowMs = 0;
        let wasReleased = false;
        for (const [{ afterMs, isDeadManHeld, seenAgoMs, isHandedOver }, moments] of words) {
          nowMs += afterMs;
          if (isHandedOver) hand.letGo();
          wasReleased = (wasReleased && !isHandedOver) || !isDeadManHeld;
          say(isDeadManHeld, nowMs, nowMs - seenAgoMs);
          for (const moment of moments) {
            const isSeen = seenAgoMs >= 0 && seenAgoMs <= SEEN_MS;
            const mayBeHeld = isDeadManHeld && isSeen && wasReleased && moment <= HOLD_MS;
            if (!mayBeHeld) expect(isHeld(nowMs + moment)).toBe(false);
          }
        }
      }),
    );
  });
});
