import { PAD_ACTIONS, PAD_SILENT_MS, axesOfPad, isTriggerHeld } from '../../../src/teleop/gamepad/pad-mapping.ts';
import type { PadButton } from '../../../src/teleop/gamepad/pad-mapping.ts';
import type { JogAction, JogReading } from '../../../src/teleop/jog/jog-device.ts';

/** The part of the browser's Gamepad that is needed. */
export interface BrowserGamepad {
  readonly id: string;
  /** `standard`, or empty for a pad whose buttons the browser does not know. */
  readonly mapping: string;
  readonly axes: readonly number[];
  readonly buttons: readonly { readonly value: number; readonly pressed: boolean }[];
  /** When it said something last, ms of the page. */
  readonly timestamp: number;
}

/** Places in the standard layout of the W3C Gamepad specification. */
const AXES = { leftX: 0, leftY: 1, rightX: 2, rightY: 3 } as const;
const TRIGGERS = { left: 6, right: 7, rightShoulder: 5 } as const;
const FOUR_WAY = { up: 12, down: 13, left: 14, right: 15 } as const;
const BUTTONS = { south: 0, east: 1, select: 8, start: 9, leftThumb: 10, rightThumb: 11 } as const satisfies Record<
  PadButton,
  number
>;

const NOT_SHOWN = 'this browser shows none to a page of another computer';
const NOT_KNOWN = 'this browser does not know the buttons of this gamepad';

/** A gamepad as a browser shows it, with the controls of every gamepad here. Asked again and again. */
export class BrowserPad {
  /** As it calls itself; empty for none. */
  name = '';
  /** Why it cannot be used; empty where it can. */
  problem = '';
  #isHeld = false;
  #pressed = new Set<PadButton>();

  /** What is pushed, and what was pressed since the last time. @param nowMs of the page */
  read(
    pads: readonly (BrowserGamepad | null)[] | undefined,
    nowMs: number,
  ): { readonly reading: JogReading | undefined; readonly actions: readonly JogAction[] } {
    const there = (pads ?? []).filter((pad) => pad !== null);
    const pad = there.find(({ mapping }) => mapping === 'standard');
    this.name = (pad ?? there[0])?.id ?? '';
    this.problem = '';
    if (pads === undefined) this.problem = NOT_SHOWN;
    else if (pad === undefined && there.length > 0) this.problem = NOT_KNOWN;
    if (pad === undefined) {
      this.#isHeld = false;
      this.#pressed = new Set();
      return { reading: undefined, actions: [] };
    }
    const value = (button: number): number => pad.buttons[button]?.value ?? 0;
    const axis = (index: number): number => Math.min(1, Math.max(-1, pad.axes[index] ?? 0));
    this.#isHeld = isTriggerHeld(value(TRIGGERS.left), this.#isHeld);
    const axes = axesOfPad({
      leftX: axis(AXES.leftX),
      leftY: axis(AXES.leftY),
      rightX: axis(AXES.rightX),
      rightY: axis(AXES.rightY),
      hatX: value(FOUR_WAY.right) - value(FOUR_WAY.left),
      hatY: value(FOUR_WAY.down) - value(FOUR_WAY.up),
      leftTrigger: value(TRIGGERS.left),
      rightTrigger: value(TRIGGERS.right),
      rightShoulder: value(TRIGGERS.rightShoulder),
    });
    const isDeadManHeld = this.#isHeld && nowMs - pad.timestamp < PAD_SILENT_MS;
    return { reading: { axes, isDeadManHeld }, actions: this.#presses(pad) };
  }

  #presses({ buttons }: BrowserGamepad): JogAction[] {
    const names = Object.keys(BUTTONS) as PadButton[];
    const pressed = names.filter((name) => buttons[BUTTONS[name]]?.pressed === true);
    const fresh = pressed.filter((name) => !this.#pressed.has(name));
    this.#pressed = new Set(pressed);
    return fresh.map((name) => PAD_ACTIONS[name]);
  }
}
