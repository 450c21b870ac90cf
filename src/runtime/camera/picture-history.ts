import type { AvFrame } from '../../record/node-av.ts';

/** A picture of a camera at the size it is recorded in. */
export interface Picture {
  /** yuv420p. It belongs to the history, which frees it: clone what is to be kept. */
  readonly frame: AvFrame;
  /** When it arrived, monotonic ns. */
  readonly stampNs: number;
  /** When the first of the pictures arrived that were all the same up to this one, monotonic ns. */
  readonly unchangedSinceNs: number;
}

/** Half a second of a fast camera: a row that is told so late still finds what was seen at its time. */
const MOST_PICTURES = 16;

/** The last pictures of a camera. */
export class PictureHistory {
  readonly #pictures: Picture[] = [];

  get newest(): Picture | undefined {
    return this.#pictures.at(-1);
  }

  /** Adds a picture, which is the history's from now on; undefined for one that came before the newest. */
  offer(frame: AvFrame, stampNs: number): Picture | undefined {
    const { newest } = this;
    if (newest !== undefined && stampNs < newest.stampNs) {
      frame.free();
      return undefined;
    }
    const isSame = newest !== undefined && haveSameLuma(newest.frame, frame);
    const picture = { frame, stampNs, unchangedSinceNs: isSame ? newest.unchangedSinceNs : stampNs };
    this.#pictures.push(picture);
    if (this.#pictures.length > MOST_PICTURES) this.#pictures.shift()?.frame.free();
    return picture;
  }

  /** The newest picture that had arrived by then; the oldest that is left, where all came later. */
  at(timeNs: number): Picture | undefined {
    return this.#pictures.findLast(({ stampNs }) => stampNs <= timeNs) ?? this.#pictures[0];
  }
}

function haveSameLuma(a: AvFrame, b: AvFrame): boolean {
  return luma(a).equals(luma(b));
}

/** Brightness of all pixels, without what may stand between two lines. */
function luma(frame: AvFrame): Buffer {
  const pixels = frame.width * frame.height;
  const plane = frame.linesize[0] === frame.width ? frame.data?.[0] : undefined;
  return (plane ?? frame.toBuffer()).subarray(0, pixels);
}
