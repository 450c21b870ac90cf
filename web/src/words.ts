import { REASONS } from '../../src/safety/reasons.ts';

/** The states of the gate for who sees them for the first time. */
const STATES: Readonly<Record<string, string>> = {
  boot: 'Starting',
  disarmed: 'Disarmed: no torque',
  hold: 'Holding still',
  active: 'Following commands',
  reduced: 'Following, slowed down',
  stopping: 'Stopping',
  'protective-stop': 'Protective stop',
  estop: 'Emergency stop',
};

const OUTCOMES: Readonly<Record<string, string>> = {
  success: 'done',
  failure: 'failed',
  ended: 'ended',
  'time-limit': 'out of time',
  aborted: 'stopped',
  'protective-stop': 'stopped by the gate',
  'agent-failed': 'the policy failed',
};

export function stateWords(state: string): string {
  return STATES[state] ?? state;
}

export function outcomeWords(outcome: string): string {
  return OUTCOMES[outcome] ?? outcome;
}

/** A reason in two or three words. */
export function shortReason(reason: string): string {
  return reason.replaceAll('-', ' ');
}

/** The same as a sentence. */
export function reasonWords(reason: string): string {
  return (REASONS as Readonly<Record<string, string>>)[reason] ?? reason;
}

/** A number that keeps its width, or a dash for none. */
export function figure(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined ? '–' : value.toFixed(digits).replace('-', '−');
}
