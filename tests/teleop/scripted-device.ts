import type { JogAction, JogDevice, JogDeviceListener, JogReading } from '../../src/teleop/jog/jog-device.ts';
import { NO_AXES } from '../../src/teleop/jog/jog-input.ts';

/** A device that shows what a test sets. */
export class ScriptedDevice implements JogDevice {
  readonly name = 'scripted';
  /** Undefined: the device is gone. */
  reading: JogReading | undefined = { axes: NO_AXES, isDeadManHeld: false };
  isClosed = false;
  readonly #listeners = new Set<JogDeviceListener>();

  get problem(): string | undefined {
    return this.reading === undefined ? 'scripted is gone' : undefined;
  }

  read(): JogReading | undefined {
    return this.reading;
  }

  /** Sets what it shows, and tells its listeners. */
  push(axes: Partial<JogReading['axes']>, isDeadManHeld = true): void {
    this.reading = { axes: { ...NO_AXES, ...axes }, isDeadManHeld };
    for (const listener of this.#listeners) listener.onChange?.();
  }

  press(action: JogAction): void {
    for (const listener of this.#listeners) listener.onAction?.(action);
  }

  listen(listener: JogDeviceListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}
