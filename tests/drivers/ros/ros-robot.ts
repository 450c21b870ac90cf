import type { RobotSpec } from '../../../src/robot/robot-spec.ts';
import { rosSchema } from '../../../src/robot/ros-spec.ts';
import type { RosSpec } from '../../../src/robot/ros-spec.ts';
import { makeRobot } from '../../../src/testing/make.ts';
import type { FakeBridge } from './fake-bridge.ts';

export const FORWARD = { kind: 'forward-position', topic: '/forward_position_controller/commands' } as const;

/** The small arm of the tests behind ROS; its shoulder has another name there. */
export function rosRobot(
  changes: Record<string, unknown> = {},
): RobotSpec & { readonly drivers: { readonly ros: RosSpec } } {
  const ros = rosSchema.parse({
    rosVersion: 2,
    jointStates: { names: { shoulder: 'arm_1' } },
    command: FORWARD,
    ...changes,
  });
  const robot = makeRobot({ drivers: { mirror: {}, ros } });
  return { ...robot, drivers: { ...robot.drivers, ros } };
}

/** A JointState of that arm, in another order than the robot's. */
export function jointState(timeNs: number, { shoulder = 0, gripper = 0.5, version = 2 } = {}): Record<string, unknown> {
  const [seconds, rest] = [Math.floor(timeNs / 1e9), Math.floor(timeNs % 1e9)];
  const stamp = version === 2 ? { sec: seconds, nanosec: rest } : { secs: seconds, nsecs: rest };
  return {
    header: { stamp, frame_id: '' },
    name: ['gripper', 'arm_1'],
    position: [gripper, shoulder],
    velocity: [0, 0],
    effort: [0, 0],
  };
}

/** Publishes states of an arm that stands, at its rate, until the function returned is called. */
export function keepPublishing(bridge: FakeBridge, version: 1 | 2 = 2, state: { shoulder?: number } = {}): () => void {
  const timer = setInterval(() => {
    bridge.publish('/joint_states', jointState(Date.now() * 1e6, { version, ...state }));
  }, 10);
  return () => clearInterval(timer);
}
