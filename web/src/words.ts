import { REASONS } from '../../src/safety/reasons.ts';
import type { FrameMessage } from '../../src/serve/messages.ts';
import type { LinkState } from './view-source.ts';

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

/** Where a decision comes without its attention. */
export const ATTENTION_UNKNOWN = 'What the policy attended to is not told here.';

const LINKS: Readonly<Record<LinkState, string>> = {
  connecting: 'connecting',
  open: 'connected',
  lost: 'no connection, trying again',
};

export function linkWords(state: LinkState): string {
  return LINKS[state];
}

export function stateWords(state: string): string {
  return STATES[state] ?? state;
}

export function outcomeWords(outcome: string): string {
  return OUTCOMES[outcome] ?? outcome;
}

export function successWords(isSuccess: boolean): string {
  return isSuccess ? '✓ succeeded' : '✗ no success';
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

/** A share of 1, in percent: whole, or with one digit where it is small. */
export function percent(share: number): string {
  return `${figure(100 * share, share > 0 && share < 0.0995 ? 1 : 0)} %`;
}

/** Millimetres below ten centimetres, centimetres from there on. */
export function lengthWords(metres: number): string {
  return metres < 0.1 ? `${figure(1000 * metres, 0)} mm` : `${figure(100 * metres, 0)} cm`;
}

/** What the gate does, in words. An episode is over only when the arm stands; a gate that has latched stays so. */
export function headline(frame: FrameMessage | undefined): string {
  if (frame === undefined) return 'No episode yet';
  const { episode, gate } = frame;
  return episode.isRunning || episode.finished < episode.number || isLatched(gate.state)
    ? stateWords(gate.state)
    : 'Episode over';
}

/** What of all this is worth an interruption: an episode begins or ends, the gate latches. */
export function announcement(frame: FrameMessage | undefined): string {
  if (frame === undefined) return '';
  const { episode, gate } = frame;
  if (isLatched(gate.state)) return `${stateWords(gate.state)}: ${gate.reasons.map(reasonWords).join('; ')}`;
  if (episode.isRunning) return `Episode ${episode.number} began: ${episode.instruction}.`;
  return episode.outcome === '' ? '' : `Episode ${episode.number} is over: ${outcomeWords(episode.outcome)}.`;
}

function isLatched(state: string): boolean {
  return state === 'protective-stop' || state === 'estop';
}
