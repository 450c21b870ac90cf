import type { SuccessRule } from '../task-spec.ts';
import { binExpert } from './bin.ts';
import type { Expert } from './goal.ts';
import { liftExpert } from './lift.ts';
import { pressExpert } from './press.ts';
import { pushExpert } from './push.ts';
import { reachExpert } from './reach.ts';
import { shelfExpert } from './shelf.ts';
import { stackExpert } from './stack.ts';

/** The expert that fulfils each kind of success rule. */
export const experts: Readonly<Record<SuccessRule['rule'], Expert>> = {
  reached: reachExpert,
  lifted: liftExpert,
  pushed: pushExpert,
  stacked: stackExpert,
  contained: binExpert,
  shelved: shelfExpert,
  pressed: pressExpert,
};
