import { ArmatureError } from '../../core/errors.ts';
import { motorErrorWords } from '../../drivers/serial/status-error.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { healthRanges } from '../../safety/health-monitor.ts';
import { REASONS } from '../../safety/reasons.ts';
import type { Reason } from '../../safety/reasons.ts';
import type { ArmProcessState, ArmRecord, StopCause } from './record-format.ts';

/** States of which only an operator lets an arm out. */
const LATCHED: readonly ArmProcessState[] = ['protective-stop', 'estop', 'gate-dead'];

/** What an arm process that interfered saw. */
const CAUSE_WORDS: Partial<Record<StopCause, string>> = {
  link: 'the link to the arm failed',
  'supervisor-silent': 'the program that commands the arm was silent for too long',
  'supervisor-gone': 'the program that commands the arm is gone',
};

/** What the robot says of itself is undone at the robot. */
const ROBOT_REASONS: readonly Reason[] = ['robot-stopped', 'robot-emergency-stop'];

/** Whatever the gate's own state: the arm process stopped the arm, and an operator has to look before it moves again. */
export function hasInterfered(cause: StopCause): boolean {
  return cause !== 'none' && cause !== 'operator';
}

/** Whether an operator has to look at the arm, reset and arm it before it moves again. */
export function isLatched({ state, cause }: ArmRecord): boolean {
  return LATCHED.includes(state) || hasInterfered(cause);
}

/** What latched the stop that began with this tick, with joint and number where the arm reported them: E_PROTECTIVE_STOP. */
export function latchedStop(record: ArmRecord, robot: RobotSpec): ArmatureError {
  const { state, cause, reasons } = record;
  const why = [
    ...(state === 'gate-dead' ? ['the gate stopped working'] : []),
    ...(CAUSE_WORDS[cause] === undefined ? [] : [CAUSE_WORDS[cause]]),
    ...reasons.flatMap((reason) => wordsOf(reason, record, robot)),
  ];
  const kind = state === 'estop' ? 'an emergency stop' : 'a protective stop';
  const isRobots = reasons.some((reason) => ROBOT_REASONS.includes(reason));
  const because = why.length === 0 ? '' : `: ${why.join('; ')}`;
  return new ArmatureError('E_PROTECTIVE_STOP', `robot "${robot.name}" made ${kind}${because}`, {
    remedy: isRobots
      ? 'Look at the robot, see `armature ros check` and `armature ros recover`, then start again.'
      : 'It stays where it stopped. Look at it and remove the cause; `armature rest` takes it to its rest pose; then start again.',
  });
}

/** What only says that the arm stands, or how its last target was changed, is no cause. */
const CONSEQUENCES: readonly Reason[] = ['protective-stop', 'estop', 'not-armed', 'stop-in-progress', 'no-lease'];

function wordsOf(reason: Reason, record: ArmRecord, robot: RobotSpec): string[] {
  const reasons = Object.keys(REASONS);
  const isOfTarget = reasons.indexOf(reason) >= reasons.indexOf('no-target');
  if (isOfTarget || CONSEQUENCES.includes(reason)) return [];
  const joints = jointsOf(reason, record, robot);
  return [`${REASONS[reason]}${joints.length === 0 ? '' : ` (${joints.join(', ')})`}`];
}

function jointsOf(reason: Reason, { health, sentRad, measuredRad }: ArmRecord, robot: RobotSpec): string[] {
  const { serial } = robot.drivers;
  if (reason === 'motor-error') {
    return robot.joints.flatMap(({ name }, joint) => {
      const error = health?.motorErrors?.[joint] ?? 0;
      const words = serial === undefined ? [] : motorErrorWords(serial.protocol, error);
      return error === 0 ? [] : [`${name}: ${words.join(', ') || `error ${error}`}`];
    });
  }
  if (reason === 'tracking-error') {
    return robot.joints.flatMap(({ name, limits }, joint) => {
      const apartRad = Math.abs((sentRad[joint] ?? NaN) - (measuredRad[joint] ?? NaN));
      return apartRad > limits.trackingErrorRad ? [`${name}: ${apartRad.toFixed(2)} rad behind`] : [];
    });
  }
  const range = healthRanges(robot).find((known) => known.reason === reason);
  const values = health === undefined ? undefined : range?.values(health);
  if (range === undefined || values === undefined) return [];
  return robot.joints.flatMap(({ name }, joint) => {
    const value = values[joint] ?? NaN;
    return value < range.low || value > range.high
      ? [
          `${name}: ${value.toFixed(1)} ${range.unit}, limit ${value < range.low ? range.low : range.high} ${range.unit}`,
        ]
      : [];
  });
}
