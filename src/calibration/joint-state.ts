import type { JointSpec } from '../robot/robot-spec.ts';
import type { SerialMotorSpec } from '../robot/serial-spec.ts';
import { spanProblem } from './calibration-problems.ts';
import type { CalibratedAs } from './calibration-problems.ts';
import { restingTick } from './encoder-track.ts';
import type { EncoderTrack } from './encoder-track.ts';
import { RAD_PER_TICK, shortWay } from './ticks.ts';

/** A joint has to move so far before its direction is believed, rad. */
const CLEAR_MOVE_RAD = 0.25;
/** An end of the gripper is believed within this share of its range from the end of its sweep. */
const END_SHARE = 0.12;

/** What a servo holds while it is calibrated: its reported position is made with it. */
export interface HeldByMotor {
  readonly homingOffset: number;
  /** Whether it turns itself round; 0 for servos that cannot. */
  readonly drivenMode: 0 | 1;
}

/** One joint within the procedure. Ticks are the encoder's own, unwrapped. */
export interface JointState {
  readonly joint: JointSpec;
  readonly motor: SerialMotorSpec;
  readonly as: CalibratedAs;
  readonly held: HeldByMotor;
  track: EncoderTrack | undefined;
  /** Reads that failed before the first that did not. */
  silentReads: number;
  middle: number | undefined;
  range: { readonly low: number; readonly high: number } | undefined;
  stepTick: number;
  closedAt: 'low' | 'high' | undefined;
  isReversed: boolean;
}

export function newState(given: Pick<JointState, 'joint' | 'motor' | 'as' | 'held'>): JointState {
  return {
    ...given,
    track: undefined,
    silentReads: 0,
    middle: undefined,
    range: undefined,
    stepTick: 0,
    closedAt: undefined,
    isReversed: false,
  };
}

/** Each `take` keeps what its step found, or says why it cannot yet: joint, reason and remedy. */
export function takeMiddle(state: JointState): string[] {
  const { track, joint } = state;
  const tick = track === undefined ? undefined : restingTick(track);
  if (tick === undefined) return [`joint "${joint.name}" moves or is hard to read: hold it still for a moment`];
  state.middle = tick;
  return [];
}

export function takeRange(state: JointState): string[] {
  const { track, joint, as } = state;
  if (as.fullTurn || track === undefined) return [];
  const problem = spanProblem(joint, track.highest - track.lowest, as);
  if (problem !== undefined) {
    const [low, high] = joint.limits.positionRad;
    const isWide = (track.highest - track.lowest) * RAD_PER_TICK > high - low;
    const remedy = isWide ? 'say "back" and sweep it again, without the horn slipping' : 'move it from stop to stop';
    return [`${problem}: ${remedy}`];
  }
  state.range = { low: track.lowest, high: track.highest };
  return [];
}

export function takeDirection(state: JointState, all: readonly JointState[]): string[] {
  const moved = movedRad(state);
  if (hasMovedClearly(state)) {
    state.isReversed = moved < 0;
    return [];
  }
  const { name } = state.joint;
  const other = all.find((candidate) => candidate !== state && hasMovedClearly(candidate));
  const hint = other === undefined ? '' : ` "${other.joint.name}" did: if you moved ${name}, their servos are swapped.`;
  return [
    `joint "${name}" has moved by ${Math.abs(moved).toFixed(2)} rad since this step began: move it by ${CLEAR_MOVE_RAD} or more.${hint}`,
  ];
}

export function takeGripperEnd(state: JointState, kind: 'closed' | 'open'): string[] {
  const end = endOf(state);
  const { name } = state.joint;
  if (end === undefined)
    return [`joint "${name}" is at neither end of its range: bring it to the end and hold it still`];
  if (kind === 'open') {
    if (end !== state.closedAt) return [];
    return [`joint "${name}" is where it was closed: open it`];
  }
  state.closedAt = end;
  // The angle of a gripper grows as it opens.
  state.isReversed = end === 'high';
  return [];
}

/** The end of its range at which a joint rests. */
export function endOf({ track, range }: JointState): 'low' | 'high' | undefined {
  const tick = track === undefined ? undefined : restingTick(track);
  if (tick === undefined || range === undefined) return undefined;
  const reach = END_SHARE * (range.high - range.low);
  if (Math.abs(shortWay(tick - range.low)) <= reach) return 'low';
  return Math.abs(shortWay(tick - range.high)) <= reach ? 'high' : undefined;
}

/** Whether a joint moved far enough since the step began to tell its direction. */
export function hasMovedClearly(state: JointState): boolean {
  return Math.abs(movedRad(state)) >= CLEAR_MOVE_RAD;
}

function movedRad({ track, stepTick }: JointState): number {
  return track === undefined ? 0 : shortWay(track.tick - stepTick) * RAD_PER_TICK;
}
