import { NS_PER_MS } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import type { JogReading } from '../jog/jog-device.ts';
import type { JogAxes } from '../jog/jog-input.ts';
import { shaped } from '../jog/shaped.ts';
import { WatchedJogDevice } from '../jog/watched-jog-device.ts';
import type { Vector3 } from '../kinematics.ts';
import type { MouseOpener, OpenMouse } from './find-mouse.ts';
import { parseReport } from './mouse-reports.ts';
import type { MouseReport } from './mouse-reports.ts';

/**
 * `hold`: the left button is held while the arm moves. `toggle`: it is pressed to begin and to end; it ends by itself when
 * the cap has been at rest for a while. The cap alone is never enough: it is touched by accident.
 */
export const MOUSE_DEAD_MEN = ['hold', 'toggle'] as const;
export type MouseDeadMan = (typeof MOUSE_DEAD_MEN)[number];

export interface SpacemouseOptions {
  readonly open: MouseOpener;
  readonly clock: Clock;
  /** Default `hold`. */
  readonly deadMan?: MouseDeadMan | undefined;
}

/** Counts at full deflection. */
const FULL_COUNTS = 350;
/** The cap drifts a little, and nobody pushes along one axis exactly. */
const DEAD_ZONE = 0.1;
/** While the cap is pushed the device reports many times a second. Older than this, it no longer is. */
const FRESH_NS = 250 * NS_PER_MS;
/** A toggled dead-man lasts so long without a push. */
const TOGGLED_NS = 2000 * NS_PER_MS;
const [LEFT, RIGHT] = [1, 2];
const NO_PUSH: Vector3 = [0, 0, 0];

/**
 * A 3D mouse as a jogging device: the arm goes as the cap is pushed and turned. Left button: dead-man. Right button, held:
 * moves the gripper, the other way at each new press.
 */
export class SpacemouseJog extends WatchedJogDevice<OpenMouse> {
  readonly name = 'spacemouse';
  readonly #isToggle: boolean;
  #translation = { value: NO_PUSH, ns: 0 };
  #rotation = { value: NO_PUSH, ns: 0 };
  #buttons = 0;
  #gripperSign = 1;
  /** When a toggled dead-man was last pushed or switched on; undefined: off. */
  #toggledNs: number | undefined;

  /** Throws ArmatureError E_SPACEMOUSE when there is no mouse now; one that goes later may come back. */
  constructor({ open, clock, deadMan = 'hold' }: SpacemouseOptions) {
    super({ open, clock });
    this.#isToggle = deadMan === 'toggle';
  }

  protected override reading(_mouse: OpenMouse, nowNs: number): JogReading {
    return { axes: this.#axes(nowNs), isDeadManHeld: this.#isHeld(nowNs) };
  }

  protected override take(mouse: OpenMouse, nowNs: number): boolean {
    const reports = mouse.read();
    if (reports === undefined) return false;
    // A button that is held says nothing more.
    if (this.#isHeld(nowNs) && (this.#buttons & RIGHT) !== 0) this.#toggledNs = nowNs;
    for (const report of reports) this.#hear(parseReport(report), nowNs);
    if (reports.length > 0) this.tellChange();
    return true;
  }

  #hear({ translation, rotation, buttons }: MouseReport, nowNs: number): void {
    if (translation !== undefined) this.#translation = { value: translation, ns: nowNs };
    if (rotation !== undefined) this.#rotation = { value: rotation, ns: nowNs };
    if (buttons !== undefined) {
      const pressed = buttons & ~this.#buttons;
      this.#buttons = buttons;
      if ((pressed & RIGHT) !== 0) this.#gripperSign = -this.#gripperSign;
      if ((pressed & LEFT) !== 0) this.#toggledNs = this.#isHeld(nowNs) ? undefined : nowNs;
    }
    const isPushed = Object.values(this.#axes(nowNs)).some((value: number) => value !== 0);
    if (this.#isHeld(nowNs) && isPushed) this.#toggledNs = nowNs;
  }

  #isHeld(nowNs: number): boolean {
    if (!this.#isToggle) return (this.#buttons & LEFT) !== 0;
    return this.#toggledNs !== undefined && nowNs - this.#toggledNs < TOGGLED_NS;
  }

  /** Right, towards the person and down become forward, left and up. */
  #axes(nowNs: number): JogAxes {
    const seen = ({ value, ns }: { value: Vector3; ns: number }): Vector3 => {
      const counts = nowNs - ns < FRESH_NS ? value : NO_PUSH;
      const [right, near, down] = counts.map((count) => shaped(-count / FULL_COUNTS, DEAD_ZONE)) as unknown as Vector3;
      return [near, right, down];
    };
    const [x, y, z] = seen(this.#translation);
    const [roll, pitch, yaw] = seen(this.#rotation);
    const gripper = (this.#buttons & RIGHT) === 0 ? 0 : this.#gripperSign;
    return { x, y, z, roll, pitch, yaw, gripper, joint: x };
  }

  protected override letGo(): void {
    this.#translation = { value: NO_PUSH, ns: 0 };
    this.#rotation = { value: NO_PUSH, ns: 0 };
    this.#buttons = 0;
    this.#toggledNs = undefined;
  }
}
