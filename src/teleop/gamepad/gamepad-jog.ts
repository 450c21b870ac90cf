import { NS_PER_MS } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import type { JogAction, JogReading } from '../jog/jog-device.ts';
import { NO_AXES } from '../jog/jog-input.ts';
import { shaped } from '../jog/shaped.ts';
import { WatchedJogDevice } from '../jog/watched-jog-device.ts';
import { openGamepad } from './find-gamepad.ts';
import type { InputFolders, OpenPad } from './find-gamepad.ts';
import { ABS } from './input-codes.ts';
import type { PadEvent } from './input-codes.ts';
import type { PadLayout } from './pad-layouts.ts';

export interface GamepadOptions {
  /** Its device file; default: the first pad there is. */
  readonly path?: string | undefined;
  readonly clock: Clock;
  readonly folders?: InputFolders;
}

/**
 * A pad says only what changes, so that one whose radio is gone cannot be told from one that is held still. Hands are
 * never that still for long.
 */
const SILENT_NS = 2000 * NS_PER_MS;
/** Share of its way that a trigger must have gone to be held, and be back to be let go. */
const [HELD, LET_GO] = [0.6, 0.4];
/** Sticks do not come back exactly. */
const DEAD_ZONE = 0.12;

/**
 * A gamepad as a jogging device; the left trigger is the dead-man. Left stick: x and y, or the selected joint. Right stick:
 * up, down and yaw. Four-way pad: pitch and roll. Right trigger and shoulder: gripper.
 */
export class GamepadJog extends WatchedJogDevice<OpenPad> {
  readonly name = 'gamepad';
  readonly #values = new Map<string, number>();
  #isHeld = false;
  #heardNs: number;

  /** Throws ArmatureError E_GAMEPAD when there is no pad now; one that goes later may come back. */
  constructor({ path, clock, folders }: GamepadOptions) {
    super({ open: () => openGamepad(path, folders), clock });
    this.#heardNs = clock.nowNs();
  }

  protected override reading({ layout }: OpenPad, nowNs: number): JogReading {
    // Up and left are negative on every pad.
    const stick = (axis: number): number => shaped(-this.#axis(axis), DEAD_ZONE);
    const close = this.#pressed(layout.rightTrigger);
    const open = this.#values.get(`key ${layout.rightShoulder}`) ?? 0;
    return {
      isDeadManHeld: this.#isHeld && nowNs - this.#heardNs < SILENT_NS,
      axes: {
        ...NO_AXES,
        x: stick(layout.leftY),
        y: stick(layout.leftX),
        z: stick(layout.rightY),
        yaw: stick(layout.rightX),
        pitch: this.#axis(ABS.HAT0Y),
        roll: this.#axis(ABS.HAT0X),
        joint: stick(layout.leftY),
        gripper: open - (close > DEAD_ZONE ? close : 0),
      },
    };
  }

  protected override take({ device, reader, layout }: OpenPad, nowNs: number): boolean {
    const records = device.read();
    if (records === undefined) return false;
    const events = records.flatMap((bytes) => reader.push(bytes));
    for (const event of events) this.#hear(event, layout);
    if (events.length > 0) {
      this.#heardNs = nowNs;
      this.tellChange();
    }
    return true;
  }

  #hear(event: PadEvent | 'dropped', layout: PadLayout): void {
    if (event === 'dropped') {
      // Nobody knows what is pushed: nothing is, until it changes.
      this.letGo();
      return;
    }
    const wasPressed = (this.#values.get(`${event.kind} ${event.code}`) ?? 0) > 0;
    this.#values.set(`${event.kind} ${event.code}`, event.value);
    const share = this.#pressed(layout.leftTrigger);
    if (share > HELD) this.#isHeld = true;
    else if (share < LET_GO) this.#isHeld = false;
    const action = event.kind === 'key' && event.value === 1 && !wasPressed ? actionOf(event.code, layout) : undefined;
    if (action !== undefined) this.tellAction(action);
  }

  #axis(code: number): number {
    return this.#values.get(`axis ${code}`) ?? 0;
  }

  /** How far a trigger is pressed, in [0, 1]. One that has not said anything yet is not. */
  #pressed(trigger: PadLayout['leftTrigger']): number {
    if ('key' in trigger) return this.#values.get(`key ${trigger.key}`) ?? 0;
    return ((this.#values.get(`axis ${trigger.axis}`) ?? -1) + 1) / 2;
  }

  protected override letGo(): void {
    this.#values.clear();
    this.#isHeld = false;
  }
}

function actionOf(key: number, layout: PadLayout): JogAction | undefined {
  const actions: readonly (readonly [number, JogAction])[] = [
    [layout.south, { kind: 'next-mode' }],
    [layout.east, { kind: 'give-back' }],
    [layout.start, { kind: 'faster' }],
    [layout.select, { kind: 'slower' }],
    [layout.rightThumb, { kind: 'next-joint' }],
    [layout.leftThumb, { kind: 'previous-joint' }],
  ];
  return actions.find(([code]) => code === key)?.[1];
}
