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
 * copied here. So taking it costs nothing, and going back to it costs as much as was written since, or nothing where all
 * rows were written over: the ring and the snapshot then exchange their memory.
 */
export class RingSnapshot {
  readonly window: RingWindow;
  readonly #shape: RingShape;
  #rows: RingRows;
  /** Rows that are here, in the order the ring writes over them. */
  #saved = 0;

  constructor(shape: RingShape, window: RingWindow) {
    this.#shape = shape;
    this.window = window;
    this.#rows = emptyRows(shape);
  }

  /** Takes the next rows that the ring is going to write over; those it had written over before are here already. */
  save(ring: RingRows, count: number): void {
    const { slots } = this.#shape;
    const fresh = Math.min(count, slots - this.#saved);
    const { oldest, length } = this.window;
    this.#copy(ring, this.#rows, oldest + length + this.#saved, fresh);
    this.#saved += fresh;
  }

  /** Takes all rows that are not here yet: the ring is going to forget them. */
  complete(ring: RingRows): void {
    this.save(ring, this.#shape.slots);
  }

  /** The rows of the snapshot, for the ring to go on with; the ring's own memory stays here. */
  exchange(ring: RingRows): RingRows {
    const { slots } = this.#shape;
    const { oldest, length } = this.window;
    const saved = this.#saved;
    this.#saved = 0;
    if (saved <= slots / 2) {
      this.#copy(this.#rows, ring, oldest + length, saved);
      return ring;
    }
    const rows = this.#rows;
    this.#copy(ring, rows, oldest + length + saved, slots - saved);
    this.#rows = ring;
    return rows;
  }

  /** @param first slot of the first row, around the end */
  #copy(from: RingRows, to: RingRows, first: number, count: number): void {
    const { layers, kvHeads, slots, headWidth } = this.#shape;
    const slot = first % slots;
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
