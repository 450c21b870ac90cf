import type { ArmState } from '../../../core/observation.ts';
import type { RobotSpec } from '../../../robot/robot-spec.ts';
import type { RosSpec } from '../../../robot/ros-spec.ts';
import { rosJointName } from '../../../robot/ros-spec.ts';
import type { RosLink } from '../ros-link.ts';

/** One position per joint of the robot, in its order, rad, and when the gate gave it, monotonic ns. */
export interface JointCommand {
  readonly positionsRad: Float64Array;
  readonly stampNs: number;
}

/** One way to command the joints of an arm behind ROS. */
export interface CommandSender {
  /** Sends one command. False where it was dropped: nothing is sent later. */
  send(command: JointCommand, measured: ArmState | undefined): boolean;
  /**
   * Tells the arm to stop and hold, in the way of this kind. Sent also where commands are not, over whatever link there
   * is. @param measured undefined where nothing is known of the arm.
   */
  stop(measured: ArmState | undefined): void;
  /** The arm is to follow again: there is no command before the next one. */
  begin(): void;
}

export interface SenderOptions {
  readonly robot: RobotSpec;
  readonly spec: RosSpec;
  readonly link: RosLink;
  /** What the robot's clock shows now, ns; undefined where it is not known. */
  readonly robotTimeNs: () => number | undefined;
  /** Told of what a controller or a service refused. */
  readonly onProblem: (error: unknown) => void;
}

/** A joint that a controller commands. */
export interface CommandedJoint {
  /** Its place in the robot's order. */
  readonly index: number;
  readonly rosName: string;
  readonly limits: RobotSpec['joints'][number]['limits'];
  readonly isGripper: boolean;
}

/** The joints of the controller, in its order. */
export function commandedJoints({ robot, spec }: Pick<SenderOptions, 'robot' | 'spec'>): CommandedJoint[] {
  const own = robot.joints
    .map(({ name }) => name)
    .filter((name) => spec.gripper === undefined || name !== robot.gripper);
  return (spec.command.joints ?? own).map((name) => {
    const index = robot.joints.findIndex((joint) => joint.name === name);
    const { limits } = robot.joints[index] as RobotSpec['joints'][number];
    return { index, rosName: rosJointName(spec, name), limits, isGripper: name === robot.gripper };
  });
}

/** Between two commands, rad/s, by the place of the joint; 0 where there is nothing to tell it by. */
export function velocityBetween(before: JointCommand | undefined, after: JointCommand, index: number): number {
  const elapsedS = (after.stampNs - (before?.stampNs ?? NaN)) / 1e9;
  if (before === undefined || !(elapsedS > 0)) return 0;
  return ((after.positionsRad[index] as number) - (before.positionsRad[index] as number)) / elapsedS;
}
