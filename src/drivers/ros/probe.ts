import { setTimeout as delay } from 'node:timers/promises';
import { NS_PER_MS } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { RosSpec } from '../../robot/ros-spec.ts';
import type { RosArmState } from './joint-states.ts';
import { SCHEMAS, parseMessage } from './messages.ts';
import { TYPES, toMessageType } from './message-types.ts';
import type { RosType } from './message-types.ts';
import type { RobotSafety } from './robot-safety.ts';
import type { RosLink } from './ros-link.ts';

/** A robot that has begun to publish does so within this, ms. */
const FIRST_STATE_MS = 3000;
/** How long joint states are looked at, ms. */
const WATCH_MS = 300;
/** A joint that nobody commands does not go so far in that time, rad. */
const HOLD_RAD = 0.02;
/** Services that are there answer sooner, ms. */
const ASK_MS = 1500;
/** States of a controller that takes commands: of ROS 2, of ROS 1. */
const ACTIVE = ['active', 'running'];

/** One thing that was looked at. `unknown`: the robot has no way to tell. */
export interface ProbeCheck {
  readonly name: 'bridge' | 'joint-states' | 'hold' | 'controller' | 'command' | 'safety';
  readonly outcome: 'passed' | 'failed' | 'unknown';
  /** What was found. */
  readonly detail: string;
  /** Why it failed. */
  readonly error?: ArmatureError;
}

export interface ProbedArm {
  readonly spec: RosSpec;
  readonly link: RosLink;
  readonly safety: RobotSafety;
  read(): RosArmState | undefined;
}

export interface ProbeOptions {
  readonly robot: RobotSpec;
  readonly arm: ProbedArm;
  readonly clock: Clock;
}

/**
 * Whether an arm can be commanded, seen from here to its controller and back, without a motion: the bridge answers,
 * joint states of the right names come and hold still, the controller is active, and it listens where commands will go.
 */
export async function probeArm(options: ProbeOptions): Promise<ProbeCheck[]> {
  const states = await checkJointStates(options);
  // What the bridge and the controllers say is asked at the same time.
  const [hold, controllers, command] = await Promise.all([
    states.outcome === 'passed' ? checkHold(options) : undefined,
    checkControllers(options),
    checkCommandPath(options),
  ]);
  const bridge: ProbeCheck = { name: 'bridge', outcome: 'passed', detail: `${options.arm.link.url} answers` };
  return [bridge, states, ...(hold === undefined ? [] : [hold]), controllers, command, checkSafety(options)];
}

/**
 * Throws the error of the first check that failed. The robot's own safety is for the gate to judge, but where a robot has
 * stopped by itself, that is why it lets no controller command it.
 */
export function requirePassed(checks: readonly ProbeCheck[]): void {
  const failed = checks.find(({ name, error }) => name !== 'safety' && error !== undefined);
  if (failed?.error === undefined) return;
  const stopped = failed.name === 'controller' ? checks.find(({ name }) => name === 'safety')?.error : undefined;
  throw stopped ?? failed.error;
}

async function checkJointStates({ robot, arm, clock }: ProbeOptions): Promise<ProbeCheck> {
  const { topic } = arm.spec.jointStates;
  const sinceNs = clock.nowNs();
  const names = new Set<string>();
  let problem: unknown;
  const unsubscribe = arm.link.subscribe({ topic, type: TYPES.jointState }, (message) => {
    try {
      const { name } = parseMessage(SCHEMAS.jointState, message, { name: topic, type: TYPES.jointState });
      for (const joint of name) names.add(joint);
    } catch (error) {
      problem = error;
    }
  });
  const isWhole = (): boolean => (arm.read()?.arrivedNs ?? -Infinity) > sinceNs && missingIn(robot, arm).length === 0;
  while (!isWhole() && arm.link.generation > 0 && clock.nowNs() - sinceNs < FIRST_STATE_MS * NS_PER_MS) await delay(10);
  unsubscribe();
  if (isWhole())
    return { name: 'joint-states', outcome: 'passed', detail: `${topic} has all ${robot.joints.length} joints` };
  if (problem instanceof ArmatureError) return failed('joint-states', problem);
  return failed(
    'joint-states',
    names.size === 0 ? noJointStates(topic) : incompleteStates(topic, missingIn(robot, arm), names),
  );
}

