import type { JointTarget } from '../../core/action.ts';
import type { ArmState, Sampled } from '../../core/observation.ts';
import type { ArmHealth } from '../../safety/health-monitor.ts';
import { REASONS } from '../../safety/reasons.ts';
import type { Reason } from '../../safety/reasons.ts';
import type { GateState } from '../../safety/gate.ts';
import { SAFETY_STATES } from '../../safety/safety-state.ts';
import type { GateReport } from '../step-listener.ts';
import { readTarget, writeTarget } from './message-formats.ts';
import { NumberLayout } from './number-layout.ts';

/** What the arm process says of one gate tick, in its ring, its frames and its log. */
const RECORD_FIELDS = {
  /** Rises by one with each tick. */
  tick: 'one',
  /** When the tick began and when it should have, monotonic ns. */
  timeNs: 'one',
  deadlineNs: 'one',
  /** Whole periods without a tick since the process began. */
  skipped: 'one',
  /** Index in STATES. */
  state: 'one',
  /** Index in CAUSES. */
  cause: 'one',
  /** The reasons in their order, see REASON_BASE: the first eight, and eight after them. */
  reasons: 'one',
  moreReasons: 'one',
  /** 1 when the last command did not move any joint. */
  isStill: 'one',
  /** Sequence of the setpoint that was heeded last; -1 for none. */
  setpoint: 'one',
  /** Sequence of the operator's command that was carried out last; -1 for none. */
  command: 'one',
  /** How old the joint state was, ns. */
  ageNs: 'one',
  stampNs: 'one',
  fresh: 'one',
  /** What the gate was asked for: how many positions, -1 for nothing; its stamps, ns; and the positions. */
  count: 'one',
  createdNs: 'one',
  observedNs: 'one',
  /** 1 for a setpoint that was planned within the limits, see GateInput. */
  isPlanned: 'one',
  /** 1 when the gate made a step; without one nothing was commanded. */
  hasStepped: 'one',
  requestedRad: 'joints',
  previousRad: 'joints',
  emittedRad: 'joints',
  sentRad: 'joints',
  measuredRad: 'joints',
  velocitiesRadPerS: 'joints',
  effortsNm: 'joints',
  health: 'health',
} as const;

/** `gate-dead`: the gate does not tick any more, and the driver stopped the arm by itself. */
export const STATES = [...SAFETY_STATES, 'gate-dead'] as const;
export type ArmProcessState = GateState | 'gate-dead';

/** Why the arm process gives the gate no target, whatever the agent says; `none`: it does not interfere. */
export const CAUSES = ['none', 'operator', 'link', 'supervisor-silent', 'supervisor-gone'] as const;
export type StopCause = (typeof CAUSES)[number];

const REASON_NAMES = Object.keys(REASONS) as Reason[];
/** A reason is a digit, 0 for none; eight of them fit a double, first one last. */
const REASON_BASE = 64;
const REASONS_PER_NUMBER = 8;

/** One gate tick. Arrays have shape (J), rad, joint order of the RobotSpec. */
export interface ArmRecord extends Omit<GateReport, 'state'> {
  readonly tick: number;
  readonly timeNs: number;
  readonly deadlineNs: number;
  readonly skipped: number;
  readonly state: ArmProcessState;
  readonly cause: StopCause;
  readonly isStill: boolean;
  readonly setpoint: number;
  readonly command: number;
  /** What the gate was asked for. */
  readonly target: JointTarget | undefined;
  readonly isPlanned: boolean;
  /** False where nothing was commanded. */
  readonly hasStepped: boolean;
  readonly arm: Sampled<ArmState>;
  readonly health: ArmHealth | undefined;
  readonly sentRad: Float64Array;
}

export type RecordLayout = NumberLayout<keyof typeof RECORD_FIELDS>;

export function recordLayout(jointCount: number): RecordLayout {
  return new NumberLayout(RECORD_FIELDS, jointCount);
}

function packed(reasons: readonly Reason[], from: number): number {
  let number = 0;
  for (let index = Math.min(from + REASONS_PER_NUMBER, reasons.length) - 1; index >= from; index -= 1) {
    number = number * REASON_BASE + REASON_NAMES.indexOf(reasons[index] as Reason) + 1;
  }
  return number;
}

