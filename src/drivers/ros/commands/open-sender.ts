import type { CommandSender, SenderOptions } from './command-sender.ts';
import { FollowJointTrajectorySender } from './follow-joint-trajectory.ts';
import { ForwardPositionSender } from './forward-position.ts';
import { ServoJointJogSender } from './servo-joint-jog.ts';
import { TrajectoryTopicSender } from './trajectory-topic.ts';

/** The way to command an arm that its description names. */
export function openSender(options: SenderOptions): CommandSender {
  const { command } = options.spec;
  switch (command.kind) {
    case 'forward-position':
      return new ForwardPositionSender(options, command);
    case 'trajectory-topic':
      return new TrajectoryTopicSender(options, command);
    case 'follow-joint-trajectory':
      return new FollowJointTrajectorySender(options, command);
    case 'servo-joint-jog':
      return new ServoJointJogSender(options, command);
  }
}
