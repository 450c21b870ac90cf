import type { Rng } from '../../core/rng.ts';
import { LONGEST_PACKET } from '../../drivers/serial/servo-protocol.ts';
import type { BusFaults } from './bus-faults.ts';

/** More packets than any instruction is answered with. */
const ROOM = 512;
const LONGEST_NOISE = 8;

interface Reply {
  readonly bytes: Uint8Array;
  length: number;
  dueNs: number;
}

/** Status packets on their way to the computer, in the order of the wire; each is there when its last byte is. */
export class ReplyQueue {
  readonly #faults: BusFaults;
  readonly #rng: Rng;
  readonly #replies: Reply[] = [];
  #first = 0;
  #count = 0;

  constructor(faults: BusFaults, rng: Rng) {
    this.#faults = faults;
    this.#rng = rng;
  }

  /** When the next packet is there; Infinity while none is on its way. */
  get nextDueNs(): number {
    return this.#count === 0 ? Infinity : (this.#replies[this.#first]?.dueNs ?? Infinity);
  }

  /** When the last packet is there; -Infinity while none is on its way. */
  get lastDueNs(): number {
    return this.#count === 0 ? -Infinity : (this.#replies[(this.#first + this.#count - 1) % ROOM]?.dueNs ?? -Infinity);
  }

  /** Puts `packet[0]` up to `packet[length - 1]` on the wire, with whatever the wire does to it. */
  add(packet: Uint8Array, length: number, dueNs: number): void {
    if (this.#count === ROOM) return;
    const place = (this.#first + this.#count) % ROOM;
    const reply = (this.#replies[place] ??= {
      bytes: new Uint8Array(LONGEST_PACKET + LONGEST_NOISE),
      length: 0,
      dueNs: 0,
    });
    reply.length = this.#putNoise(reply.bytes);
    const start = reply.length;
    for (let index = 0; index < length; index++) reply.bytes[reply.length++] = packet[index] ?? 0;
    reply.dueNs = dueNs;
    this.#count++;
    const { wrongCheck, lostByte } = this.#faults;
    if (this.#happens(wrongCheck)) reply.bytes[reply.length - 1] = (reply.bytes[reply.length - 1] ?? 0) ^ 0x5a;
    if (!this.#happens(lostByte)) return;
    const lost = start + this.#rng.integer(length);
    reply.bytes.copyWithin(lost, lost + 1, reply.length);
    reply.length--;
  }

  /** Takes the next packet off the wire into `out` if it is there: its bytes, or 0. */
  take(nowNs: number, out: Uint8Array, at: number): number {
    const reply = this.#replies[this.#first];
    if (this.#count === 0 || reply === undefined || reply.dueNs > nowNs || at + reply.length > out.length) return 0;
    for (let index = 0; index < reply.length; index++) out[at + index] = reply.bytes[index] ?? 0;
    this.#first = (this.#first + 1) % ROOM;
    this.#count--;
    return reply.length;
  }

  clear(): void {
    this.#count = 0;
  }

  #putNoise(bytes: Uint8Array): number {
    if (!this.#happens(this.#faults.noise)) return 0;
    const count = 1 + this.#rng.integer(LONGEST_NOISE);
    for (let index = 0; index < count; index++) bytes[index] = this.#rng.integer(256);
    return count;
  }

  /** Draws only where there is something to draw, so that faults of one kind do not shift those of another. */
  #happens(share: number): boolean {
    return share > 0 && this.#rng.uniform(0, 1) < share;
  }
}
