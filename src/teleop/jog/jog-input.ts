/** How far each control is pushed, in [-1, 1]. */
export interface JogAxes {
  /** Along the axes of the frame that is jogged in: x forward, y left, z up. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Turns about these axes, right-handed. */
  readonly roll: number;
  readonly pitch: number;
  readonly yaw: number;
  /** The joint of the gripper, towards larger angles: on the arms that ship, it opens. */
  readonly gripper: number;
  /** The joint that is selected, in joint mode. */
  readonly joint: number;
}

export const NO_AXES: JogAxes = { x: 0, y: 0, z: 0, roll: 0, pitch: 0, yaw: 0, gripper: 0, joint: 0 };

/** `base`: in space, along the base frame. `tool`: along the gripper frame. `joint`: one joint at a time. */
export const JOG_MODES = ['base', 'tool', 'joint'] as const;
export type JogMode = (typeof JOG_MODES)[number];

/** What somebody asks for at one control tick. */
export interface JogInput {
  readonly axes: JogAxes;
  /** Without it nothing moves. */
  readonly isDeadManHeld: boolean;
  readonly mode: JogMode;
  /** The selected joint, index in joint order. */
  readonly joint: number;
  readonly speed: JogSpeedName;
}

/** Speeds at full deflection; less on robots with lower limits. All are below the 0.25 m/s of manual reduced speed. */
const SPEEDS = {
  slow: { positionMPerS: 0.02, turnRadPerS: 0.15, jointRadPerS: 0.1, gripperRadPerS: 0.4 },
  medium: { positionMPerS: 0.06, turnRadPerS: 0.5, jointRadPerS: 0.4, gripperRadPerS: 1 },
  fast: { positionMPerS: 0.15, turnRadPerS: 1, jointRadPerS: 0.8, gripperRadPerS: 2 },
} as const satisfies Record<string, JogSpeed>;

export type JogSpeedName = keyof typeof SPEEDS;
export const JOG_SPEEDS = Object.keys(SPEEDS) as readonly JogSpeedName[];

export interface JogSpeed {
  readonly positionMPerS: number;
  readonly turnRadPerS: number;
  readonly jointRadPerS: number;
  readonly gripperRadPerS: number;
}

export function jogSpeed(name: JogSpeedName): JogSpeed {
  return SPEEDS[name];
}

/** True for what a working device gives; anything else is no wish to move. */
export function isUsable(input: JogInput): boolean {
  return Object.values(input.axes).every((value: number) => Math.abs(value) <= 1);
}
