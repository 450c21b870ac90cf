import type { JogAction } from '../jog/jog-device.ts';
import { NO_AXES } from '../jog/jog-input.ts';
import type { JogAxes } from '../jog/jog-input.ts';
import { shaped } from '../jog/shaped.ts';

/** A gamepad at one moment, whoever reads it: the system or a browser. Sticks and four-way pad in [-1, 1], up and left negative. */
export interface PadState {
  readonly leftX: number;
  readonly leftY: number;
  readonly rightX: number;
  readonly rightY: number;
  readonly hatX: number;
  readonly hatY: number;
  /** How far it is pressed, in [0, 1]. */
  readonly leftTrigger: number;
  readonly rightTrigger: number;
  /** 0 or 1. */
  readonly rightShoulder: number;
}

/** Buttons that set something; the lower one of the four under the right thumb, and the one to its right. */
export type PadButton = 'south' | 'east' | 'start' | 'select' | 'leftThumb' | 'rightThumb';

/** What a press of a button sets. */
export const PAD_ACTIONS: Readonly<Record<PadButton, JogAction>> = {
  south: { kind: 'next-mode' },
  east: { kind: 'give-back' },
  start: { kind: 'faster' },
  select: { kind: 'slower' },
  rightThumb: { kind: 'next-joint' },
  leftThumb: { kind: 'previous-joint' },
};

/** A pad says only what changes, so that one whose radio is gone cannot be told from one held still. Hands are never that still. */
export const PAD_SILENT_MS = 2000;

/** Sticks do not come back exactly. */
const DEAD_ZONE = 0.12;
/** Share of its way that a trigger must have gone to be held, and be back to be let go. */
const [HELD, LET_GO] = [0.6, 0.4];

/** Left stick: x and y, or the selected joint. Right stick: up, down and yaw. Four-way pad: pitch and roll. Right trigger and shoulder: gripper. */
export function axesOfPad(pad: PadState): JogAxes {
  const stick = (value: number): number => shaped(-value, DEAD_ZONE);
  return {
    ...NO_AXES,
    x: stick(pad.leftY),
    y: stick(pad.leftX),
    z: stick(pad.rightY),
    yaw: stick(pad.rightX),
    pitch: pad.hatY,
    roll: pad.hatX,
    joint: stick(pad.leftY),
    gripper: pad.rightShoulder - (pad.rightTrigger > DEAD_ZONE ? pad.rightTrigger : 0),
  };
}

/** Whether the left trigger, the dead-man, is held now; between the two shares it stays as it was. */
export function isTriggerHeld(leftTrigger: number, wasHeld: boolean): boolean {
  return leftTrigger > HELD || (wasHeld && leftTrigger >= LET_GO);
}
