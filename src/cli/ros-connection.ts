import { Option } from 'commander';
import type { Command } from 'commander';
import { MonotonicClock } from '../core/clock.ts';
import { RosLink } from '../drivers/ros/ros-link.ts';
import type { RosVersion } from '../drivers/ros/message-types.ts';
import { loadRobot } from '../robot/load-robot.ts';

const DEFAULT_URL = 'ws://127.0.0.1:9090';

/** Which bridge to ask. */
export interface RosConnectionOptions {
  readonly robot?: string;
  readonly url?: string;
  readonly rosVersion?: '1' | '2';
}

/** Adds the options that say which bridge to ask. */
export function withConnection(command: Command): Command {
  return command
    .option('--robot <name>', 'robot whose drivers.ros says where its bridge is')
    .option('--url <url>', `rosbridge server; default that of the robot, or ${DEFAULT_URL}`)
    .addOption(
      new Option('--ros-version <version>', 'of the graph; default that of the robot, or 2').choices(['1', '2']),
    );
}

/** Throws E_ROS_UNREACHABLE, and what loading the robot throws. */
export async function connect({ robot, url, rosVersion }: RosConnectionOptions): Promise<RosLink> {
  const ros = robot === undefined ? undefined : loadRobot(robot).drivers.ros;
  const link = new RosLink({
    url: url ?? ros?.url ?? DEFAULT_URL,
    rosVersion: rosVersion === undefined ? (ros?.rosVersion ?? 2) : (Number(rosVersion) as RosVersion),
    clock: new MonotonicClock(),
    random: Math.random,
  });
  await link.connect();
  return link;
}
