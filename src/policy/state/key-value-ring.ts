import { ArmatureError } from '../../core/errors.ts';
import { emptyRows, RingSnapshot } from './ring-snapshot.ts';
import type { RingRows, RingShape } from './ring-snapshot.ts';

/** Rows of a trunk output of `rows` rows: from (0) up to, not including, to (rows). */
export interface RowRange {
  readonly rows: number;
  readonly from?: number;
  readonly to?: number;
}

/** Added to the attention score of an empty slot: its softmax weight underflows to exactly zero. */
const HIDDEN = -1e9;

/**
 * Keys and values of the positions the policy still sees, as a circular window. Keys carry their
 * rotary position when they arrive, so attention does not care which slot they lie in: nothing is
 * ever shifted, and a tick costs the same however long the episode is.
 *
 * `keys`, `values` have shape (layers, kvHeads, slots, headWidth); `bias` has shape (slots), 0 for a
 * visible slot. They are inputs of the trunk graph as they stand.
 */
export class KeyValueRing {
  readonly shape: RingShape;
  readonly bias: Float32Array;
  /** Per slot, a number that grows whenever keys and values are written there: who holds a copy finds what is old in it. */
  readonly slotVersions: Uint32Array;
  #version = 0;
  #rows: RingRows;
  #oldest = 0;
  #length = 0;
  /** The snapshot that was last taken or gone back to: it is told which rows are written over. */
  #basis: RingSnapshot | undefined;

  constructor(shape: RingShape) {
    this.shape = shape;
    this.#rows = emptyRows(shape);
    this.bias = new Float32Array(shape.slots).fill(HIDDEN);
    this.slotVersions = new Uint32Array(shape.slots);
  }

  /** These arrays as long as no snapshot is gone back to. */
  get keys(): Float32Array {
    return this.#rows.keys;
  }

  get values(): Float32Array {
    return this.#rows.values;
  }

  /** Slot of the oldest row held; the others follow it, around the end. */
  get oldestSlot(): number {
    return this.#oldest;
  }

  /** Rows held. */
  get length(): number {
    return this.#length;
  }

  /** Slots of the newest rows, the newest last; -1 for one that is not held any more. */
  newestSlots(rows: number): readonly number[] {
    const first = this.#length - rows;
    return Array.from({ length: rows }, (_, row) =>
      first + row < 0 ? -1 : (this.#oldest + first + row) % this.shape.slots,
    );
  }

  /**
   * Appends rows, evicting the oldest ones when there is no free slot.
   * @param output `kv` output of the trunk, shape (2 layers, kvHeads, rows, headWidth): the keys of all
   *   layers, then the values.
   * @param range which rows of the output; default: all of them.
   * Throws E_RING_OVERFLOW when the rows could never fit at once.
   */
  append(output: Float32Array, range: RowRange): void {
    const { layers, kvHeads, slots, headWidth } = this.shape;
    const { rows, from = 0, to = rows } = range;
    const count = to - from;
    if (count > slots || output.length !== 2 * layers * kvHeads * rows * headWidth) {
      throw new ArmatureError('E_RING_OVERFLOW', 'key and value rows do not fit into the ring', {
        expected: `at most ${slots} rows of ${2 * layers * kvHeads * headWidth} numbers`,
        found: `${count} rows, ${output.length} numbers`,
        remedy: 'Raise context.ringPositions in policy.json, or export the trunk again.',
      });
    }
    this.dropOldest(Math.max(0, this.#length + count - slots));
    this.#basis?.save(this.#rows, count);
    const first = (this.#oldest + this.#length) % slots;
    const untilEnd = Math.min(count, slots - first);
    this.#write(output, { rows, from, count: untilEnd, slot: first });
    this.#write(output, { rows, from: from + untilEnd, count: count - untilEnd, slot: 0 });
    this.#length += count;
  }

  /** Forgets the oldest rows; all of them when there are fewer. */
  dropOldest(rows: number): void {
    const { slots } = this.shape;
    const dropped = Math.min(rows, this.#length);
    const untilEnd = Math.min(dropped, slots - this.#oldest);
    this.bias.fill(HIDDEN, this.#oldest, this.#oldest + untilEnd);
    this.bias.fill(HIDDEN, 0, dropped - untilEnd);
    this.#oldest = (this.#oldest + dropped) % slots;
    this.#length -= dropped;
  }

  /** Forgets everything. Old numbers stay in their slots, hidden by the bias. */
  clear(): void {
    this.bias.fill(HIDDEN);
    this.#oldest = 0;
    this.#length = 0;
    // Rows are written in another order from here on.
    this.#basis?.complete(this.#rows);
    this.#basis = undefined;
  }

  /**
   * Clears, and zeroes the numbers too: what a failed run left may be NaN, which no bias hides, since
   * a weight of zero times NaN is NaN.
   */
  erase(): void {
    this.clear();
    this.keys.fill(0);
    this.values.fill(0);
    this.#written(0, this.shape.slots);
  }

  /** Fills every slot with a visible row of zeros. */
  fillWithZeros(): void {
    this.erase();
    this.bias.fill(0);
    this.#length = this.shape.slots;
  }

  snapshot(): RingSnapshot {
    this.#basis?.complete(this.#rows);
    const window = { bias: this.bias.slice(), oldest: this.#oldest, length: this.#length };
    this.#basis = new RingSnapshot(this.shape, window);
    return this.#basis;
  }

  /** Goes back to a snapshot of this ring. */
  restore(snapshot: RingSnapshot): void {
    if (this.#basis !== snapshot) this.#basis?.complete(this.#rows);
    this.#rows = snapshot.exchange(this.#rows);
    const { bias, oldest, length } = snapshot.window;
    this.bias.set(bias);
    this.#oldest = oldest;
    this.#length = length;
    this.#basis = snapshot;
    // Other arrays: all of them may differ.
    this.#written(0, this.shape.slots);
  }

  #written(slot: number, count: number): void {
    this.#version += 1;
    this.slotVersions.fill(this.#version, slot, slot + count);
  }

  /** Copies `count` rows of an output of `rows` to consecutive slots, and makes those visible. */
  #write(
    output: Float32Array,
    block: { readonly rows: number; readonly from: number; readonly count: number; readonly slot: number },
  ): void {
    const { layers, kvHeads, slots, headWidth } = this.shape;
    const { rows, from, count, slot } = block;
    const heads = layers * kvHeads;
    this.#written(slot, count);
    for (let head = 0; head < heads; head += 1) {
      const to = (head * slots + slot) * headWidth;
      const key = (head * rows + from) * headWidth;
      const value = key + heads * rows * headWidth;
      this.keys.set(output.subarray(key, key + count * headWidth), to);
      this.values.set(output.subarray(value, value + count * headWidth), to);
    }
    this.bias.fill(0, slot, slot + count);
  }
}