function decodeReasons(layout: RecordLayout, record: Float64Array): Reason[] {
  const reasons: Reason[] = [];
  for (const field of ['reasons', 'moreReasons'] as const) {
    for (let rest = layout.get(record, field); rest >= 1; rest = Math.floor(rest / REASON_BASE)) {
      const reason = REASON_NAMES[(rest % REASON_BASE) - 1];
      if (reason !== undefined) reasons.push(reason);
    }
  }
  return reasons;
}

/** Writes a record as numbers; decodeRecord gives it back. */
export function encodeRecord(layout: RecordLayout, numbers: Float64Array, record: ArmRecord): void {
  const { arm, state, cause } = record;
  layout.set(numbers, 'tick', record.tick);
  layout.set(numbers, 'timeNs', record.timeNs);
  layout.set(numbers, 'deadlineNs', record.deadlineNs);
  layout.set(numbers, 'skipped', record.skipped);
  layout.set(numbers, 'state', STATES.indexOf(state));
  layout.set(numbers, 'cause', CAUSES.indexOf(cause));
  layout.set(numbers, 'reasons', packed(record.reasons, 0));
  layout.set(numbers, 'moreReasons', packed(record.reasons, REASONS_PER_NUMBER));
  layout.set(numbers, 'isStill', record.isStill ? 1 : 0);
  layout.set(numbers, 'setpoint', record.setpoint);
  layout.set(numbers, 'command', record.command);
  layout.set(numbers, 'ageNs', arm.ageNs);
  layout.set(numbers, 'stampNs', arm.value.stampNs);
  layout.set(numbers, 'fresh', arm.fresh ? 1 : 0);
  writeTarget(layout, numbers, 'requestedRad', record.target);
  layout.set(numbers, 'isPlanned', record.isPlanned ? 1 : 0);
  layout.set(numbers, 'hasStepped', record.hasStepped ? 1 : 0);
  layout.setJoints(numbers, 'previousRad', record.previousRad);
  layout.setJoints(numbers, 'emittedRad', record.emittedRad);
  layout.setJoints(numbers, 'sentRad', record.sentRad);
  layout.setJoints(numbers, 'measuredRad', arm.value.positionsRad);
  layout.setJoints(numbers, 'velocitiesRadPerS', arm.value.velocitiesRadPerS);
  layout.setJoints(numbers, 'effortsNm', arm.value.effortsNm);
  layout.setHealth(numbers, 'health', record.health);
}

/** The record of these numbers. Codes that do not exist, from another version, read as the most cautious ones. */
export function decodeRecord(layout: RecordLayout, numbers: Float64Array): ArmRecord {
  const one = (name: keyof typeof RECORD_FIELDS): number => layout.get(numbers, name);
  const joints = (name: keyof typeof RECORD_FIELDS): Float64Array => layout.joints(numbers, name);
  const measuredRad = joints('measuredRad');
  const velocitiesRadPerS = joints('velocitiesRadPerS');
  const value = {
    positionsRad: measuredRad,
    velocitiesRadPerS,
    effortsNm: joints('effortsNm'),
    stampNs: one('stampNs'),
  };
  const target = readTarget(layout, numbers, 'requestedRad');
  return {
    tick: one('tick'),
    timeNs: one('timeNs'),
    deadlineNs: one('deadlineNs'),
    skipped: one('skipped'),
    state: STATES[one('state')] ?? 'protective-stop',
    cause: CAUSES[one('cause')] ?? 'supervisor-gone',
    reasons: decodeReasons(layout, numbers),
    isStill: one('isStill') === 1,
    setpoint: one('setpoint'),
    command: one('command'),
    arm: { value, ageNs: one('ageNs'), fresh: one('fresh') === 1 },
    health: layout.health(numbers, 'health'),
    target,
    isPlanned: one('isPlanned') === 1,
    hasStepped: one('hasStepped') === 1,
    requestedRad: target?.positionsRad,
    previousRad: joints('previousRad'),
    emittedRad: joints('emittedRad'),
    sentRad: joints('sentRad'),
    measuredRad,
  };
}
