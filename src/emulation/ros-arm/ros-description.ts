import type { RobotSpec } from '../../robot/robot-spec.ts';
import { rosSchema } from '../../robot/ros-spec.ts';
import type { RosSpec } from '../../robot/ros-spec.ts';
import type { RosVersion } from '../rosbridge/message-definitions.ts';

/**
 * How an emulated arm is offered: as its `ros` block says, or, where it has none, under the names that ros2_control
 * gives by default, commanded by a forward position controller.
 */
export function rosDescription(robot: RobotSpec, version?: RosVersion): RosSpec {
  const { ros } = robot.drivers;
  if (ros !== undefined) return version === undefined ? ros : { ...ros, rosVersion: version };
  return rosSchema.parse({
    rosVersion: version ?? 2,
    command: { kind: 'forward-position', topic: '/forward_position_controller/commands' },
    controllerManager: '/controller_manager',
    cameras: Object.fromEntries(robot.cameras.map(({ name }) => [name, { topic: `/${name}/image_raw/compressed` }])),
  });
}
