import { randomUUID } from 'node:crypto';
import { SCHEMAS, parseMessage, toRosTime } from './messages.ts';
import { TYPES } from './message-types.ts';
import type { RosType } from './message-types.ts';
import type { ActionGoal, RosLink } from './ros-link.ts';
import { linkDown, serviceFailed } from './ros-errors.ts';

/** actionlib_msgs/GoalStatus of a goal that was reached. */
const SUCCEEDED = 3;

/** Sends goals to one action, in the way of the version of ROS. */
export interface RosAction {
  /** The goal; it replaces the one before at most servers. Throws E_ROS_LINK. @param timeoutMs for its result. */
  send(goal: unknown, timeoutMs: number): ActionGoal;
  /** Cancels what was sent and whatever else the server works at. */
  cancelAll(): void;
}

/** Declares that goals will be sent to an action. */
export function openAction(link: RosLink, name: string, type: RosType): RosAction {
  return link.rosVersion === 2 ? new BridgedAction(link, name, type) : new TopicAction(link, name, type);
}

/** ROS 2: the bridge has operations for actions. */
class BridgedAction implements RosAction {
  readonly #link: RosLink;
  readonly #name: string;
  readonly #type: RosType;
  readonly #goals = new Set<ActionGoal>();

  constructor(link: RosLink, name: string, type: RosType) {
    this.#link = link;
    this.#name = name;
    this.#type = type;
  }

  send(goal: unknown, timeoutMs: number): ActionGoal {
    const sent = this.#link.sendGoal(this.#name, this.#type, goal, timeoutMs);
    this.#goals.add(sent);
    const forget = (): void => void this.#goals.delete(sent);
    sent.result.then(forget, forget);
    return sent;
  }

  cancelAll(): void {
    for (const goal of this.#goals) goal.cancel();
  }
}

/** ROS 1: actionlib, which is some topics with names that are agreed. */
class TopicAction implements RosAction {
  readonly #link: RosLink;
  readonly #name: string;
  readonly #waiting = new Map<
    string,
    { readonly done: (result: unknown) => void; readonly failed: (error: Error) => void }
  >();

  constructor(link: RosLink, name: string, type: RosType) {
    this.#link = link;
    this.#name = name;
    const messageType = (part: string): RosType => `${type.replace('/action/', '/msg/') as RosType}${part}` as RosType;
    link.advertise(`${name}/goal`, messageType('ActionGoal'));
    link.advertise(`${name}/cancel`, TYPES.goalId);
    link.subscribe({ topic: `${name}/result`, type: messageType('ActionResult'), queueLength: 0 }, (message) =>
      this.#take(message),
    );
    link.listen({
      onDown: () => {
        for (const { failed } of this.#waiting.values()) failed(linkDown(link.url, `hear from ${name}`));
      },
    });
  }

  send(goal: unknown, timeoutMs: number): ActionGoal {
    const id = `armature:${randomUUID()}`;
    const stamp = toRosTime(1, 0);
    const isSent = this.#link.publish(`${this.#name}/goal`, {
      header: { stamp, frame_id: '' },
      goal_id: { stamp, id },
      goal,
    });
    if (!isSent) throw linkDown(this.#link.url, `send a goal to ${this.#name}`);
    const result = new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        finish();
      };
      const failed = (error: Error): void => settle(() => reject(error));
      const timer = setTimeout(() => failed(serviceFailed(this.#name, `no result within ${timeoutMs} ms`)), timeoutMs);
      this.#waiting.set(id, { done: (value) => settle(() => resolve(value)), failed });
    });
    return { result, cancel: () => void this.#link.publish(`${this.#name}/cancel`, { stamp, id }) };
  }

  /** A goal id without stamp and name stands for all goals. */
  cancelAll(): void {
    this.#link.publish(`${this.#name}/cancel`, { stamp: toRosTime(1, 0), id: '' });
  }

  #take(message: unknown): void {
    const origin = { name: `${this.#name}/result`, type: 'ActionResult' };
    const { status, result } = parseMessage(SCHEMAS.actionResult, message, origin);
    const waiting = this.#waiting.get(status.goal_id.id);
    if (status.status === SUCCEEDED) waiting?.done(result);
    else waiting?.failed(serviceFailed(this.#name, `goal status ${status.status}, ${JSON.stringify(result)}`));
  }
}
