import { NS_PER_MS } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';

/** A device that is open. */
export interface WatchedDevice {
  /** As it calls itself. */
  readonly name: string;
  close(): void;
}

export interface DeviceWatchOptions<Device extends WatchedDevice> {
  /** Opens the device; throws while there is none. */
  readonly open: () => Device;
  readonly clock: Clock;
  /** Reads what has come. False: the device is gone. */
  readonly onLook: (device: Device, nowNs: number) => boolean;
  /** Whatever was pushed is no longer. */
  readonly onLost: () => void;
}

/** How often a device is looked at, ms. */
const LOOK_MS = 8;
/** How often one that is gone is looked for, ns. */
const SEARCH_NS = 500 * NS_PER_MS;

/** Looks at a device all the time, says when it goes, and takes it up again when it is back. */
export class DeviceWatch<Device extends WatchedDevice> {
  readonly #options: DeviceWatchOptions<Device>;
  readonly #timer: NodeJS.Timeout;
  #device: Device | undefined;
  #name: string;
  #searchedNs: number;
  #isClosed = false;

  /** Throws what `open` throws: there has to be a device now; one that goes later may come back. */
  constructor(options: DeviceWatchOptions<Device>) {
    this.#options = options;
    this.#device = options.open();
    this.#name = this.#device.name;
    this.#searchedNs = options.clock.nowNs();
    this.#timer = setInterval(() => this.look(), LOOK_MS);
    this.#timer.unref();
  }

  /** Undefined while it is gone. */
  get device(): Device | undefined {
    return this.#device;
  }

  get problem(): string | undefined {
    return this.#device === undefined ? `${this.#name} is gone: plug it in again, or switch it on` : undefined;
  }

  /** What the timer does. */
  look(): void {
    const nowNs = this.#options.clock.nowNs();
    if (this.#isClosed) return;
    if (this.#device === undefined) this.#search(nowNs);
    if (this.#device === undefined || this.#options.onLook(this.#device, nowNs)) return;
    this.#device.close();
    this.#device = undefined;
    this.#searchedNs = nowNs;
    this.#options.onLost();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#device?.close();
    this.#device = undefined;
  }

  #search(nowNs: number): void {
    if (nowNs - this.#searchedNs < SEARCH_NS) return;
    this.#searchedNs = nowNs;
    try {
      this.#device = this.#options.open();
      this.#name = this.#device.name;
    } catch {
      // Still gone; `problem` says so.
    }
  }
}
