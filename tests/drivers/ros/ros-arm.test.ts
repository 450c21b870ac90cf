import { describe, expect, it } from 'vitest';
import type { RosArm } from '../../../src/drivers/ros/ros-arm.ts';
import type { RosDriver } from '../../../src/drivers/ros/ros-driver.ts';
import type { RosSpec } from '../../../src/robot/ros-spec.ts';
import type { SafeCommand } from '../../../src/safety/safe-command.ts';
import type { Op } from './fake-bridge.ts';
import { bridge, clock, open } from './open-arm.ts';
import { FORWARD } from './ros-robot.ts';

/** The tests stand in for the gate here. */
function command(...positionsRad: number[]): SafeCommand {
  return { positionsRad: Float64Array.from(positionsRad), stampNs: clock.nowNs() } as unknown as SafeCommand;
}

function write(driver: RosDriver, ...positionsRad: number[]): void {
  driver.write.call(driver, command(...positionsRad));
}

function until(arm: RosArm, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (!condition()) return;
      unlisten();
      resolve();
    };
    const unlisten = arm.listen(check);
    check();
  });
}

const TRAJECTORY = { kind: 'trajectory-topic', topic: '/jtc/joint_trajectory', horizonMs: 50 } as const;
const ACTION = { kind: 'follow-joint-trajectory', action: '/jtc/follow_joint_trajectory', chunkMs: 100 } as const;
const SERVO = {
  kind: 'servo-joint-jog',
  topic: '/servo/delta_joint_cmds',
  pauseService: '/servo/pause_servo',
} as const;
const GRIPPER: RosSpec['gripper'] = {
  kind: 'gripper-command',
  name: '/gripper/gripper_cmd',
  positionsRad: [0, 1],
  commands: [0.04, 0],
  maxEffort: 5,
  toleranceRad: 0.01,
  maxRateHz: 1000,
  stateMaxAgeMs: 500,
};

