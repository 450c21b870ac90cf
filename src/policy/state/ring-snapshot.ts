/** Shape of a ring; one row is the keys or values of one position in all layers and heads. */
export interface RingShape {
  readonly layers: number;
  readonly kvHeads: number;
  /** Positions it can hold. */
  readonly slots: number;
  readonly headWidth: number;
}

/** Keys and values of all slots, each of shape (layers, kvHeads, slots, headWidth). */
export interface RingRows {
  readonly keys: Float32Array;
  readonly values: Float32Array;
}

/** Which rows of a ring are visible: `length` of them, from the slot `oldest` on, around the end. */
export interface RingWindow {
  readonly bias: Float32Array;
  readonly oldest: number;
  readonly length: number;
}

export function emptyRows({ layers, kvHeads, slots, headWidth }: RingShape): RingRows {
  const size = layers * kvHeads * slots * headWidth;
  return { keys: new Float32Array(size), values: new Float32Array(size) };
}

/**
 * What a ring was at one moment. Its rows are where they were until the ring is about to write over them; then they are
 * copied here, and as many of the others. So taking it costs nothing, and going back to it nothing either once all rows are here:
 * the ring and the snapshot then exchange their memory. Before that it costs the lesser of the rows that are missing here, and
 * of those that were written over since.
 *
 * Rows are counted in the order in which the ring writes over them: 0 is the one behind the newest.
 */
export class RingSnapshot {
  readonly window: RingWindow;
  readonly #shape: RingShape;
  #rows: RingRows;
  /** Rows from here on are not yet here, up to #restFrom. */
  #saved = 0;
  #restFrom: number;
  /** Rows that the ring has written over since it was as this is. */
  #written = 0;

  constructor(shape: RingShape, window: RingWindow) {
    this.#shape = shape;
    this.window = window;
    this.#rows = emptyRows(shape);
    this.#restFrom = shape.slots;
  }

  /** Told before the ring writes over its next rows. */
  save(ring: RingRows, count: number): void {
    this.#written = Math.min(this.#shape.slots, this.#written + count);
    this.#take(ring, this.#written);
    // As many again from the other end, so that all are here by the time half of them were written over.
    const from = Math.max(this.#saved, this.#restFrom - count);
    this.#copy(ring, this.#rows, from, this.#restFrom - from);
    this.#restFrom = Math.max(from, this.#saved);
  }

  /** Takes all rows that are not here yet: the ring is going to forget them. */
  complete(ring: RingRows): void {
    this.#take(ring, this.#shape.slots);
    this.#written = this.#shape.slots;
  }

  /** The rows of the snapshot, for the ring to go on with; the memory that it does not go on with stays here. */
  exchange(ring: RingRows): RingRows {
    const written = this.#written;
    this.#written = 0;
    if (written <= this.#restFrom - this.#saved) {
      this.#copy(this.#rows, ring, 0, written);
      return ring;
    }
    this.#take(ring, this.#shape.slots);
    const rows = this.#rows;
    this.#rows = ring;
    [this.#saved, this.#restFrom] = [0, written];
    return rows;
  }

  /** Takes what is missing of the rows before `end`. */
  #take(ring: RingRows, end: number): void {
    const until = Math.min(end, this.#restFrom);
    if (until <= this.#saved) return;
    this.#copy(ring, this.#rows, this.#saved, until - this.#saved);
    this.#saved = until;
  }

  #copy(from: RingRows, to: RingRows, first: number, count: number): void {
    const { layers, kvHeads, slots, headWidth } = this.#shape;
    const slot = (this.window.oldest + this.window.length + first) % slots;
    const untilEnd = Math.min(count, slots - slot);
    for (const [start, rows] of [
      [slot, untilEnd],
      [0, count - untilEnd],
    ] as const) {
      for (let head = 0; head < layers * kvHeads && rows > 0; head += 1) {
        const at = (head * slots + start) * headWidth;
        to.keys.set(from.keys.subarray(at, at + rows * headWidth), at);
        to.values.set(from.values.subarray(at, at + rows * headWidth), at);
      }
    }
  }
}
