import { NS_PER_MS } from '../../core/clock.ts';
import { NO_AXES } from '../jog/jog-input.ts';
import type { JogReading } from '../jog/jog-device.ts';

/** What a page says of the hand on it, again and again for as long as it has the control. */
export interface PagePush extends JogReading {
  /** When what the page shows was so, monotonic ns of this computer. */
  readonly seenNs: number;
}

/** A page says every 50 ms that the dead-man is held. Held is what was said no longer ago than this: two may be late or lost. */
export const HOLD_MS = 150;
/** Whoever sees the arm as it was longer ago than this, moves nothing; what a network held back is no wish either. */
export const SEEN_MS = 500;
/** An interruption shorter than this goes on by itself while the hand is still there: a browser that was busy for a moment. */
export const RESUME_MS = 500;

const LET_GO: JogReading = { axes: NO_AXES, isDeadManHeld: false };

/**
 * The dead-man of a page. It is held only while the page goes on saying so, and shows that it sees what happens. Once that was
 * interrupted for long (a lost page, a hidden tab, a network that pauses), it has to be let go before it counts again: a
 * hand that is still there after a pause does not move the arm by itself.
 */
export class PageHand {
  #reading = LET_GO;
  #saidNs = -Infinity;
  #mustRelease = true;
  #isPressed = false;

  /** It is pressed and does not count, because the word of it was interrupted, or had been said before it could count. */
  get isPressedInVain(): boolean {
    return this.#isPressed && this.#mustRelease;
  }

  /** @param nowNs when it came, monotonic */
  take({ axes, isDeadManHeld, seenNs }: PagePush, nowNs: number): void {
    const isFresh = seenNs <= nowNs && nowNs - seenNs <= SEEN_MS * NS_PER_MS;
    const wasSilent = nowNs - this.#saidNs > RESUME_MS * NS_PER_MS;
    if (!isDeadManHeld) this.#mustRelease = false;
    else if (wasSilent || !isFresh) this.#mustRelease = true;
    this.#reading = isDeadManHeld && !this.#mustRelease ? { axes, isDeadManHeld } : LET_GO;
    this.#isPressed = isDeadManHeld;
    this.#saidNs = nowNs;
  }

  /** What is pushed now. */
  read(nowNs: number): JogReading {
    return nowNs - this.#saidNs <= HOLD_MS * NS_PER_MS ? this.#reading : LET_GO;
  }

  /** Nothing is pushed, whatever was said; what is held has to be let go before it counts. */
  letGo(): void {
    this.#reading = LET_GO;
    this.#isPressed = false;
    this.#mustRelease = true;
  }
}