describe('an arm behind ROS', () => {
  it('reads joints by name, with the age of their stamps', async () => {
    const server = await bridge({}, { shoulder: 0.3 });
    const { driver } = await open(server);
    const state = driver.read();
    expect([...state.positionsRad]).toEqual([0.3, 0.5]);
    expect(clock.nowNs() - state.stampNs).toBeGreaterThanOrEqual(0);
    expect(driver.readHealth()).toBeUndefined();
  });

  it('commands nothing before its torque came on, and holds where it is measured when it goes', async () => {
    const server = await bridge({}, { shoulder: 0.3 });
    const { driver } = await open(server);
    expect(() => write(driver, 0, 0.5)).toThrow(/E_ROS_LINK/);
    driver.setTorque(true);
    write(driver, 0.31, 0.6);
    await server.until(() => server.published(FORWARD.topic).length === 1);
    driver.setTorque(false);
    await server.until(() => server.published(FORWARD.topic).length === 2);
    // The gripper keeps what it holds.
    expect(server.published(FORWARD.topic).map(({ data }) => data)).toEqual([
      [0.31, 0.6],
      [0.3, 0.6],
    ]);
  });

  it('refuses commands after a loss until torque comes on again, tells the arm to stop, and replays nothing', async () => {
    const server = await bridge();
    const { arm, driver } = await open(server);
    driver.setTorque(true);
    write(driver, 0.1, 0.5);
    await server.until(() => server.published(FORWARD.topic).length === 1);
    server.cut();
    await until(arm, () => arm.generation === 0);
    expect(() => driver.read()).toThrow(/E_ROS_LINK/);
    for (let count = 0; count < 100; count += 1) expect(() => write(driver, 0.2, 0.5)).toThrow(/E_ROS_LINK/);
    await until(arm, () => arm.generation > 0);
    expect(() => write(driver, 0.2, 0.5)).toThrow(/E_ROS_LINK/);
    driver.setTorque(true);
    write(driver, 0.05, 0.5);
    const sentTo = (): number[] => server.published(FORWARD.topic).map(({ data }) => (data as number[])[0] as number);
    await server.until(() => sentTo().includes(0.05));
    const sent = sentTo();
    expect(sent[0]).toBe(0.1);
    expect(sent.at(-1)).toBe(0.05);
    // Between them only that it is to hold where it is.
    expect(new Set(sent.slice(1, -1))).toEqual(new Set([0]));
  });

  it('sends nothing any more once it was halted', async () => {
    const server = await bridge();
    const { arm, driver } = await open(server, { command: TRAJECTORY });
    driver.setTorque(true);
    write(driver, 0.1, 0.5);
    arm.halt();
    write(driver, 0.2, 0.5);
    driver.setTorque(true);
    write(driver, 0.2, 0.5);
    await arm.link.call('/nope', 'std_srvs/srv/Trigger', {}).catch(() => undefined);
    const sent = server.published(TRAJECTORY.topic);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toMatchObject({ joint_names: ['arm_1', 'gripper'], points: [] });
  });

  it('drops commands that are old', async () => {
    const server = await bridge();
    const { arm, driver } = await open(server);
    driver.setTorque(true);
    arm.command({ positionsRad: Float64Array.of(0, 0), stampNs: clock.nowNs() - 1e9 });
    await arm.link.call('/nope', 'std_srvs/srv/Trigger', {}).catch(() => undefined);
    expect(server.published(FORWARD.topic)).toEqual([]);
    expect(arm.dropped).toBe(1);
  });

  it('sends trajectories that end at rest within the limits of the joints', async () => {
    const server = await bridge();
    const { driver } = await open(server, { command: TRAJECTORY });
    driver.setTorque(true);
    const start = command(0, 0.5);
    driver.write.call(driver, start);
    driver.write.call(driver, {
      positionsRad: Float64Array.of(0.01, 0.5),
      stampNs: start.stampNs + 10e6,
    } as unknown as SafeCommand);
    await server.until(() => server.published(TRAJECTORY.topic).length === 2);
    const [first, second] = server.published(TRAJECTORY.topic) as { points: Record<string, unknown>[] }[];
    expect(first?.points).toEqual([
      {
        positions: [0, 0.5],
        velocities: [0, 0],
        accelerations: [],
        effort: [],
        time_from_start: { sec: 0, nanosec: 50e6 },
      },
    ]);
    // 1 rad/s, and 20 rad/s^2 to stop.
    expect(second?.points).toMatchObject([
      { positions: [0.01, 0.5], velocities: [expect.closeTo(1), 0] },
      { positions: [expect.closeTo(0.035), 0.5], velocities: [0, 0], time_from_start: { sec: 0 } },
    ]);
  });

  it('sends goals of several commands to an action of ROS 2, and cancels them to stop', async () => {
    const server = await bridge();
    const { driver } = await open(server, { command: ACTION });
    driver.setTorque(true);
    const { stampNs } = command();
    for (let tick = 0; tick <= 5; tick += 1) {
      driver.write.call(driver, {
        positionsRad: Float64Array.of(tick / 100, 0.5),
        stampNs: stampNs + tick * 10e6,
      } as unknown as SafeCommand);
    }
    await server.until(() => server.ops('send_action_goal', ACTION.action).length === 1);
    const goal = server.ops('send_action_goal')[0] as Op;
    expect(goal).toMatchObject({ action_type: 'control_msgs/action/FollowJointTrajectory' });
    const { trajectory } = goal['args'] as {
      trajectory: { points: { positions: number[]; velocities: number[] }[] };
    };
    expect(trajectory.points.map(({ positions }) => positions[0])).toEqual([0, 0.01, 0.02, 0.03, 0.04, 0.05]);
    expect(trajectory.points.at(-1)?.velocities).toEqual([0, 0]);
    driver.setTorque(false);
    await server.until(() => server.ops('cancel_action_goal').length === 1);
    expect(server.ops('cancel_action_goal')[0]).toMatchObject({ id: goal['id'], action: ACTION.action });
  });

  it('sends goals by actionlib to an action of ROS 1', async () => {
    const server = await bridge({ version: 1 });
    const { driver } = await open(server, { rosVersion: 1, command: ACTION });
    driver.setTorque(true);
    const { stampNs } = command();
    for (let tick = 0; tick <= 5; tick += 1) {
      driver.write.call(driver, {
        positionsRad: Float64Array.of(tick / 100, 0.5),
        stampNs: stampNs + tick * 10e6,
      } as unknown as SafeCommand);
    }
    driver.setTorque(false);
    await server.until(() => server.published(`${ACTION.action}/cancel`).length > 0);
    expect(server.ops('advertise', `${ACTION.action}/goal`)[0]).toMatchObject({
      type: 'control_msgs/FollowJointTrajectoryActionGoal',
    });
    const [goal] = server.published(`${ACTION.action}/goal`) as { goal: { trajectory: { points: unknown[] } } }[];
    expect(goal?.goal.trajectory.points).toHaveLength(6);
    expect(server.published(`${ACTION.action}/cancel`)).toContainEqual({ stamp: { secs: 0, nsecs: 0 }, id: '' });
  });

  it('jogs with the velocity of the commands and the distance to them, and pauses Servo to stop', async () => {
    const server = await bridge({ services: { '/servo/pause_servo': () => ({ success: true, message: '' }) } });
    const { driver } = await open(server, { command: { ...SERVO, gainPerS: 10 } });
    driver.setTorque(true);
    write(driver, 0.05, 0.5);
    await server.until(() => server.published(SERVO.topic).length === 1);
    expect(server.published(SERVO.topic)[0]).toMatchObject({
      joint_names: ['arm_1', 'gripper'],
      velocities: [expect.closeTo(0.5), 0],
      header: { frame_id: 'base_link' },
    });
    const { sec } = (server.published(SERVO.topic)[0] as { header: { stamp: { sec: number } } }).header.stamp;
    expect(Math.abs(sec - Date.now() / 1000)).toBeLessThan(60);
    driver.setTorque(false);
    await server.until(() => server.ops('call_service', SERVO.pauseService).length === 2);
    expect(server.ops('call_service', SERVO.pauseService).map(({ args }) => args)).toEqual([
      { data: false },
      { data: true },
    ]);
    expect(server.published(SERVO.topic).at(-1)).toMatchObject({ velocities: [0, 0] });
  });

  it('tells a gripper of its own only what changes, in its unit', async () => {
    const server = await bridge();
    const { arm, driver } = await open(server, { gripper: { ...GRIPPER, states: [0, 1] } });
    driver.setTorque(true);
    for (const position of [0.5, 0.502, 0.499, 0.8]) {
      const { stampNs } = command();
      driver.write.call(driver, {
        positionsRad: Float64Array.of(0, position),
        stampNs: stampNs + position * 1e7,
      } as unknown as SafeCommand);
    }
    await arm.link.call('/nope', 'std_srvs/srv/Trigger', {}).catch(() => undefined);
    expect(server.ops('send_action_goal', '/gripper/gripper_cmd').map(({ args }) => args)).toEqual([
      { command: { position: 0.02, max_effort: 5 } },
      { command: { position: expect.closeTo(0.008), max_effort: 5 } },
    ]);
    expect(server.published(FORWARD.topic).map(({ data }) => data)).toEqual(Array(4).fill([0]));
  });

  it('stops sending in the tick in which the robot says that it stopped', async () => {
    const latched = {
      '/io_and_status_controller/safety_mode': { mode: 1 },
      '/io_and_status_controller/robot_mode': { mode: 7 },
      '/io_and_status_controller/robot_program_running': { data: true },
    };
    const server = await bridge({ latched });
    const { arm, driver } = await open(server, { safety: { kind: 'ur' } });
    await until(arm, () => driver.readHealth()?.mode === 'normal');
    driver.setTorque(true);
    write(driver, 0.01, 0.5);
    server.publish('/io_and_status_controller/safety_mode', { mode: 3 });
    await until(arm, () => driver.readHealth()?.mode === 'stopped');
    write(driver, 0.02, 0.5);
    await arm.link.call('/nope', 'std_srvs/srv/Trigger', {}).catch(() => undefined);
    expect(server.published(FORWARD.topic).map(({ data }) => data)).toEqual([[0.01, 0.5]]);
    server.publish('/io_and_status_controller/safety_mode', { mode: 7 });
    await until(arm, () => driver.readHealth()?.mode === 'emergency-stop');
  });

  it('takes the button of an emergency stop for one, and what has not told anything for a stop', async () => {
    const server = await bridge();
    const { arm, driver } = await open(server, { emergencyStop: { topic: '/estop' } });
    expect(driver.readHealth()).toEqual({ mode: 'stopped' });
    server.publish('/estop', { data: false });
    await until(arm, () => driver.readHealth()?.mode === 'normal');
    server.publish('/estop', { data: true });
    await until(arm, () => driver.readHealth()?.mode === 'emergency-stop');
    server.publish('/estop', { data: 'pressed' });
    await until(arm, () => driver.readHealth()?.mode === 'stopped');
  });

  it('tells what a controller said against the last goal, in the way of either version', async () => {
    const result = { error_code: -2, error_string: 'no such joint' };
    for (const version of [1, 2] as const) {
      const server = await bridge({ version });
      const { driver, problems } = await open(server, { rosVersion: version, command: ACTION });
      driver.setTorque(true);
      const { stampNs } = command();
      for (const tick of [0, 5]) {
        const at = { positionsRad: Float64Array.of(0, 0.5), stampNs: stampNs + tick * 10e6 };
        driver.write.call(driver, at as unknown as SafeCommand);
      }
      if (version === 2) {
        await server.until(() => server.ops('send_action_goal').length === 1);
        const { id, action } = server.ops('send_action_goal')[0] as Op;
        server.broadcast({ op: 'action_result', id, action, status: 4, result: true, values: result });
      } else {
        await server.until(() => server.published(`${ACTION.action}/goal`).length === 1);
        const [goal] = server.published(`${ACTION.action}/goal`);
        server.publish(`${ACTION.action}/result`, { status: { goal_id: goal?.['goal_id'], status: 4 }, result });
      }
      await expect
        .poll(() => problems)
        .toContainEqual(
          expect.objectContaining({ code: 'E_ROS_SERVICE', found: expect.stringContaining('no such joint') }),
        );
    }
  });

  it('takes states with numbers missing for what they are: no numbers', async () => {
    const server = await bridge();
    const { arm } = await open(server);
    server.publish('/joint_states', {
      header: { stamp: { sec: 4e9, nanosec: 0 } },
      name: ['arm_1'],
      position: [null],
      velocity: [],
      effort: [0],
    });
    let state = arm.read();
    await until(arm, () => {
      state = arm.read();
      return state?.robotStampNs === 4e18;
    });
    const { positionsRad, velocitiesRadPerS, effortsNm } = state as NonNullable<typeof state>;
    expect([...positionsRad, ...velocitiesRadPerS, ...effortsNm]).toEqual([NaN, NaN, NaN, NaN, 0, NaN]);
  });
});
