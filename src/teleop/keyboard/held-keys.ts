import { NS_PER_MS } from '../../core/time.ts';
import type { KeyEvent } from './key-source.ts';

/** A tap holds its key for so long: a short nudge. */
const TAP_NS = 100 * NS_PER_MS;
/** Presses of one key that follow each other sooner than this are repeats of a key that is held. */
const REPEAT_GAP_NS = 150 * NS_PER_MS;
/** A key that repeats is held until no repeat has come for so long: five periods of a usual keyboard, and the jitter of SSH. */
const REPEATING_NS = 200 * NS_PER_MS;
/** Where releases are reported, a key is held until its first repeat, which is late by the keyboard's own delay. */
const FIRST_REPEAT_NS = 750 * NS_PER_MS;

interface HeldKey {
  /** When it was pressed first, and when last or repeated, monotonic ns. */
  readonly pressedNs: number;
  lastNs: number;
  isRepeating: boolean;
  isReleased: boolean;
}

/**
 * Which keys are held, as a dead-man must know it: a key is held only for as long as the terminal goes on saying so. A
 * terminal that reports no releases shows a tap, a pause and then repeats: a nudge, then steady motion. One that does
 * report them must go on repeating too, so that keys whose release got lost with the link or the window do not stay held.
 */
export class HeldKeys {
  readonly #keys = new Map<string, HeldKey>();
  /** The last press or repeat of any key: a keyboard repeats only the key pressed last. */
  #newest: { readonly ns: number; readonly isRepeat: boolean } = { ns: Number.NEGATIVE_INFINITY, isRepeat: false };

  /** @param nowNs when it came, monotonic. */
  take({ key, kind }: KeyEvent, nowNs: number): void {
    if (kind === 'release') {
      const released = this.#keys.get(key);
      if (released !== undefined) released.isReleased = true;
      return;
    }
    // Nobody holds a key that stopped repeating: its release got lost, and this one must not bring it back.
    if (nowNs - this.#newest.ns >= this.#newestLastsNs) this.#keys.clear();
    this.#newest = { ns: nowNs, isRepeat: kind === 'repeat' };
    const known = this.#keys.get(key);
    const goesOn = known !== undefined && !known.isReleased && nowNs - known.lastNs <= REPEAT_GAP_NS;
    if (known !== undefined && !known.isReleased && (goesOn || kind === 'repeat')) {
      known.lastNs = nowNs;
      known.isRepeating = true;
    } else {
      this.#keys.set(key, { pressedNs: nowNs, lastNs: nowNs, isRepeating: kind === 'repeat', isReleased: false });
    }
  }

  releaseAll(): void {
    this.#keys.clear();
  }

  /** @param reportsReleases whether the terminal says when keys are released. */
  isHeld(key: string, nowNs: number, reportsReleases: boolean): boolean {
    const held = this.#keys.get(key);
    if (held === undefined) return false;
    if (nowNs - held.pressedNs < TAP_NS) return true;
    if (held.isReleased) return false;
    if (!reportsReleases) return nowNs - held.lastNs < (held.isRepeating ? REPEATING_NS : TAP_NS);
    return nowNs - this.#newest.ns < this.#newestLastsNs;
  }

  /** How long a key counts as held without another sign of any. */
  get #newestLastsNs(): number {
    return this.#newest.isRepeat ? REPEATING_NS : FIRST_REPEAT_NS;
  }
}
