import { afterEach, describe, expect, it } from 'vitest';
import { NS_PER_MS, VirtualClock } from '../../src/core/clock.ts';
import { EMULATOR_TOPICS, RosArmEmulator } from '../../src/emulation/ros-arm/ros-arm-emulator.ts';
import type { RosArmEmulatorOptions } from '../../src/emulation/ros-arm/ros-arm-emulator.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { rosSchema } from '../../src/robot/ros-spec.ts';
import { loadTask } from '../../src/sim/load-task.ts';
import { RosbridgeClient } from './rosbridge-client.ts';
import type { Frame } from './rosbridge-client.ts';

const ending: (() => unknown)[] = [];
const so101 = loadRobot('so101');
const NAMES = so101.joints.map(({ name }) => name);

afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
});

interface Started {
  readonly emulator: RosArmEmulator;
  readonly client: RosbridgeClient;
  /** What was sent has been taken, time passes, and what was published has come. */
  pass(durationMs: number): Promise<void>;
}

async function start(changes: Partial<RosArmEmulatorOptions> = {}): Promise<Started> {
  const clock = new VirtualClock();
  const wallNs = (): number => 1.7e18 + clock.nowNs();
  const emulator = await RosArmEmulator.start({
    robot: so101,
    rosVersion: 2,
    clock,
    wallNs,
    cameras: false,
    ...changes,
  });
  const client = await RosbridgeClient.connect(emulator.url);
  ending.push(
    () => emulator.close(),
    () => client.close(),
  );
  const pass = async (durationMs: number): Promise<void> => {
    await client.settled();
    for (let passedMs = 0; passedMs < durationMs; passedMs += 10) {
      clock.advanceNs(10 * NS_PER_MS);
      emulator.advance();
    }
    await client.settled();
  };
  return { emulator, client, pass };
}

function withRos(robot: RobotSpec, changes: object): RobotSpec {
  return { ...robot, drivers: { ...robot.drivers, ros: rosSchema.parse({ ...robot.drivers.ros, ...changes }) } };
}

function subscribe({ client }: Started, topic: string, type: string): void {
  client.send({ op: 'subscribe', topic, type });
}

async function call({ client }: Started, service: string, args: object = {}): Promise<Record<string, unknown>> {
  const id = `${service}-${client.frames.length}`;
  client.send({ op: 'call_service', id, service, args });
  return (await client.frame((frame) => frame['id'] === id))['values'] as Record<string, unknown>;
}

/** Positions by name in the newest joint states. */
function positions({ client }: Started): Record<string, number> {
  const { name, position } = client.messages('/joint_states').at(-1) as { name: string[]; position: number[] };
  return Object.fromEntries(name.map((joint, index) => [joint, position[index] ?? NaN]));
}

const HOME = so101.homeRad;
const moved = HOME.map((position, joint) => (joint === 0 ? 0.2 : position));
const FORWARD = '/forward_position_controller/commands';
const ACTION = '/joint_trajectory_controller/follow_joint_trajectory';
const JTC = { command: { kind: 'follow-joint-trajectory', action: ACTION }, controllerManager: '/controller_manager' };

describe('joint states', () => {
  it('come at the rate of the robot, with all joints, in an order of their own', async () => {
    const started = await start();
    subscribe(started, '/joint_states', 'sensor_msgs/msg/JointState');
    await started.pass(500);
    const messages = started.client.messages('/joint_states') as {
      name: string[];
      header: { stamp: { sec: number } };
    }[];
    expect(messages).toHaveLength(50);
    expect(messages[0]?.name.toSorted()).toEqual(NAMES.toSorted());
    expect(messages[0]?.name).not.toEqual(NAMES);
    expect(messages[0]?.header.stamp.sec).toBe(1.7e9);
  });
});

