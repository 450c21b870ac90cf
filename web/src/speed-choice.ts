import type { NoticeMessage, PageMessage } from '../../src/serve/messages.ts';

/** Positions of the slider, percent of the velocity limits. */
export const SPEED_PERCENT = { lowest: 10, highest: 100, step: 10 } as const;

export type SpeedRequest = Omit<Extract<PageMessage, { kind: 'slow' | 'fast' }>, 'operator'>;

export interface SpeedStanding {
  /** What may be used of the velocity limits now, in (0, 1]. */
  readonly share: number;
  readonly isOperator: boolean;
}

/** What was asked for and is not known to hold yet, and the answer that stood there before. */
export interface AskedSpeed {
  readonly share: number;
  readonly before: NoticeMessage | undefined;
}

/** What was chosen on this page, and why it did not come about; empty where it did. */
export interface SpeedChoice {
  readonly asked?: AskedSpeed;
  readonly why: string;
}

/**
 * What to ask for so that `wanted`, a share of the velocity limits in (0, 1], holds; undefined where it does already. Slowing
 * down is everybody's; for what this page may not ask, why.
 */
export function speedRequest(wanted: number, { share, isOperator }: SpeedStanding): SpeedRequest | string | undefined {
  if (wanted === share) return undefined;
  if (wanted < share) return { kind: 'slow', share: wanted };
  return isOperator
    ? { kind: 'fast', share: wanted }
    : 'Only the operator lets the arm go faster; this page can slow it down.';
}

/**
 * The choice after `asked` is over: it holds, was refused for `refusal`, or nothing came of it. Somebody may have asked for
 * something else in the meantime; that goes on.
 */
export function settle(choice: SpeedChoice, asked: AskedSpeed, refusal?: string): SpeedChoice {
  return choice.asked === asked ? { why: refusal ?? choice.why } : choice;
}
