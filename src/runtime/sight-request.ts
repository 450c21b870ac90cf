/** Places in the shared memory: whether somebody asks, and the thread whose episode is shown. */
const [ASKED, SHOWN] = [0, 1];

/**
 * How one thread asks for what another one sees. Nobody waits: who asks gets one answer, whenever it comes, and who is not asked
 * does no more than look at a number.
 */
export class SightRequest {
  /** For the other threads. */
  readonly shared: SharedArrayBuffer;
  readonly #flags: Int32Array;

  /** @param shared of the thread that asks; default: a new one */
  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#flags = new Int32Array(shared);
  }

  /** Asks for one sight; asking again before it came changes nothing. */
  ask(): void {
    Atomics.store(this.#flags, ASKED, 1);
  }

  /** Whether there is a request; it is then to be answered. */
  take(): boolean {
    return Atomics.load(this.#flags, ASKED) === 1 && Atomics.compareExchange(this.#flags, ASKED, 1, 0) === 1;
  }

  /**
   * Whether the episode that begins is the one that is shown, until it is left.
   * @param thread its number, not 0
   */
  claim(thread: number): boolean {
    return Atomics.compareExchange(this.#flags, SHOWN, 0, thread) === 0;
  }

  /** The episode is over; nothing changes where it was not the one that is shown. */
  leave(thread: number): void {
    Atomics.compareExchange(this.#flags, SHOWN, thread, 0);
  }
}
