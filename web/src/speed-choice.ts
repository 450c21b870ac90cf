import type { PageMessage } from '../../src/serve/messages.ts';

/** Positions of the slider, percent of the velocity limits. */
export const SPEED_PERCENT = { lowest: 10, highest: 100, step: 10 } as const;

export type SpeedRequest = Omit<Extract<PageMessage, { kind: 'slow' | 'fast' }>, 'operator'>;

export interface SpeedStanding {
  /** What may be used of the velocity limits now, in (0, 1]. */
  readonly share: number;
  readonly isOperator: boolean;
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
