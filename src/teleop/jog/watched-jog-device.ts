import type { Clock } from '../../core/clock.ts';
import { DeviceWatch } from '../devices/device-watch.ts';
import type { WatchedDevice } from '../devices/device-watch.ts';
import type { JogAction, JogDevice, JogDeviceListener, JogReading } from './jog-device.ts';

/** A jogging device with a cable or a radio: it may go at any time, and come back. */
export abstract class WatchedJogDevice<Device extends WatchedDevice> implements JogDevice {
  abstract readonly name: string;
  readonly #listeners = new Set<JogDeviceListener>();
  readonly #watch: DeviceWatch<Device>;

  /** Throws what `open` throws: there has to be a device now; one that goes later may come back. */
  constructor({ open, clock }: { readonly open: () => Device; readonly clock: Clock }) {
    this.#watch = new DeviceWatch({
      open,
      clock,
      onLook: (device, nowNs) => this.take(device, nowNs),
      onLost: () => {
        this.letGo();
        this.tellChange();
      },
    });
  }

  get problem(): string | undefined {
    return this.#watch.problem;
  }

  /** Reads what has come, and looks for a device that is gone. A timer does so all the time. */
  look(): void {
    this.#watch.look();
  }

  read(nowNs: number): JogReading | undefined {
    const { device } = this.#watch;
    return device === undefined ? undefined : this.reading(device, nowNs);
  }

  listen(listener: JogDeviceListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#watch.close();
    this.#listeners.clear();
    return Promise.resolve();
  }

  /** Reads what has come. False: the device is gone. */
  protected abstract take(device: Device, nowNs: number): boolean;
  protected abstract reading(device: Device, nowNs: number): JogReading;
  /** From now on nothing counts as pushed. */
  protected abstract letGo(): void;

  protected tellChange(): void {
    for (const listener of this.#listeners) listener.onChange?.();
  }

  protected tellAction(action: JogAction): void {
    for (const listener of this.#listeners) listener.onAction?.(action);
  }
}
