import type { Clock } from '../../core/time.ts';
import type { JogDevice, JogDeviceListener, JogReading } from '../jog/jog-device.ts';
import { NO_AXES } from '../jog/jog-input.ts';
import type { JogAxes } from '../jog/jog-input.ts';
import { HeldKeys } from './held-keys.ts';
import type { KeyEvent, KeySource } from './key-source.ts';

/**
 * Keys that push, two for each axis. The arrows, space, Enter and Escape are left to whoever records.
 */
const PUSHES: Readonly<Record<string, Partial<JogAxes>>> = {
  w: { x: 1, joint: 1 },
  s: { x: -1, joint: -1 },
  a: { y: 1 },
  d: { y: -1 },
  r: { z: 1 },
  f: { z: -1 },
  u: { roll: -1 },
  o: { roll: 1 },
  i: { pitch: -1 },
  k: { pitch: 1 },
  j: { yaw: 1 },
  l: { yaw: -1 },
  v: { gripper: 1 },
  c: { gripper: -1 },
};

/** A keyboard as a jogging device: the key that moves the arm is its own dead-man, see HeldKeys. */
export class KeyboardJog implements JogDevice {
  readonly name = 'keyboard';
  readonly #keys: KeySource;
  readonly #held = new HeldKeys();
  readonly #listeners = new Set<JogDeviceListener>();
  readonly #unlisten: () => void;

  /** @param keys not closed here: others may listen to it. @param clock the one that `read` is asked by */
  constructor(keys: KeySource, clock: Clock) {
    this.#keys = keys;
    this.#unlisten = keys.listen({
      onKey: (event) => this.#take(event, clock.nowNs()),
      onReleaseAll: () => this.#held.releaseAll(),
    });
  }

  get problem(): string | undefined {
    return this.#keys.isOpen ? undefined : 'the terminal is gone';
  }

  read(nowNs: number): JogReading | undefined {
    if (!this.#keys.isOpen) return undefined;
    const axes = { ...NO_AXES };
    let isDeadManHeld = false;
    for (const [key, push] of Object.entries(PUSHES)) {
      if (!this.#held.isHeld(key, nowNs, this.#keys.reportsReleases)) continue;
      isDeadManHeld = true;
      for (const [axis, value] of Object.entries(push)) axes[axis as keyof JogAxes] += value;
    }
    return { axes, isDeadManHeld };
  }

  listen(listener: JogDeviceListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#unlisten();
    this.#listeners.clear();
    return Promise.resolve();
  }

  #take(event: KeyEvent, nowNs: number): void {
    // A shortcut: some systems report no release while its modifier is down, so nothing counts as held from here on.
    if (event.ctrl || event.alt) return this.#held.releaseAll();
    if (!(event.key in PUSHES)) return;
    this.#held.take(event, nowNs);
    for (const listener of this.#listeners) listener.onChange?.();
  }
}