/** What the newest state lacks, in words. */
function missingIn(robot: RobotSpec, arm: ProbedArm): string[] {
  const state = arm.read();
  if (state === undefined) return ['all joints'];
  if (!Number.isFinite(state.stampNs)) return ['stamps'];
  return robot.joints.flatMap(({ name }, joint) => {
    if (!Number.isFinite(state.positionsRad[joint])) return [`the position of ${name}`];
    if (!Number.isFinite(state.velocitiesRadPerS[joint])) return [`the velocity of ${name}`];
    return Number.isFinite(state.effortsNm[joint]) ? [] : [`the effort of ${name}`];
  });
}

/** Fresh states that stay where they are: an arm that moves by itself has another master. */
async function checkHold({ robot, arm, clock }: ProbeOptions): Promise<ProbeCheck> {
  const first = arm.read();
  const startNs = clock.nowNs();
  const stamps = new Set<number>();
  let [lowest, highest] = [first?.positionsRad, first?.positionsRad];
  while (clock.nowNs() - startNs < WATCH_MS * NS_PER_MS) {
    await delay(5);
    const state = arm.read();
    if (state === undefined) continue;
    stamps.add(state.robotStampNs);
    lowest = lowest?.map((value, joint) => Math.min(value, state.positionsRad[joint] as number));
    highest = highest?.map((value, joint) => Math.max(value, state.positionsRad[joint] as number));
  }
  const rateHz = ((stamps.size - 1) * 1000) / WATCH_MS;
  if (rateHz * robot.timeouts.sensorMs < 1000)
    return failed('hold', slowStates(arm.spec.jointStates.topic, rateHz, robot));
  const movedRad = robot.joints.map((_, joint) => (highest?.[joint] ?? NaN) - (lowest?.[joint] ?? NaN));
  const moving = movedRad.findIndex((range) => !(range <= HOLD_RAD));
  if (moving >= 0) return failed('hold', movesByItself(robot.joints[moving]?.name ?? '', movedRad[moving] as number));
  return {
    name: 'hold',
    outcome: 'passed',
    detail: `the arm holds still; new states at about ${Math.round(rateHz)} Hz`,
  };
}

async function checkControllers({ arm }: ProbeOptions): Promise<ProbeCheck> {
  const { controllerManager, command, gripper } = arm.spec;
  const wanted = [command.controller, gripper?.controller].filter((name) => name !== undefined);
  if (controllerManager === undefined || wanted.length === 0) {
    return { name: 'controller', outcome: 'unknown', detail: 'robot.yaml names no controller and controller manager' };
  }
  const service = `${controllerManager}/list_controllers`;
  try {
    const answer = await arm.link.call(service, TYPES.listControllers, {}, FIRST_STATE_MS);
    const { controller } = parseMessage(SCHEMAS.controllers, answer, { name: service, type: TYPES.listControllers });
    const idle = wanted.find((name) => !controller.some((one) => one.name === name && ACTIVE.includes(one.state)));
    if (idle === undefined) return { name: 'controller', outcome: 'passed', detail: `${wanted.join(', ')} active` };
    const found = controller.map(({ name, state }) => `${name} (${state})`).join(', ') || 'none';
    return failed('controller', controllerMissing(idle, found));
  } catch (error) {
    return failed('controller', error as ArmatureError);
  }
}

/** Whether somebody listens where commands will go, and to messages of the right type. Asked of rosapi, if it is there. */
async function checkCommandPath({ arm }: ProbeOptions): Promise<ProbeCheck> {
  const { command, rosVersion } = arm.spec;
  const isAction = command.kind === 'follow-joint-trajectory';
  if (isAction && rosVersion === 2) {
    return { name: 'command', outcome: 'unknown', detail: 'a bridge of ROS 2 does not tell who serves an action' };
  }
  const topic = isAction ? `${command.action}/goal` : command.topic;
  const asked = (service: string): Promise<unknown> =>
    arm.link.call(`/rosapi/${service}`, TYPES.topicType, { topic }, ASK_MS).catch(() => undefined);
  const [listening, typed] = await Promise.all([asked('subscribers'), asked('topic_type')]);
  const subscribers = SCHEMAS.subscribers.safeParse(listening);
  const found = SCHEMAS.topicType.safeParse(typed).data?.type ?? '';
  const expected = toMessageType(rosVersion, commandType(command.kind));
  if (found !== '' && found !== expected) return failed('command', wrongType(topic, expected, found));
  if (!subscribers.success) {
    return { name: 'command', outcome: 'unknown', detail: `rosapi does not tell who listens to ${topic}` };
  }
  const count = subscribers.data.subscribers.length;
  if (count === 0) return failed('command', nobodyListens(topic));
  return { name: 'command', outcome: 'passed', detail: `${topic} has ${count} subscriber${count === 1 ? '' : 's'}` };
}

