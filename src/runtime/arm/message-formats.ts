import type { JointTarget } from '../../core/action.ts';
import { NumberLayout } from './number-layout.ts';

/** What goes through the setpoint frame and the setpoint slot. */
const SETPOINT_FIELDS = {
  /** Rises by one with each setpoint of a supervisor. */
  sequence: 'one',
  createdNs: 'one',
  observedNs: 'one',
  /** How many positions the agent gave; -1 for an agent that had nothing to command. */
  count: 'one',
  /** rad. */
  positionsRad: 'joints',
} as const;

/** An operator's command. */
const COMMAND_FIELDS = {
  /** Rises by one with each command of a supervisor; not a number for one from elsewhere. */
  sequence: 'one',
  /** One of COMMAND_CODES. */
  code: 'one',
  /** What the command needs to know, if anything. */
  value: 'one',
} as const;

const HEARTBEAT_FIELDS = {
  sequence: 'one',
  /** Monotonic ns. */
  sentNs: 'one',
} as const;

/**
 * `arm`: hold where the arm is, and follow what comes from now on; after a stop that left it armed, follow again.
 * `stop`: brake and hold, whatever comes, until armed again. `disarm`: stop, then take the torque away and command
 * nothing. `end`: stop, and end the process with the torque as it is. `reset`: leave a latched stop. `estop`,
 * `release`: the emergency stop is pressed, and is no longer. `slow`: no faster than `value` of the velocity limits.
 * `fast`: as fast as `value` of them allows again. `consent`: somebody elsewhere may arm or reset once, with the code
 * `value`; see RemoteConsent. `remote-arm`, `remote-reset`: as `arm` and `reset`, for whoever has that code.
 */
export const COMMAND_CODES = {
  arm: 1,
  stop: 2,
  disarm: 3,
  end: 4,
  reset: 5,
  estop: 6,
  release: 7,
  slow: 8,
  fast: 9,
  consent: 10,
  'remote-arm': 11,
  'remote-reset': 12,
} as const;

export type OperatorCommand = keyof typeof COMMAND_CODES;

const COMMANDS_BY_CODE = new Map<number, OperatorCommand>(
  Object.entries(COMMAND_CODES).map(([command, code]) => [code, command as OperatorCommand]),
);

export function commandOfCode(code: number): OperatorCommand | undefined {
  return COMMANDS_BY_CODE.get(code);
}

export type SetpointLayout = NumberLayout<keyof typeof SETPOINT_FIELDS>;
export type CommandLayout = NumberLayout<keyof typeof COMMAND_FIELDS>;
export type HeartbeatLayout = NumberLayout<keyof typeof HEARTBEAT_FIELDS>;

export function setpointLayout(jointCount: number): SetpointLayout {
  return new NumberLayout(SETPOINT_FIELDS, jointCount);
}

type TargetField = 'count' | 'createdNs' | 'observedNs';

/** Writes a target, or that there is none. A target of another length keeps its length and loses its values. */
export function writeTarget<Name extends string>(
  layout: NumberLayout<Name | TargetField>,
  numbers: Float64Array,
  positions: Name,
  target: JointTarget | undefined,
): void {
  layout.set(numbers, 'count', target?.positionsRad.length ?? -1);
  layout.set(numbers, 'createdNs', target?.createdNs ?? NaN);
  layout.set(numbers, 'observedNs', target?.observedNs ?? NaN);
  layout.setJoints(numbers, positions, target?.positionsRad);
}

/** The target that was written; one of another length has no values, so that the gate refuses it for its length. */
export function readTarget<Name extends string>(
  layout: NumberLayout<Name | TargetField>,
  numbers: Float64Array,
  positions: Name,
): JointTarget | undefined {
  const count = layout.get(numbers, 'count');
  if (!(count >= 0)) return undefined;
  return {
    positionsRad: count === layout.jointCount ? layout.joints(numbers, positions) : new Float64Array(),
    createdNs: layout.get(numbers, 'createdNs'),
    observedNs: layout.get(numbers, 'observedNs'),
  };
}

export const commandLayout: CommandLayout = new NumberLayout(COMMAND_FIELDS, 0);
/** A command of nobody's sequence. */
export function commandFrom(command: OperatorCommand, value: number): Float64Array {
  const numbers = new Float64Array(commandLayout.length);
  commandLayout.set(numbers, 'sequence', NaN);
  commandLayout.set(numbers, 'code', COMMAND_CODES[command]);
  commandLayout.set(numbers, 'value', value);
  return numbers;
}

export const heartbeatLayout: HeartbeatLayout = new NumberLayout(HEARTBEAT_FIELDS, 0);
