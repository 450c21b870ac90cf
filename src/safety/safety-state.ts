import type { StopCategory } from '../robot/robot-spec.ts';
import type { OperatorToken } from './operator.ts';

/**
 * What the arm may do. `hold`: armed and at rest, torque on. `active` and `reduced`: follows commands, at full
 * or at lowered speed. `stopping`: brakes. `protective-stop` and `estop` are latched: they brake, then stay
 * until an operator resets them.
 */
export const SAFETY_STATES = [
  'boot',
  'disarmed',
  'hold',
  'active',
  'reduced',
  'stopping',
  'protective-stop',
  'estop',
] as const;

export type SafetyStateName = (typeof SAFETY_STATES)[number];

/** The state and what it has to remember. A value: equal states behave equally. */
export interface SafetyState {
  readonly name: SafetyStateName;
  /** Of the stop in progress or latched, by IEC 60204-1; undefined where there is none. */
  readonly stopCategory: StopCategory | undefined;
  /** Speed was lowered and no operator has raised it since: motion means `reduced`. */
  readonly isReduced: boolean;
  /** The emergency stop is pressed, whether or not it is the reason for the state. */
  readonly isEstopPressed: boolean;
}

export const BOOT_STATE: SafetyState = {
  name: 'boot',
  stopCategory: undefined,
  isReduced: false,
  isEstopPressed: false,
};

/** What happens to the arm. Events with an operator's token are the only ones that give it more freedom. */
export type SafetyEvent =
  /** Description and driver are checked and ready. */
  | { readonly type: 'ready' }
  | { readonly type: 'arm'; readonly operator: OperatorToken }
  /** A usable target of the source that holds the command lease. */
  | { readonly type: 'command' }
  /** Speed was lowered; anyone may. */
  | { readonly type: 'reduce' }
  /** Speed was raised to full. */
  | { readonly type: 'restore'; readonly operator: OperatorToken }
  /** Anyone may. Category 2 ends in `hold`; 1 and 0 end in `disarmed`. */
  | { readonly type: 'stop'; readonly category: StopCategory }
  /** The last command did not move any joint. */
  | { readonly type: 'standstill' }
  /** A monitor tripped. */
  | { readonly type: 'fault'; readonly category: StopCategory }
  | { readonly type: 'estop'; readonly category: StopCategory }
  | { readonly type: 'estop-released' }
  | { readonly type: 'reset'; readonly operator: OperatorToken };

/** An event as the table reads it: what the state remembers decides between two readings. */
export type Trigger =
  | Exclude<SafetyEvent['type'], 'command' | 'stop' | 'standstill' | 'reset'>
  | 'command'
  | 'command-reduced'
  | 'stop-2'
  | 'stop-1-or-0'
  | 'standstill'
  | 'standstill-power-off'
  | 'reset'
  | 'reset-while-pressed';

/**
 * Every transition there is. What is not listed changes nothing. `estop` is reached from everywhere;
 * from a latched state only `reset` leads out, to `disarmed`; into motion lead only `hold` and `stopping`.
 */
export const TRANSITIONS: Readonly<Record<SafetyStateName, Readonly<Partial<Record<Trigger, SafetyStateName>>>>> = {
  boot: { ready: 'disarmed', reduce: 'boot', restore: 'boot', estop: 'estop' },
  disarmed: { arm: 'hold', reduce: 'disarmed', restore: 'disarmed', estop: 'estop' },
  hold: {
    command: 'active',
    'command-reduced': 'reduced',
    reduce: 'hold',
    restore: 'hold',
    'stop-2': 'hold',
    'stop-1-or-0': 'disarmed',
    standstill: 'hold',
    fault: 'protective-stop',
    estop: 'estop',
  },
  active: {
    command: 'active',
    reduce: 'reduced',
    restore: 'active',
    'stop-2': 'stopping',
    'stop-1-or-0': 'stopping',
    fault: 'protective-stop',
    estop: 'estop',
  },
  reduced: {
    'command-reduced': 'reduced',
    reduce: 'reduced',
    restore: 'active',
    'stop-2': 'stopping',
    'stop-1-or-0': 'stopping',
    fault: 'protective-stop',
    estop: 'estop',
  },
  stopping: {
    // A source that was silent for a moment may go on; a stop that takes the torque away is never called off.
    command: 'active',
    'command-reduced': 'reduced',
    reduce: 'stopping',
    restore: 'stopping',
    'stop-2': 'stopping',
    'stop-1-or-0': 'stopping',
    standstill: 'hold',
    'standstill-power-off': 'disarmed',
    fault: 'protective-stop',
    estop: 'estop',
  },
  'protective-stop': {
    reduce: 'protective-stop',
    restore: 'protective-stop',
    fault: 'protective-stop',
    reset: 'disarmed',
    estop: 'estop',
  },
  estop: {
    reduce: 'estop',
    restore: 'estop',
    fault: 'estop',
    estop: 'estop',
    'estop-released': 'estop',
    reset: 'disarmed',
  },
};

