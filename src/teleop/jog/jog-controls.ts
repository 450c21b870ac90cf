import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { JogAction } from './jog-device.ts';
import { JOG_MODES, JOG_SPEEDS, jogSpeed } from './jog-input.ts';
import type { JogMode, JogSpeedName } from './jog-input.ts';

export interface JogSettings {
  /** Default: the first mode the arm has. */
  readonly mode?: JogMode | undefined;
  /** Default `slow`. */
  readonly speed?: JogSpeedName | undefined;
}

/** What is set on a jogging device and stays until it is changed. */
export class JogControls {
  readonly #robot: RobotSpec;
  readonly #modes: readonly JogMode[];
  #mode: JogMode;
  #joint = 0;
  #speed: JogSpeedName;

  /** @param hasKinematics false: only joints can be jogged */
  constructor(robot: RobotSpec, hasKinematics: boolean, { mode, speed = 'slow' }: JogSettings = {}) {
    this.#robot = robot;
    this.#modes = hasKinematics ? JOG_MODES : ['joint'];
    this.#mode = mode !== undefined && this.#modes.includes(mode) ? mode : (this.#modes[0] as JogMode);
    this.#speed = speed;
  }

  /** Those the arm has. */
  get modes(): readonly JogMode[] {
    return this.#modes;
  }

  get mode(): JogMode {
    return this.#mode;
  }

  /** Index in joint order. */
  get joint(): number {
    return this.#joint;
  }

  get speed(): JogSpeedName {
    return this.#speed;
  }

  /** Carries an action out. True when from now on the same push moves something else. */
  apply(action: JogAction): boolean {
    const { length } = this.#robot.joints;
    switch (action.kind) {
      case 'faster':
      case 'slower':
        this.#speed = neighbour(JOG_SPEEDS, this.#speed, action.kind === 'faster' ? 1 : -1);
        return false;
      case 'speed':
        this.#speed = action.speed;
        return false;
      case 'mode':
        if (!this.#modes.includes(action.mode) || action.mode === this.#mode) return false;
        this.#mode = action.mode;
        return true;
      case 'next-mode':
        this.#mode = this.#modes[(this.#modes.indexOf(this.#mode) + 1) % this.#modes.length] as JogMode;
        return true;
      case 'next-joint':
        return this.#select((this.#joint + 1) % length);
      case 'previous-joint':
        return this.#select((this.#joint + length - 1) % length);
      case 'joint':
        return action.number >= 1 && action.number <= length && this.#select(action.number - 1);
      case 'give-back':
        return false;
    }
  }

  /** For a display. */
  describe(): string {
    const speed = jogSpeed(this.#speed);
    if (this.#mode === 'joint') {
      const name = this.#robot.joints[this.#joint]?.name ?? '';
      return `joint ${this.#joint + 1} ${name}, ${this.#speed} (${speed.jointRadPerS} rad/s)`;
    }
    return `${this.#mode} frame, ${this.#speed} (${speed.positionMPerS} m/s)`;
  }

  #select(joint: number): boolean {
    this.#joint = joint;
    this.#mode = 'joint';
    return true;
  }
}

function neighbour<T>(values: readonly T[], value: T, step: number): T {
  return values[values.indexOf(value) + step] ?? value;
}
