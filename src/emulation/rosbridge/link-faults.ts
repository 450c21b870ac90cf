import type { Rng } from '../../core/rng.ts';
import type { Encoding } from './message-codec.ts';

/**
 * What can be wrong between a rosbridge server and its clients.
 * `silence`: nothing is sent any more, what comes is taken, pings are answered. `disconnect`: every connection is cut, and
 * new ones until it is cleared. `half-open`: connections stay, and nothing comes or goes, pings included.
 * `reordering`, `duplicates`: some messages come after their successor, or twice. `null-numbers`: some numbers of some
 * messages are null (NaN in cbor). `late-images`: pictures come late, with the stamp they were taken at.
 */
export const ROSBRIDGE_FAULTS = [
  'silence',
  'disconnect',
  'half-open',
  'reordering',
  'duplicates',
  'null-numbers',
  'late-images',
] as const;
export type RosbridgeFault = (typeof ROSBRIDGE_FAULTS)[number];

/** A frame before it is written as text or bytes. */
export interface OutgoingFrame {
  readonly encoding: Encoding;
  readonly body: Readonly<Record<string, unknown>>;
  /** Two-part type of what is published; undefined for all other ops. */
  readonly messageType: string | undefined;
}

export interface LinkFaultsOptions {
  readonly rng: Rng;
  /** Calls back after a while, ms. Default: setTimeout. */
  readonly schedule?: (callback: () => void, delayMs: number) => void;
  /** Share of the messages that reordering, duplicates and null numbers hit. Default 0.2. */
  readonly share?: number;
  /** How late pictures come, ms. Default 500. */
  readonly lateMs?: number;
}

/** The faults in force, applied to every frame. */
export class LinkFaults {
  readonly #active = new Set<RosbridgeFault>();
  readonly #options: Required<LinkFaultsOptions>;
  #held: (() => void) | undefined;

  constructor(options: LinkFaultsOptions) {
    const schedule = (callback: () => void, delayMs: number): void => {
      setTimeout(callback, delayMs).unref();
    };
    this.#options = { schedule, share: 0.2, lateMs: 500, ...options };
  }

  has(fault: RosbridgeFault): boolean {
    return this.#active.has(fault);
  }

  inject(fault: RosbridgeFault): void {
    this.#active.add(fault);
  }

  clear(): void {
    this.#active.clear();
    this.#held?.();
    this.#held = undefined;
  }

  /** Hands a frame on: now, later, twice, changed, or not at all. */
  send(frame: OutgoingFrame, deliver: (frame: OutgoingFrame) => void): void {
    if (this.has('silence') || this.has('half-open')) return;
    if (frame.messageType === undefined) return deliver(frame);
    if (this.has('late-images') && frame.messageType === 'sensor_msgs/CompressedImage') {
      return this.#options.schedule(() => deliver(frame), this.#options.lateMs);
    }
    const changed = this.#happens('null-numbers') ? { ...frame, body: this.#withNulls(frame) } : frame;
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined && this.#happens('reordering')) {
      this.#held = () => deliver(changed);
      return;
    }
    deliver(changed);
    if (this.#happens('duplicates')) deliver(changed);
    held?.();
  }

  #happens(fault: RosbridgeFault): boolean {
    return this.has(fault) && this.#options.rng.uniform(0, 1) < this.#options.share;
  }

  /** One number of every list of numbers is lost. */
  #withNulls({ body, encoding }: OutgoingFrame): Record<string, unknown> {
    const { rng } = this.#options;
    const change = (value: unknown): unknown => {
      if (value instanceof Float64Array) {
        const copy = value.slice();
        if (copy.length > 0) copy[rng.integer(copy.length)] = NaN;
        return copy;
      }
      if (Array.isArray(value)) {
        const lost = typeof value[0] === 'number' ? rng.integer(value.length) : -1;
        return value.map((item, index): unknown =>
          index === lost ? (encoding === 'json' ? null : NaN) : change(item),
        );
      }
      if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]));
    };
    return change(body) as Record<string, unknown>;
  }
}
