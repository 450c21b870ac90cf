import { ArmatureError } from '../../core/errors.ts';

/** Shape of a ring; one row is the keys or values of one position in all layers and heads. */
export interface RingShape {
  readonly layers: number;
  readonly kvHeads: number;
  /** Positions it can hold. */
  readonly slots: number;
  readonly headWidth: number;
}

/** Rows of a trunk output of `rows` rows: from (0) up to, not including, to (rows). */
export interface RowRange {
  readonly rows: number;
  readonly from?: number;
  readonly to?: number;
}

/** A copy of a ring's content, independent of the ring. */
export interface RingSnapshot {
  readonly keys: Float32Array;
  readonly values: Float32Array;
  readonly bias: Float32Array;
  readonly oldest: number;
  readonly length: number;
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
  readonly keys: Float32Array;
  readonly values: Float32Array;
  readonly bias: Float32Array;
  /** Per slot, a number that grows whenever keys and values are written there: who holds a copy finds what is old in it. */
  readonly slotVersions: Uint32Array;
  #version = 0;
  #oldest = 0;
  #length = 0;
  /** What the ring was last equal to, and how many rows were written since, one slot after another. */
  #basis: RingSnapshot | undefined;
  #rowsSince = 0;

  constructor(shape: RingShape) {
    this.shape = shape;
    const size = shape.layers * shape.kvHeads * shape.slots * shape.headWidth;
    this.keys = new Float32Array(size);
    this.values = new Float32Array(size);
    this.bias = new Float32Array(shape.slots).fill(HIDDEN);
    this.slotVersions = new Uint32Array(shape.slots);
  }

  /** Slot of the oldest row held; the others follow it, around the end. */
  get oldestSlot(): number {
    return this.#oldest;
  }

  /** Rows held. */
  get length(): number {
    return this.#length;
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
    const first = (this.#oldest + this.#length) % slots;
    const untilEnd = Math.min(count, slots - first);
    this.#write(output, { rows, from, count: untilEnd, slot: first });
    this.#write(output, { rows, from: from + untilEnd, count: count - untilEnd, slot: 0 });
    this.#length += count;
    this.#rowsSince += count;
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

  snapshot(): RingSnapshot {
    const { keys, values, bias } = this;
    const content = { keys: keys.slice(), values: values.slice(), bias: bias.slice() };
    const snapshot = { ...content, oldest: this.#oldest, length: this.#length };
    this.#basis = snapshot;
    this.#rowsSince = 0;
    return snapshot;
  }

  /** Goes back to a snapshot of this ring. Of the last one taken or gone back to, only rows written since are copied. */
  restore(snapshot: RingSnapshot): void {
    const { slots } = this.shape;
    const first = (snapshot.oldest + snapshot.length) % slots;
    const count = this.#basis === snapshot ? Math.min(this.#rowsSince, slots) : slots;
    const untilEnd = Math.min(count, slots - first);
    this.#copySlots(snapshot, first, untilEnd);
    this.#copySlots(snapshot, 0, count - untilEnd);
    this.bias.set(snapshot.bias);
    this.#oldest = snapshot.oldest;
    this.#length = snapshot.length;
    this.#basis = snapshot;
    this.#rowsSince = 0;
  }

  #written(slot: number, count: number): void {
    this.#version += 1;
    this.slotVersions.fill(this.#version, slot, slot + count);
  }

  #copySlots({ keys, values }: RingSnapshot, slot: number, count: number): void {
    this.#written(slot, count);
    const { layers, kvHeads, slots, headWidth } = this.shape;
    for (let head = 0; head < layers * kvHeads && count > 0; head += 1) {
      const from = (head * slots + slot) * headWidth;
      this.keys.set(keys.subarray(from, from + count * headWidth), from);
      this.values.set(values.subarray(from, from + count * headWidth), from);
    }
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
