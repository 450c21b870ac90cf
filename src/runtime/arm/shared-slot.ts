/** Reads that a writer at work may spoil before the reader goes on with what it had. */
const ATTEMPTS = 100;
const HEADER_BYTES = 8;

/**
 * The newest of some numbers, written by one thread and read by others, without locks (a seqlock): the
 * counter is odd while the writer works. A reader never waits, not even for a writer that died at work.
 */
export class SharedSlot {
  readonly length: number;
  readonly #counter: Int32Array;
  readonly #values: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#counter = new Int32Array(buffer, 0, 2);
    this.#values = new Float64Array(buffer, HEADER_BYTES);
    this.length = this.#values.length;
  }

  static allocate(length: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEADER_BYTES + 8 * length);
  }

  /** Missing values become not a number. */
  write(values: ArrayLike<number>): void {
    // Odd also after a writer that died in the middle and was replaced.
    const before = Atomics.load(this.#counter, 0) | 1;
    Atomics.store(this.#counter, 0, before);
    for (let index = 0; index < this.length; index += 1) this.#values[index] = values[index] ?? NaN;
    Atomics.store(this.#counter, 0, before + 1);
    Atomics.notify(this.#counter, 0);
  }

  /**
   * Copies the newest values into an array of this length; false, and `into` may hold anything, before the
   * first and while none is whole.
   */
  read(into: Float64Array): boolean {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const before = Atomics.load(this.#counter, 0);
      if (before === 0) return false;
      if ((before & 1) !== 0) continue;
      into.set(this.#values);
      if (Atomics.load(this.#counter, 0) === before) return true;
    }
    return false;
  }

  /** Changes with every write. */
  get version(): number {
    return Atomics.load(this.#counter, 0);
  }

  /** Resolves when the version is another one; the thread goes on meanwhile. */
  async changed(version: number): Promise<void> {
    await Atomics.waitAsync(this.#counter, 0, version).value;
  }

  /** Blocks this thread until the version is another one, at most so long, ms. */
  waitForChange(version: number, timeoutMs: number): void {
    if (timeoutMs > 0) Atomics.wait(this.#counter, 0, version, timeoutMs);
  }
}
