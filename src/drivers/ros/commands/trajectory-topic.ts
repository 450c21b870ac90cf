import type { RosCommandSpec } from '../../../robot/ros-spec.ts';
import { TYPES } from '../message-types.ts';
import { commandedJoints, velocityBetween } from './command-sender.ts';
import type { CommandSender, CommandedJoint, JointCommand, SenderOptions } from './command-sender.ts';
import { rollingPoints, trajectoryMessage } from './trajectory-message.ts';

/**
 * Short trajectories to a joint_trajectory_controller, each of which replaces the one before. Each ends at rest, so that
 * an arm that hears nothing more comes to rest on its way.
 */
export class TrajectoryTopicSender implements CommandSender {
  readonly #options: SenderOptions;
  readonly #topic: string;
  readonly #horizonS: number;
  readonly #joints: readonly CommandedJoint[];
  #last: JointCommand | undefined;

  constructor(options: SenderOptions, { topic, horizonMs }: Extract<RosCommandSpec, { kind: 'trajectory-topic' }>) {
    this.#options = options;
    this.#topic = topic;
    this.#horizonS = horizonMs / 1000;
    this.#joints = commandedJoints(options);
    options.link.advertise(topic, TYPES.jointTrajectory);
  }

  send(command: JointCommand): boolean {
    const { link } = this.#options;
    const velocities = this.#joints.map(({ index }) => velocityBetween(this.#last, command, index));
    const positionsRad = this.#joints.map(({ index }) => command.positionsRad[index] as number);
    const points = rollingPoints(this.#joints, positionsRad, velocities, this.#horizonS);
    const isSent = link.publishCommand(this.#topic, trajectoryMessage(link.rosVersion, this.#joints, points));
    this.#last = isSent ? command : undefined;
    return isSent;
  }

  stop(): void {
    const { link } = this.#options;
    link.publish(this.#topic, trajectoryMessage(link.rosVersion, this.#joints, []));
  }

  begin(): void {
    this.#last = undefined;
  }
}
