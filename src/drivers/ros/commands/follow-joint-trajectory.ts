import { NS_PER_MS, NS_PER_S } from '../../../core/clock.ts';
import type { RosCommandSpec } from '../../../robot/ros-spec.ts';
import { TYPES } from '../message-types.ts';
import { SCHEMAS, parseMessage } from '../messages.ts';
import { serviceFailed } from '../ros-errors.ts';
import { openAction } from '../ros-actions.ts';
import type { RosAction } from '../ros-actions.ts';
import { commandedJoints, velocityBetween } from './command-sender.ts';
import type { CommandSender, CommandedJoint, JointCommand, SenderOptions } from './command-sender.ts';
import { trajectoryMessage } from './trajectory-message.ts';
import type { TrajectoryPoint } from './trajectory-message.ts';

/** A goal that was replaced or done by then has long been answered, ms. */
const RESULT_TIMEOUT_MS = 10_000;
/** The first point of a goal comes so much of its duration after it arrives: the one before is still at work. */
const LEAD_SHARE = 0.25;

/**
 * Goals of some commands each, for robots that offer nothing but the action. The arm follows with the delay of
 * three quarters of `chunkMs`: half of it to collect commands, a quarter for the way. To cancel is to stop.
 */
export class FollowJointTrajectorySender implements CommandSender {
  readonly #options: SenderOptions;
  readonly #joints: readonly CommandedJoint[];
  readonly #chunkMs: number;
  readonly #action: RosAction;
  readonly #name: string;
  /** Commands since the last goal, and the last of that goal before them. */
  #collected: JointCommand[] = [];
  #before: JointCommand | undefined;
  #goals = 0;

  constructor(options: SenderOptions, spec: Extract<RosCommandSpec, { kind: 'follow-joint-trajectory' }>) {
    this.#options = options;
    this.#joints = commandedJoints(options);
    this.#chunkMs = spec.chunkMs;
    this.#name = spec.action;
    this.#action = openAction(options.link, spec.action, TYPES.followJointTrajectory);
  }

  send(command: JointCommand): boolean {
    this.#collected.push(command);
    const first = this.#collected[0] as JointCommand;
    if (command.stampNs - first.stampNs < (this.#chunkMs / 2) * NS_PER_MS) return true;
    const isSent = this.#options.link.mayCommand;
    if (isSent) this.#sendGoal(first.stampNs);
    this.#before = isSent ? command : undefined;
    this.#collected = [];
    return isSent;
  }

  stop(): void {
    this.#goals += 1;
    this.#action.cancelAll();
    this.begin();
  }

  begin(): void {
    this.#collected = [];
    this.#before = undefined;
  }

  #sendGoal(firstNs: number): void {
    const { link, onProblem } = this.#options;
    const leadS = (LEAD_SHARE * this.#chunkMs) / 1000;
    const points = this.#collected.map((command, index, all): TrajectoryPoint => {
      const before = index === 0 ? this.#before : all[index - 1];
      // Controllers refuse trajectories that do not end at rest; the next goal comes before this one has ended.
      const isLast = index === all.length - 1;
      return {
        positionsRad: this.#joints.map((joint) => command.positionsRad[joint.index] as number),
        velocitiesRadPerS: this.#joints.map((joint) => (isLast ? 0 : velocityBetween(before, command, joint.index))),
        timeS: leadS + (command.stampNs - firstNs) / NS_PER_S,
      };
    });
    const goal = { trajectory: trajectoryMessage(link.rosVersion, this.#joints, points) };
    this.#goals += 1;
    const number = this.#goals;
    const { result } = this.#action.send(goal, RESULT_TIMEOUT_MS);
    result
      .then((value) => requireSuccess(this.#name, value))
      .catch((error: unknown) => {
        // Most goals end because another one replaces them, or a stop.
        if (number === this.#goals) onProblem(error);
      });
  }
}

/** A controller that refuses a goal may call the goal reached, and say in its result what was wrong. */
function requireSuccess(name: string, result: unknown): void {
  const origin = { name, type: TYPES.followJointTrajectory };
  const { error_code: code, error_string: text } = parseMessage(SCHEMAS.trajectoryResult, result, origin);
  if (code !== 0) throw serviceFailed(name, `error ${code} ${text}`);
}
