import { LONGEST_PACKET } from './servo-protocol.ts';
import type { Packet, PacketKind, ServoProtocol } from './servo-protocol.ts';

/** Room for what may arrive while nobody looks. */
const CAPACITY = 8 * LONGEST_PACKET;

/**
 * Finds packets in a stream of bytes that comes in any pieces: noise before, between and within packets is passed over, a
 * packet with a bad check is searched for a good one that begins within it. Allocates nothing but at its making.
 */
export class PacketParser {
  /** What the last `next` that returned true has found. */
  readonly packet: Packet = {
    id: 0,
    instruction: 0,
    error: 0,
    parameters: new Uint8Array(LONGEST_PACKET),
    parameterCount: 0,
  };
  /** Since the making: bytes that belong to no packet, and packets whose checksum or CRC was bad. */
  readonly counts: { strayBytes: number; badChecks: number } = { strayBytes: 0, badChecks: 0 };
  readonly #protocol: ServoProtocol;
  readonly #kind: PacketKind;
  readonly #bytes = new Uint8Array(CAPACITY);
  readonly #span = { from: 0, length: 0 };
  #from = 0;
  #to = 0;

  /** @param kind which packets to look for: `status` on the side of the computer, `instruction` on that of the servos. */
  constructor(protocol: ServoProtocol, kind: PacketKind) {
    this.#protocol = protocol;
    this.#kind = kind;
  }

  /** Bytes that wait for the rest of their packet. */
  get pendingBytes(): number {
    return this.#to - this.#from;
  }

  /** Takes `bytes[from]` up to `bytes[to - 1]`. What is too much for the buffer pushes the oldest bytes out. */
  push(bytes: Uint8Array, from = 0, to = bytes.length): void {
    for (let start = from; start < to; start += CAPACITY / 2) {
      this.#append(bytes, start, Math.min(to, start + CAPACITY / 2));
    }
  }

  /** Finds the next packet: true when `packet` holds it, false when more bytes are needed. */
  next(): boolean {
    while (this.#from < this.#to) {
      const found = this.#protocol.inspect(this.#kind, this.#bytes, this.#from, this.#to);
      if (found === 0) return false;
      if (found > 0) {
        this.#span.from = this.#from;
        this.#span.length = found;
        this.#protocol.unpack(this.#kind, this.#bytes, this.#span, this.packet);
        this.#from += found;
        return true;
      }
      if (found === -2) this.counts.badChecks++;
      this.#skip(1);
    }
    return false;
  }

  /**
   * Gives up the packet that `next` waits for, and finds the next one among the bytes after its beginning: noise that looks
   * like the beginning of a long packet must not swallow answers that are there. For when no more bytes will come.
   */
  giveUpPending(): boolean {
    while (this.#from < this.#to) {
      this.#skip(1);
      if (this.next()) return true;
    }
    return false;
  }

  /** Forgets what was pushed. */
  reset(): void {
    this.#from = 0;
    this.#to = 0;
  }

  #append(bytes: Uint8Array, from: number, to: number): void {
    const count = to - from;
    if (this.#from === this.#to) this.reset();
    if (this.#to + count > CAPACITY) {
      const excess = this.pendingBytes + count - CAPACITY;
      if (excess > 0) this.#skip(excess);
      this.#bytes.copyWithin(0, this.#from, this.#to);
      this.#to -= this.#from;
      this.#from = 0;
    }
    // A loop, for a view of the source would be an allocation.
    for (let index = 0; index < count; index++) this.#bytes[this.#to + index] = bytes[from + index] ?? 0;
    this.#to += count;
  }

  #skip(count: number): void {
    this.#from += count;
    this.counts.strayBytes += count;
  }
}