function commandType(kind: RosSpec['command']['kind']): RosType {
  switch (kind) {
    case 'forward-position':
      return TYPES.float64Array;
    case 'trajectory-topic':
      return TYPES.jointTrajectory;
    case 'follow-joint-trajectory':
      return 'control_msgs/msg/FollowJointTrajectoryActionGoal';
    case 'servo-joint-jog':
      return TYPES.jointJog;
  }
}

function checkSafety({ arm, clock }: ProbeOptions): ProbeCheck {
  const nowNs = clock.nowNs();
  const mode = arm.safety.mode(nowNs);
  const words = arm.safety.words(nowNs) ?? '';
  if (mode === undefined)
    return { name: 'safety', outcome: 'unknown', detail: 'the robot tells nothing of its safety' };
  if (mode === 'normal' || mode === 'reduced') return { name: 'safety', outcome: 'passed', detail: words };
  return failed('safety', robotStopped(words));
}

function failed(name: ProbeCheck['name'], error: ArmatureError): ProbeCheck {
  return { name, outcome: 'failed', detail: error.problem, error };
}

function noJointStates(topic: string): ArmatureError {
  return new ArmatureError('E_ROS_NO_STATE', `no joint states come from ${topic}`, {
    expected: `sensor_msgs/JointState within ${FIRST_STATE_MS} ms`,
    found: 'none',
    remedy: 'Start the driver of the robot, or correct drivers.ros.jointStates.topic and rosVersion in robot.yaml.',
  });
}

function incompleteStates(topic: string, missing: readonly string[], names: ReadonlySet<string>): ArmatureError {
  return new ArmatureError('E_ROS_JOINTS', `the joint states of ${topic} lack ${missing.join(', ')}`, {
    found: `joints ${[...names].join(', ')}`,
    remedy:
      'Map the names under drivers.ros.jointStates.names in robot.yaml; for an arm that measures no velocities or efforts, set velocities: derived or efforts: none there.',
  });
}

function slowStates(topic: string, rateHz: number, robot: RobotSpec): ArmatureError {
  return new ArmatureError('E_ROS_NO_STATE', `the joint states of ${topic} are too slow`, {
    expected: `one every ${robot.timeouts.sensorMs} ms, with stamps that advance`,
    found: `${rateHz.toFixed(1)} a second`,
    remedy: 'Raise the rate of the joint state broadcaster, or timeouts.sensorMs in robot.yaml.',
  });
}

function movesByItself(joint: string, rangeRad: number): ArmatureError {
  return new ArmatureError('E_ROS_MOVES', `the arm moves before anybody here commands it`, {
    expected: `every joint within ${HOLD_RAD} rad for ${WATCH_MS} ms`,
    found: `joint "${joint}" over ${rangeRad.toFixed(3)} rad`,
    remedy: 'Stop whatever else commands it, and try again.',
  });
}

function controllerMissing(name: string, found: string): ArmatureError {
  return new ArmatureError('E_ROS_CONTROLLER', `controller "${name}" does not take commands`, {
    expected: 'it to be active',
    found,
    remedy: 'Start it with the controller manager, or name another one under drivers.ros in robot.yaml.',
  });
}

function wrongType(topic: string, expected: string, found: string): ArmatureError {
  return new ArmatureError('E_ROS_CONTROLLER', `${topic} takes another type of command`, {
    expected,
    found,
    remedy: 'Correct drivers.ros.command in robot.yaml: kind and topic belong together.',
  });
}

function nobodyListens(topic: string): ArmatureError {
  return new ArmatureError('E_ROS_CONTROLLER', `nobody listens to ${topic}`, {
    expected: 'the controller to subscribe to it',
    found: 'no subscriber',
    remedy: 'Start the controller, or correct drivers.ros.command in robot.yaml.',
  });
}

function robotStopped(words: string): ArmatureError {
  return new ArmatureError('E_ROS_ROBOT_STOPPED', `the robot does not let itself be moved: ${words}`, {
    remedy: 'Look at the robot, then use `armature ros recover`.',
  });
}
