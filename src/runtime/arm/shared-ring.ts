const HEADER_BYTES = 8;

/**
 * The last records of numbers that one thread wrote, for others to read. The writer never waits: a reader
 * that falls behind by more than the ring holds loses the oldest, and is told how many.
 */
export class SharedRing {
  readonly #head: Int32Array;
  readonly #values: Float64Array;
  readonly #width: number;
  readonly #slots: number;
  #next = 0;
  #lost = 0;

  /** @param width numbers in a record. */
  constructor(buffer: SharedArrayBuffer, width: number) {
    this.#head = new Int32Array(buffer, 0, 2);
    this.#values = new Float64Array(buffer, HEADER_BYTES);
    this.#width = width;
    this.#slots = this.#values.length / width;
  }

  /** Memory for at least `slots` records; a power of two, so that the counter may wrap around. */
  static allocate(width: number, slots: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEADER_BYTES + 8 * width * 2 ** Math.ceil(Math.log2(slots)));
  }

  push(record: Float64Array): void {
    const head = Atomics.load(this.#head, 0);
    this.#values.set(record, this.#offset(head));
    Atomics.store(this.#head, 0, head + 1);
  }

  /** Copies the next record this reader has not seen; false when it has seen all. */
  take(into: Float64Array): boolean {
    for (;;) {
      const head = Atomics.load(this.#head, 0);
      if (this.#next === head) return false;
      // One slot fewer, because the writer may be at work on the oldest.
      const lost = Math.max(0, ((head - this.#next) | 0) - this.#slots + 1);
      this.#lost += lost;
      this.#next = (this.#next + lost) | 0;
      const offset = this.#offset(this.#next);
      for (let index = 0; index < this.#width; index += 1) into[index] = this.#values[offset + index] as number;
      if (((Atomics.load(this.#head, 0) - this.#next) | 0) < this.#slots) {
        this.#next = (this.#next + 1) | 0;
        return true;
      }
    }
  }

  /** Records that were written over before this reader came. */
  get lost(): number {
    return this.#lost;
  }

  #offset(count: number): number {
    return (count & (this.#slots - 1)) * this.#width;
  }
}