describe('controllers', () => {
  it('forward: goes where the last array says, and holds there', async () => {
    const started = await start();
    subscribe(started, '/joint_states', 'sensor_msgs/msg/JointState');
    started.client.send({ op: 'publish', topic: FORWARD, msg: { data: moved } });
    await started.pass(1000);
    expect(positions(started)['shoulder_pan']).toBeCloseTo(0.2, 1);
    started.client.send({ op: 'publish', topic: FORWARD, msg: { data: [1] } });
    started.client.send({ op: 'publish', topic: FORWARD, msg: { data: [null, 0, 0, 0, 0, 0] } });
    await started.pass(500);
    expect(positions(started)['shoulder_pan']).toBeCloseTo(0.2, 1);
  });

  it('are listed, and switched only as a whole: a joint has one', async () => {
    const started = await start();
    const states = async (): Promise<string[]> =>
      ((await call(started, '/controller_manager/list_controllers'))['controller'] as { name: string; state: string }[])
        .filter(({ state }) => state === 'active')
        .map(({ name }) => name);
    expect(await states()).toEqual(['forward_position_controller', 'joint_state_broadcaster']);
    const on = { activate_controllers: ['joint_trajectory_controller'], strictness: 2 };
    expect(await call(started, '/controller_manager/switch_controller', on)).toEqual({ ok: false });
    const both = { ...on, deactivate_controllers: ['forward_position_controller'] };
    expect(await call(started, '/controller_manager/switch_controller', both)).toEqual({ ok: true });
    expect(await states()).toEqual(['joint_trajectory_controller', 'joint_state_broadcaster']);
  });

  const goal = (id: string, seconds: number, changes: object = {}): object => ({
    op: 'send_action_goal',
    id,
    action: ACTION,
    action_type: 'control_msgs/action/FollowJointTrajectory',
    feedback: true,
    args: {
      trajectory: {
        joint_names: NAMES,
        points: [{ positions: moved, velocities: NAMES.map(() => 0), time_from_start: { sec: seconds, nanosec: 0 } }],
        ...changes,
      },
    },
  });
  const results = ({ client }: Started): Frame[] => client.frames.filter(({ op }) => op === 'action_result');

  it('trajectory: reaches a goal, with feedback on the way', async () => {
    const started = await start({ robot: withRos(so101, JTC) });
    subscribe(started, '/joint_states', 'sensor_msgs/msg/JointState');
    started.client.send(goal('g', 1));
    await started.pass(500);
    expect(positions(started)['shoulder_pan']).toBeGreaterThan(0.05);
    expect(positions(started)['shoulder_pan']).toBeLessThan(0.15);
    await started.pass(1000);
    expect(results(started)).toMatchObject([{ id: 'g', status: 4, result: true, values: { error_code: 0 } }]);
    expect(started.client.frames.some(({ op }) => op === 'action_feedback')).toBe(true);
  });

  it('trajectory: a cancelled goal and an empty trajectory hold the arm where it is', async () => {
    const started = await start({ robot: withRos(so101, JTC) });
    subscribe(started, '/joint_states', 'sensor_msgs/msg/JointState');
    started.client.send(goal('g', 2));
    await started.pass(800);
    started.client.send({ op: 'cancel_action_goal', id: 'g', action: ACTION });
    await started.pass(100);
    const held = positions(started)['shoulder_pan'] as number;
    await started.pass(1500);
    expect(results(started)).toMatchObject([{ id: 'g', status: 5 }]);
    expect(positions(started)['shoulder_pan']).toBeCloseTo(held, 1);
    expect(held).toBeLessThan(0.15);
    const empty = { joint_names: NAMES, points: [] };
    started.client.send(goal('h', 2));
    started.client.send({ op: 'publish', topic: '/joint_trajectory_controller/joint_trajectory', msg: empty });
    await started.pass(100);
    expect(results(started).at(-1)).toMatchObject({ id: 'h', status: 6 });
  });

  it('trajectory: rejects goals that do not fit, and all while another controller is active', async () => {
    const started = await start({ robot: withRos(so101, JTC), allowsVelocityAtEnd: false });
    started.client.send(goal('names', 1, { joint_names: ['x'] }));
    const fast = [{ positions: moved, velocities: NAMES.map(() => 1), time_from_start: { sec: 1, nanosec: 0 } }];
    started.client.send(goal('end', 1, { points: fast }));
    started.client.send(goal('empty', 1, { points: [] }));
    await started.pass(10);
    expect(results(started).map(({ id, result, status }) => [id, result, status])).toEqual([
      ['names', false, 0],
      ['end', false, 0],
      ['empty', false, 0],
    ]);
    const forward = await start();
    forward.client.send(goal('idle', 1));
    await forward.pass(10);
    expect(results(forward)).toMatchObject([{ result: false, values: expect.stringContaining('not in ACTIVE state') }]);
  });

  it('ROS 1: the action is topics', async () => {
    const started = await start({ robot: withRos(so101, { ...JTC, rosVersion: 1 }), rosVersion: 1 });
    const type = 'control_msgs/FollowJointTrajectoryActionGoal';
    subscribe(started, `${ACTION}/result`, 'control_msgs/FollowJointTrajectoryActionResult');
    started.client.send({ op: 'advertise', topic: `${ACTION}/goal`, type });
    const points = [{ positions: moved, time_from_start: { secs: 0, nsecs: 5e8 } }];
    const msg = { goal_id: { id: 'g' }, goal: { trajectory: { joint_names: NAMES, points } } };
    started.client.send({ op: 'publish', topic: `${ACTION}/goal`, msg });
    await started.pass(1500);
    expect(started.client.messages(`${ACTION}/result`)).toMatchObject([
      { status: { goal_id: { id: 'g' }, status: 3 } },
    ]);
  });

  it('Servo: moves by velocities while their stamp is fresh, and halts when it is not', async () => {
    const servo = { kind: 'servo-joint-jog', topic: '/servo/delta_joint_cmds', pauseService: '/servo/pause_servo' };
    const started = await start({ robot: withRos(so101, { command: servo }) });
    subscribe(started, '/joint_states', 'sensor_msgs/msg/JointState');
    const jog = { joint_names: ['shoulder_pan'], velocities: [1] };
    started.client.send({ op: 'publish', topic: servo.topic, msg: jog });
    await started.pass(1000);
    // 1 rad/s for the 0.1 s that the stamp is fresh.
    expect(positions(started)['shoulder_pan']).toBeCloseTo(0.1, 1);
    await call(started, '/servo/pause_servo', { data: true });
    started.client.send({ op: 'publish', topic: servo.topic, msg: jog });
    await started.pass(500);
    expect(positions(started)['shoulder_pan']).toBeCloseTo(0.1, 1);
  });
});

