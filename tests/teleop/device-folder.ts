import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A device that is plugged in: a FIFO in place of its file, and what the system says of it. */
export interface PluggedDevice {
  readonly path: string;
  /** What the hardware says. */
  send(bytes: Buffer): void;
  unplug(): void;
}

/** Folders as Linux has them under /dev and /sys. Every device in them is plugged in by a test. */
export class DeviceFolder {
  readonly devices: string;
  readonly descriptions: string;
  readonly #root: string;
  readonly #plugged = new Set<PluggedDevice>();

  constructor() {
    this.#root = mkdtempSync(join(tmpdir(), 'armature-devices-'));
    this.devices = join(this.#root, 'dev');
    this.descriptions = join(this.#root, 'sys');
    mkdirSync(this.devices);
    mkdirSync(this.descriptions);
  }

  /** @param about content by file name, in its folder of sysfs */
  plug(name: string, about: Readonly<Record<string, string | Buffer>>): PluggedDevice {
    const [path, folder] = [join(this.devices, name), join(this.descriptions, name)];
    for (const [file, content] of Object.entries(about)) {
      const whole = join(folder, 'device', file);
      mkdirSync(join(whole, '..'), { recursive: true });
      writeFileSync(whole, content);
    }
    execFileSync('mkfifo', [path]);
    // Open for reading too, so that it opens at once.
    const descriptor = openSync(path, constants.O_RDWR);
    const device: PluggedDevice = {
      path,
      send: (bytes) => void writeSync(descriptor, bytes),
      unplug: () => {
        if (!this.#plugged.delete(device)) return;
        closeSync(descriptor);
        rmSync(path);
        rmSync(folder, { recursive: true });
      },
    };
    this.#plugged.add(device);
    return device;
  }

  link(name: string, to: string): string {
    const path = join(this.devices, name);
    mkdirSync(join(path, '..'), { recursive: true });
    symlinkSync(to, path);
    return path;
  }

  remove(): void {
    for (const device of this.#plugged) device.unplug();
    rmSync(this.#root, { recursive: true });
  }
}
