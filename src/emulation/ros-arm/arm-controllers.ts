import type { RobotSpec } from '../../robot/robot-spec.ts';
import { rosJointName } from '../../robot/ros-spec.ts';
import type { RosCommandSpec, RosSpec } from '../../robot/ros-spec.ts';
import type { RosGraph } from '../rosbridge/ros-graph.ts';
import type { Controller } from './controller.ts';
import { ForwardCommandController } from './forward-command-controller.ts';
import { GripperController } from './gripper-controller.ts';
import { JointTrajectoryController } from './joint-trajectory-controller.ts';
import { ServoController } from './servo-controller.ts';
import { linearMap } from './gripper-scale.ts';

export interface ArmControllers {
  readonly all: readonly Controller[];
  /** Names of those that are active when the robot has come up. */
  readonly active: readonly string[];
}

export interface ArmControllerOptions {
  readonly graph: RosGraph;
  readonly robot: RobotSpec;
  readonly ros: RosSpec;
  readonly allowsVelocityAtEnd: boolean;
}

/**
 * The controllers that ros2_control would run for a robot: a forward position controller and a joint trajectory
 * controller for the arm, MoveIt Servo where the description commands it so, and the gripper's. The one that the
 * description commands is active.
 */
export function armControllers(options: ArmControllerOptions): ArmControllers {
  const { graph, robot, ros, allowsVelocityAtEnd } = options;
  const { command, gripper } = ros;
  const names = robot.joints.map(({ name }) => name);
  const commanded = command.joints ?? names.filter((name) => gripper === undefined || name !== robot.gripper);
  const joints = commanded.map((name) => names.indexOf(name));
  const jointNames = commanded.map((name) => rosJointName(ros, name));
  const forwardTopic = command.kind === 'forward-position' ? command.topic : '/forward_position_controller/commands';
  const forward = new ForwardCommandController({
    graph,
    joints,
    name: controllerOf(forwardTopic, command.kind === 'forward-position' ? command.controller : undefined),
    topic: forwardTopic,
  });
  const trajectoryNames = namesOfTrajectory(command, graph.codec.version);
  const trajectory = new JointTrajectoryController({
    graph,
    joints,
    jointNames,
    allowsVelocityAtEnd,
    ...trajectoryNames,
  });
  graph.offerAction(trajectoryNames.action, trajectory.action);
  const arm: Controller[] = [forward, trajectory];
  if (command.kind === 'servo-joint-jog') {
    const { topic, pauseService, controller } = command;
    const velocityLimits = joints.map((joint) => robot.joints[joint]?.limits.velocityRadPerS ?? 0);
    const name = controllerOf(topic, controller);
    arm.push(new ServoController({ graph, name, topic, pauseService, joints, jointNames, velocityLimits }));
  }
  const active =
    arm[
      { 'forward-position': 0, 'trajectory-topic': 1, 'follow-joint-trajectory': 1, 'servo-joint-jog': 2 }[command.kind]
    ];
  const fingers = gripper === undefined ? [] : [gripperController(options, gripper)];
  return { all: [...arm, ...fingers], active: [active, ...fingers].flatMap((one) => one?.name ?? []) };
}

function gripperController(
  { graph, robot, ros }: ArmControllerOptions,
  gripper: NonNullable<RosSpec['gripper']>,
): Controller {
  const joint = robot.joints.findIndex(({ name }) => name === robot.gripper);
  const { positionsRad, commands, kind } = gripper;
  const toRad = linearMap(commands, positionsRad);
  const name = controllerOf(gripper.name, gripper.controller);
  if (kind === 'float64-array')
    return new ForwardCommandController({ graph, name, topic: gripper.name, joints: [joint], toRad });
  const controller = new GripperController({
    name,
    kind,
    joint,
    jointName: rosJointName(ros, robot.gripper),
    velocityRadPerS: robot.joints[joint]?.limits.velocityRadPerS ?? 0,
    toRad,
    fromRad: linearMap(positionsRad, commands),
  });
  graph.offerAction(gripper.name, controller.action);
  return controller;
}

function namesOfTrajectory(command: RosCommandSpec, version: 1 | 2): { name: string; topic: string; action: string } {
  const topicPart = version === 1 ? 'command' : 'joint_trajectory';
  const named =
    command.kind === 'trajectory-topic'
      ? command.topic
      : command.kind === 'follow-joint-trajectory'
        ? command.action
        : undefined;
  const base = named === undefined ? '/joint_trajectory_controller' : named.slice(0, named.lastIndexOf('/'));
  const controller =
    command.kind === 'trajectory-topic' || command.kind === 'follow-joint-trajectory' ? command.controller : undefined;
  return {
    name: controllerOf(`${base}/x`, controller),
    topic: command.kind === 'trajectory-topic' ? command.topic : `${base}/${topicPart}`,
    action: command.kind === 'follow-joint-trajectory' ? command.action : `${base}/follow_joint_trajectory`,
  };
}

/** The name of the controller that offers a topic or action. */
function controllerOf(graphName: string, given: string | undefined): string {
  return given ?? graphName.slice(1, graphName.lastIndexOf('/'));
}
