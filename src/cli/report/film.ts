import type { CameraFrame } from '../../core/observation.ts';
import { encodePng } from '../../record/png.ts';
import type { CameraStrip } from './report-data.ts';

interface KeptFrame {
  readonly timeS: number;
  readonly frame: CameraFrame;
}

/**
 * Keeps pictures of one camera, evenly spread over a run whose length is not known beforehand: when there are
 * too many, every other one goes, and from then on only every other one is taken.
 */
export class Film {
  readonly #camera: string;
  readonly #wanted: number;
  #kept: KeptFrame[] = [];
  #stride = 1;
  #offered = 0;
  #latest: KeptFrame | undefined;

  /** @param wanted pictures in the end, at most. */
  constructor(camera: string, wanted: number) {
    this.#camera = camera;
    this.#wanted = wanted;
  }

  offer(timeS: number, frame: CameraFrame): void {
    // A camera may draw its next picture into the same memory.
    this.#latest = { timeS, frame: { ...frame, rgb: frame.rgb.slice() } };
    this.#offered += 1;
    if ((this.#offered - 1) % this.#stride !== 0) return;
    this.#kept.push(this.#latest);
    // Twice as many as are wanted, so that thinning never leaves fewer.
    if (this.#kept.length < 2 * this.#wanted) return;
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }

  /** The pictures as PNG, in order of time; the last one is always there, because it shows the outcome. */
  develop(): CameraStrip {
    const shown =
      this.#latest === undefined ? [] : [...this.#kept.filter((kept) => kept !== this.#latest), this.#latest];
    const count = Math.min(this.#wanted, shown.length);
    const frames = Array.from({ length: count }, (_, index) =>
      Math.round((index * (shown.length - 1)) / Math.max(1, count - 1)),
    )
      .map((index) => shown[index])
      .filter((kept) => kept !== undefined)
      .map(({ timeS, frame }) => ({ timeS, png: encodePng(frame.rgb, frame.width, frame.height) }));
    return { camera: this.#camera, frames };
  }
}
