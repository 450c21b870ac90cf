import type { RosRecoveryStep } from '../../robot/ros-spec.ts';
import { SCHEMAS, parseMessage } from './messages.ts';
import { TYPES } from './message-types.ts';
import type { RosType } from './message-types.ts';
import { serviceFailed } from './ros-errors.ts';
import { openAction } from './ros-actions.ts';
import type { RosLink } from './ros-link.ts';

/** Unlocking brakes and recovering from errors take seconds, ms. */
const STEP_MS = 20_000;
/** Publishers of ROS 1 are known to subscribers after this, ms. */
const SETTLE_MS = 300;

/**
 * Carries out one step of a recovery, and returns what the robot said. For operators only: the arm may move or sink when
 * it is let loose. Throws E_ROS_LINK, E_ROS_SERVICE.
 */
export async function recover(link: RosLink, step: RosRecoveryStep): Promise<string> {
  if ('service' in step) {
    const answer = await link.call(step.service, TYPES.trigger, {}, STEP_MS);
    const { success, message } = parseMessage(SCHEMAS.trigger, answer, { name: step.service, type: TYPES.trigger });
    if (!success) throw serviceFailed(step.service, message === '' ? 'it said no' : message);
    return message;
  }
  const action = openAction(link, step.action, step.actionType as RosType);
  if (link.rosVersion === 1) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  await action.send({}, STEP_MS).result;
  return '';
}
