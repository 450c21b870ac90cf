import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { rosSchema } from '../../src/robot/ros-spec.ts';

/** The SO-101 as the ROS 1 arm of this folder has it. */
export function ros1Robot(changes: Record<string, unknown> = {}): RobotSpec {
  const robot = loadRobot('so101');
  const ros = rosSchema.parse({
    rosVersion: 1,
    command: { kind: 'forward-position', topic: '/forward_position_controller/commands' },
    ...changes,
  });
  return { ...robot, drivers: { ...robot.drivers, ros } };
}