describe('robots of other makers', () => {
  it('UR: a protective stop stops the controllers until it is unlocked and the program runs again', async () => {
    const started = await start({ robot: loadRobot('ur5e'), rosVersion: 2 });
    for (const [topic, type] of [
      ['safety_mode', 'ur_dashboard_msgs/msg/SafetyMode'],
      ['robot_program_running', 'std_msgs/msg/Bool'],
    ] as const) {
      subscribe(started, `/io_and_status_controller/${topic}`, type);
    }
    await started.emulator.inject('protective-stop');
    await started.pass(10);
    const newest = (topic: string): unknown => started.client.messages(`/io_and_status_controller/${topic}`).at(-1);
    expect([newest('safety_mode'), newest('robot_program_running')]).toEqual([{ mode: 3 }, { data: false }]);
    expect(await call(started, '/dashboard_client/unlock_protective_stop')).toMatchObject({ success: false });
    await started.pass(5000);
    expect(await call(started, '/dashboard_client/unlock_protective_stop')).toMatchObject({ success: true });
    expect(await call(started, '/io_and_status_controller/resend_robot_program')).toMatchObject({ success: true });
    await started.pass(10);
    expect([newest('safety_mode'), newest('robot_program_running')]).toEqual([{ mode: 1 }, { data: true }]);
  });

  it('UR: the gripper reaches its goal by its action', async () => {
    const started = await start({ robot: loadRobot('ur5e'), rosVersion: 2 });
    const action = '/robotiq_gripper_controller/gripper_cmd';
    const args = { command: { position: 0.4, max_effort: 50 } };
    const type = 'control_msgs/action/GripperCommand';
    started.client.send({ op: 'send_action_goal', id: 'g', action, action_type: type, args });
    await started.pass(3000);
    const { values } = await started.client.frame(({ op }) => op === 'action_result');
    expect(values).toMatchObject({ reached_goal: true, position: expect.closeTo(0.4, 1) });
  });

  it('Franka: a reflex stops the arm until the recovery action', async () => {
    const started = await start({ robot: loadRobot('fr3'), rosVersion: 2 });
    const topic = '/franka_robot_state_broadcaster/robot_state';
    subscribe(started, topic, 'franka_msgs/msg/FrankaRobotState');
    const mode = (): unknown => started.client.messages(topic).at(-1)?.['robot_mode'];
    await started.emulator.inject('protective-stop');
    await started.pass(50);
    expect(mode()).toBe(4);
    const [step] = started.emulator.ros.recovery;
    const action = step !== undefined && 'action' in step ? step.action : '';
    started.client.send({
      op: 'send_action_goal',
      id: 'r',
      action,
      action_type: 'franka_msgs/action/ErrorRecovery',
      args: {},
    });
    await started.pass(50);
    expect(mode()).toBe(2);
  });
});

describe('a scene', () => {
  it('tells what is asked for and how it stands, and begins anew', async () => {
    const started = await start({ task: loadTask('lift') });
    subscribe(started, EMULATOR_TOPICS.outcome, 'std_msgs/msg/String');
    subscribe(started, EMULATOR_TOPICS.instruction, 'std_msgs/msg/String');
    await started.pass(100);
    expect(started.client.messages(EMULATOR_TOPICS.outcome)).toEqual([{ data: 'running' }]);
    started.client.send({ op: 'publish', topic: EMULATOR_TOPICS.reset, msg: { data: 5 } });
    await started.pass(10);
    expect(started.client.messages(EMULATOR_TOPICS.instruction).map(({ data }) => data)).toEqual([
      expect.any(String),
      started.emulator.instruction,
    ]);
  });

  it('publishes pictures of its cameras as JPEG', async () => {
    const started = await start({ task: loadTask('lift'), cameras: true });
    const { topic } = started.emulator.ros.cameras['front'] ?? { topic: '' };
    started.client.send({ op: 'subscribe', topic, type: 'sensor_msgs/msg/CompressedImage', compression: 'cbor' });
    await started.pass(200);
    const { format, data } = started.client.messages(topic)[0] as { format: string; data: Uint8Array };
    expect([format, ...data.subarray(0, 2)]).toEqual(['jpeg', 0xff, 0xd8]);
  });

  it('survives a bridge that is killed, on the same port', async () => {
    const started = await start();
    const { url } = started.emulator;
    await started.emulator.inject('bridge-killed');
    await expect(RosbridgeClient.connect(url)).rejects.toThrow();
    await started.emulator.clearFaults();
    const client = await RosbridgeClient.connect(url);
    await client.settled();
    client.close();
    expect(started.emulator.url).toBe(url);
  });
});
