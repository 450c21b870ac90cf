import type { JogAction, JogReading } from '../../../src/teleop/jog/jog-device.ts';
import { NO_AXES } from '../../../src/teleop/jog/jog-input.ts';
import type { JogAxes } from '../../../src/teleop/jog/jog-input.ts';
import { actionOfKey } from '../../../src/teleop/keyboard/key-actions.ts';
import { KeyboardJog } from '../../../src/teleop/keyboard/keyboard-jog.ts';
import type { KeySource } from '../../../src/teleop/keyboard/key-source.ts';
import { BrowserPad } from './browser-pad.ts';
import type { BrowserGamepad } from './browser-pad.ts';

export interface JogHandOptions {
  readonly keys: KeySource;
  /** Undefined where the browser shows none to this page. */
  readonly pads: () => readonly (BrowserGamepad | null)[] | undefined;
  /** ms of the page. */
  readonly nowMs: () => number;
  readonly say: (reading: JogReading) => void;
  readonly act: (action: JogAction) => void;
}

/** Gives a policy its command back. */
const GIVE_BACK = 'b';
const AXES = Object.keys(NO_AXES) as readonly (keyof JogAxes)[];

/** The hand on the page: its buttons, the keyboard and a gamepad together. What is held anywhere is said, again and again. */
export class JogHand {
  readonly pad: BrowserPad = new BrowserPad();
  readonly #options: JogHandOptions;
  readonly #keyboard: KeyboardJog;
  readonly #buttons = new Map<string, Partial<JogAxes>>();
  readonly #unlisten: () => void;

  constructor(options: JogHandOptions) {
    const { keys, nowMs, act } = options;
    this.#options = options;
    this.#keyboard = new KeyboardJog(keys, { nowNs: () => nowMs() * 1e6 });
    this.#unlisten = keys.listen({
      onKey: (event) => {
        const action = actionOfKey(event);
        if (action !== undefined) act(action);
        if (event.key === GIVE_BACK && event.kind === 'press' && !event.ctrl && !event.alt) act({ kind: 'give-back' });
      },
    });
  }

  /** A button on the page is held. */
  press(button: string, axes: Partial<JogAxes>): void {
    this.#buttons.set(button, axes);
    this.tick();
  }

  release(button: string): void {
    if (this.#buttons.delete(button)) this.tick();
  }

  /** The page is hidden, or has lost the control: nothing on it is held. */
  letGo(): void {
    this.#buttons.clear();
    this.#options.say({ axes: NO_AXES, isDeadManHeld: false });
  }

  /** Says what is held. To be called every HELD_PERIOD_MS. */
  tick(): void {
    const { pads, nowMs, say, act } = this.#options;
    const { reading, actions } = this.pad.read(pads(), nowMs());
    for (const action of actions) act(action);
    const keyboard = this.#keyboard.read(nowMs() * 1e6);
    const held = [keyboard, reading].filter((one) => one?.isDeadManHeld === true).map((one) => one?.axes ?? NO_AXES);
    const pushes = [...this.#buttons.values(), ...held];
    const sum = (axis: keyof JogAxes): number => pushes.reduce((total, push) => total + (push[axis] ?? 0), 0);
    const axes = Object.fromEntries(AXES.map((axis) => [axis, Math.min(1, Math.max(-1, sum(axis)))]));
    say({ axes: { ...NO_AXES, ...axes }, isDeadManHeld: pushes.length > 0 });
  }

  close(): void {
    this.letGo();
    this.#unlisten();
    void this.#keyboard.close();
  }
}
