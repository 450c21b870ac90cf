import { NS_PER_MS, NS_PER_S } from '../../core/clock.ts';

/** `frozen`: pictures come, and all are the same. `lost`: none come. */
export type CameraState = 'ok' | 'frozen' | 'lost';

/** How a camera is at one moment. */
export interface CameraCondition {
  readonly state: CameraState;
  /** Pictures a second, measured over the last two seconds. */
  readonly rateHz: number;
  /** Age of the newest picture, ms; infinite before the first. */
  readonly ageMs: number;
}

/** Silence, or a picture that stands still, is noticed after this time unless told otherwise, ms. */
export const DEFAULT_TOLERANCE_MS = 400;
/** A slow camera may take so many of its periods. */
const PERIODS = 2.5;
/** Over which the rate is measured. */
const RATE_WINDOW_NS = 2 * NS_PER_S;

/** Judges a camera by the pictures that came. It asks no clock: the time is told. */
export class CameraWatch {
  readonly #frozenMs: number;
  /** When the pictures of the last two seconds arrived, ns. */
  #stampsNs: number[] = [];
  #unchangedSinceNs = 0;
  #periodNs = 0;

  /** @param frozenMs a picture that does not change for so long is frozen; 0: never. */
  constructor(frozenMs: number = DEFAULT_TOLERANCE_MS) {
    this.#frozenMs = frozenMs;
  }

  /** A picture arrived at `stampNs`, the same as all since `unchangedSinceNs`. */
  arrived(stampNs: number, unchangedSinceNs: number): void {
    this.#stampsNs = this.#stampsNs.filter((each) => each > stampNs - RATE_WINDOW_NS);
    this.#stampsNs.push(stampNs);
    this.#unchangedSinceNs = unchangedSinceNs;
    const [first = stampNs] = this.#stampsNs;
    const periods = this.#stampsNs.length - 1;
    if (periods > 0) this.#periodNs = (stampNs - first) / periods;
  }

  /** Nothing comes any more, as before the first picture. */
  clear(): void {
    this.#stampsNs = [];
  }

  at(nowNs: number): CameraCondition {
    const last = this.#stampsNs.at(-1);
    if (last === undefined) return { state: 'lost', rateHz: 0, ageMs: Infinity };
    const ageNs = nowNs - last;
    return { state: this.#state(last, ageNs), rateHz: this.#rateHz(last, ageNs), ageMs: ageNs / NS_PER_MS };
  }

  #state(last: number, ageNs: number): CameraState {
    if (ageNs > this.#toleranceNs(DEFAULT_TOLERANCE_MS)) return 'lost';
    const isFrozen = this.#frozenMs > 0 && last - this.#unchangedSinceNs >= this.#toleranceNs(this.#frozenMs);
    return isFrozen ? 'frozen' : 'ok';
  }

  #rateHz(last: number, ageNs: number): number {
    const [first = last] = this.#stampsNs;
    const periods = this.#stampsNs.length - 1;
    // A silence that goes on counts before it ends.
    const silenceNs = ageNs > PERIODS * this.#periodNs ? ageNs : 0;
    return periods === 0 ? 0 : (periods * NS_PER_S) / (last - first + silenceNs);
  }

  #toleranceNs(milliseconds: number): number {
    return Math.max(milliseconds * NS_PER_MS, PERIODS * this.#periodNs);
  }
}
