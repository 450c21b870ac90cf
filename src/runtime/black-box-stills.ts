import { NS_PER_S } from '../core/clock.ts';
import type { CameraFrame, Observation } from '../core/observation.ts';
import { thinPicture } from '../core/thin-picture.ts';
import { BLACK_BOX_S } from './black-box-ring.ts';

/** Pictures of each camera that are remembered, a second, and how wide they are at most. */
const RATE_HZ = 4;
const WIDEST = 96;
const CAPACITY = Math.ceil(BLACK_BOX_S * RATE_HZ);

/** A small picture that was there. */
export interface Still {
  readonly camera: string;
  /** Of the tick at which it was there first, monotonic ns. */
  readonly timeNs: number;
  readonly width: number;
  readonly height: number;
  /** 8-bit RGB, shape (height, width, 3). */
  readonly rgb: Uint8Array;
}

/** The last seconds as the cameras saw them: a few small pictures of each, and always the newest. Keeps nothing it is given. */
export class BlackBoxStills {
  readonly #kept = new Map<string, Still[]>();
  readonly #newest = new Map<string, { readonly still: Still; readonly stampNs: number }>();

  /** @param timeNs of the tick, monotonic */
  see({ cameras }: Observation, timeNs: number): void {
    for (const [camera, { value }] of cameras) {
      if (!Number.isFinite(value.stampNs) || this.#newest.get(camera)?.stampNs === value.stampNs) continue;
      const taken = stillOf(value, timeNs);
      this.#newest.set(camera, { still: taken, stampNs: value.stampNs });
      const kept = this.#kept.get(camera) ?? [];
      this.#kept.set(camera, kept);
      if (timeNs - (kept.at(-1)?.timeNs ?? -Infinity) < NS_PER_S / RATE_HZ) continue;
      kept.push(taken);
      if (kept.length > CAPACITY) kept.shift();
    }
  }

  /** What is remembered now, in order of time. */
  snapshot(): readonly Still[] {
    const newest = [...this.#newest.values()].map(({ still }) => still);
    return [...new Set([...[...this.#kept.values()].flat(), ...newest])].toSorted(
      (left, right) => left.timeNs - right.timeNs,
    );
  }
}

/** A copy, so small that a black box may hold many. */
function stillOf({ camera, ...picture }: CameraFrame, timeNs: number): Still {
  const { width, height, rgb } = thinPicture(picture, Math.ceil(picture.width / WIDEST));
  return { camera, timeNs, width, height, rgb: rgb === picture.rgb ? rgb.slice() : rgb };
}