/** How the table reads an event in a state; undefined for one that cannot be read, whatever it holds. */
export function triggerOf(state: SafetyState, event: SafetyEvent): Trigger | undefined {
  switch (event.type) {
    case 'command':
      if (state.stopCategory === 0 || state.stopCategory === 1) return undefined;
      return state.isReduced ? 'command-reduced' : 'command';
    case 'stop':
      return event.category === 2 ? 'stop-2' : 'stop-1-or-0';
    case 'standstill':
      return state.stopCategory === 0 || state.stopCategory === 1 ? 'standstill-power-off' : 'standstill';
    case 'reset':
      return state.isEstopPressed ? 'reset-while-pressed' : 'reset';
    default:
      return event.type;
  }
}

/**
 * The state after an event, by the table alone. The same object when the event is not listed or changes
 * nothing. Tokens are checked before: see SafetyStateMachine.
 */
export function transition(state: SafetyState, event: SafetyEvent): SafetyState {
  const name = listedTarget(state, event);
  if (name === undefined) return state;
  const stopCategory = stopCategoryAfter(state, event, name);
  const isReduced = event.type === 'reduce' || (state.isReduced && event.type !== 'restore');
  const isEstopPressed = event.type === 'estop' || (state.isEstopPressed && event.type !== 'estop-released');
  const isSame =
    name === state.name &&
    stopCategory === state.stopCategory &&
    isReduced === state.isReduced &&
    isEstopPressed === state.isEstopPressed;
  return isSame ? state : { name, stopCategory, isReduced, isEstopPressed };
}

/** True when the table lists the event in this state. */
export function isListed(state: SafetyState, event: SafetyEvent): boolean {
  return listedTarget(state, event) !== undefined;
}

/** True in `active` and `reduced`: the only states in which a command is followed. */
export function isMoving(state: SafetyState): boolean {
  return state.name === 'active' || state.name === 'reduced';
}

/** True in the states that only an operator's reset leaves. */
export function isLatched(state: SafetyState): boolean {
  return state.name === 'protective-stop' || state.name === 'estop';
}

/**
 * Whether the motors may have torque. Category 0 takes it at once, category 1 at standstill, category 2 never;
 * before arming there is none.
 */
export function hasTorque(state: SafetyState, isStill: boolean): boolean {
  if (state.name === 'boot' || state.name === 'disarmed') return false;
  return state.stopCategory !== 0 && !(state.stopCategory === 1 && isStill);
}

function listedTarget(state: SafetyState, event: SafetyEvent): SafetyStateName | undefined {
  const row = TRANSITIONS[state.name];
  const trigger = triggerOf(state, event);
  // Own entries only: an event that came as a message may be named like something every object inherits.
  return trigger !== undefined && Object.hasOwn(row, trigger) ? row[trigger] : undefined;
}

/** A stop under way only ever becomes more severe: of two categories the lower number stays. */
function stopCategoryAfter(state: SafetyState, event: SafetyEvent, name: SafetyStateName): StopCategory | undefined {
  if (name !== 'stopping' && name !== 'protective-stop' && name !== 'estop') return undefined;
  const asked = event.type === 'stop' || event.type === 'fault' || event.type === 'estop' ? event.category : undefined;
  if (asked === undefined || state.stopCategory === undefined) return asked ?? state.stopCategory;
  return asked < state.stopCategory ? asked : state.stopCategory;
}
