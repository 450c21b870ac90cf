import type { ArmState } from '../../core/observation.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { rosJointName } from '../../robot/ros-spec.ts';
import type { RosSpec } from '../../robot/ros-spec.ts';
import type { RosMessage, RosTime } from '../rosbridge/message-codec.ts';
import { linearMap } from './gripper-scale.ts';

export interface JointStateParts {
  readonly state: ArmState;
  readonly stamp: RosTime;
  /** Indices of the joints in the order they are told. */
  readonly order: readonly number[];
}

/** A sensor_msgs/JointState as the broadcaster of this robot gives it; the gripper in the unit ROS has for it. */
export function jointStateMessage(
  robot: RobotSpec,
  ros: RosSpec,
  { state, stamp, order }: JointStateParts,
): RosMessage {
  const { gripper } = ros;
  const toRos = gripper === undefined ? undefined : linearMap(gripper.positionsRad, gripper.states ?? gripper.commands);
  const isGripper = (joint: number): boolean => robot.joints[joint]?.name === robot.gripper;
  const zero = toRos?.(0) ?? 0;
  return {
    header: { stamp, frame_id: '' },
    name: order.map((joint) => rosJointName(ros, robot.joints[joint]?.name ?? '')),
    position: order.map((joint) => {
      const position = state.positionsRad[joint] ?? NaN;
      return toRos !== undefined && isGripper(joint) ? toRos(position) : position;
    }),
    velocity: order.map((joint) => {
      const velocity = state.velocitiesRadPerS[joint] ?? NaN;
      return toRos !== undefined && isGripper(joint) ? toRos(velocity) - zero : velocity;
    }),
    effort: order.map((joint) => state.effortsNm[joint] ?? NaN),
  };
}
