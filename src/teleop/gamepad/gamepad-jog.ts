import { NS_PER_MS } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import type { JogAction, JogReading } from '../jog/jog-device.ts';
import { WatchedJogDevice } from '../jog/watched-jog-device.ts';
import { openGamepad } from './find-gamepad.ts';
import type { InputFolders, OpenPad } from './find-gamepad.ts';
import { ABS } from './input-codes.ts';
import type { PadEvent } from './input-codes.ts';
import type { PadLayout } from './pad-layouts.ts';
import { PAD_ACTIONS, PAD_SILENT_MS, axesOfPad, isTriggerHeld } from './pad-mapping.ts';
import type { PadButton } from './pad-mapping.ts';

export interface GamepadOptions {
  /** Its device file; default: the first pad there is. */
  readonly path?: string | undefined;
  readonly clock: Clock;
  readonly folders?: InputFolders;
}

/** A gamepad as a jogging device; the left trigger is the dead-man. What moves what: pad-mapping.ts. */
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
    return {
      isDeadManHeld: this.#isHeld && nowNs - this.#heardNs < PAD_SILENT_MS * NS_PER_MS,
      axes: axesOfPad({
        leftX: this.#axis(layout.leftX),
        leftY: this.#axis(layout.leftY),
        rightX: this.#axis(layout.rightX),
        rightY: this.#axis(layout.rightY),
        hatX: this.#axis(ABS.HAT0X),
        hatY: this.#axis(ABS.HAT0Y),
        leftTrigger: this.#pressed(layout.leftTrigger),
        rightTrigger: this.#pressed(layout.rightTrigger),
        rightShoulder: this.#values.get(`key ${layout.rightShoulder}`) ?? 0,
      }),
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
    this.#isHeld = isTriggerHeld(this.#pressed(layout.leftTrigger), this.#isHeld);
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
  const buttons = Object.keys(PAD_ACTIONS) as PadButton[];
  const button = buttons.find((name) => layout[name] === key);
  return button && PAD_ACTIONS[button];
}
