import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { FakeBridge } from '../drivers/ros/fake-bridge.ts';
import type { FakeBridgeOptions } from '../drivers/ros/fake-bridge.ts';
import { keepPublishing, rosRobot } from '../drivers/ros/ros-robot.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { armature } from './armature.ts';

const PATIENCE_MS = 60_000;
const RECOVERY = [
  { name: 'unlock', service: '/dashboard/unlock' },
  { name: 'clear', action: '/error_recovery', actionType: 'franka_msgs/action/ErrorRecovery' },
];

async function bridge(options: FakeBridgeOptions = {}): Promise<FakeBridge> {
  const server = await FakeBridge.listen(options);
  const stop = keepPublishing(server);
  onTestFinished(async () => {
    stop();
    await server.close();
  });
  return server;
}

/** The folder of a robot behind that bridge. */
function robotBehind({ url }: FakeBridge, changes: Record<string, unknown> = {}): string {
  const { directory: _, ...robot } = rosRobot({ url, recovery: RECOVERY, ...changes });
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'robot.yaml'), stringify(robot));
  return folder;
}

describe('armature ros', { timeout: 2 * PATIENCE_MS }, () => {
  it('topics lists what rosapi knows', async () => {
    const server = await bridge({
      services: {
        '/rosapi/topics': () => ({ topics: ['/z', '/a'], types: ['std_msgs/msg/String', 'std_msgs/msg/Bool'] }),
        '/rosapi/services': () => ({ services: ['/go'] }),
      },
    });
    const { status, stdout } = await armature('ros', 'topics', '--url', server.url, '--services', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      url: server.url,
      topics: [
        { name: '/a', type: 'std_msgs/msg/Bool' },
        { name: '/z', type: 'std_msgs/msg/String' },
      ],
      services: ['/go'],
    });
  });

  it('echo prints messages, and asks for the type where none is given', async () => {
    const server = await bridge({ services: { '/rosapi/topic_type': () => ({ type: 'sensor_msgs/msg/JointState' }) } });
    const { status, stdout } = await armature(
      'ros',
      'echo',
      '/joint_states',
      '--url',
      server.url,
      '--count',
      '2',
      '--json',
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      topic: '/joint_states',
      type: 'sensor_msgs/msg/JointState',
      messages: [{ name: ['gripper', 'arm_1'] }, { name: ['gripper', 'arm_1'] }],
    });
  });

  it('check says what fits and what does not, and fails with it', async () => {
    const server = await bridge();
    const fit = await armature('ros', 'check', '--robot', robotBehind(server), '--json');
    expect(fit.status).toBe(0);
    expect(JSON.parse(fit.stdout)).toMatchObject({ fit: true, url: server.url });
    const unfit = await armature('ros', 'check', '--robot', robotBehind(server, { safety: { kind: 'ur' } }));
    expect(unfit.status).toBe(1);
    expect(unfit.stdout).toMatch(/ok {4}bridge.*\nok {4}joint-states/);
    expect(unfit.stdout).toMatch(/FAIL {2}safety .*safety_mode has told nothing yet/);
  });

  it('recover does the steps of the robot once somebody has looked, in their order', async () => {
    const server = await bridge({ services: { '/dashboard/unlock': () => ({ success: true, message: 'released' }) } });
    const robot = robotBehind(server);
    const refused = await armature('ros', 'recover', '--robot', robot, '--json');
    expect(refused.status).not.toBe(0);
    expect(server.ops('call_service')).toEqual([]);
    const unknown = await armature('ros', 'recover', 'dance', '--robot', robot, '--yes', '--json');
    expect(JSON.parse(unknown.stdout)).toMatchObject({ error: { code: 'E_UNKNOWN_RECOVERY_STEP' } });
    const one = await armature('ros', 'recover', 'unlock', '--robot', robot, '--yes', '--json');
    expect(JSON.parse(one.stdout)).toEqual({ robot: 'two-joint', done: [{ name: 'unlock', message: 'released' }] });
    const all = armature('ros', 'recover', '--robot', robot, '--yes', '--json');
    await server.until(() => server.ops('send_action_goal').length === 1);
    const [goal] = server.ops('send_action_goal');
    expect(goal).toMatchObject({ action: '/error_recovery', action_type: 'franka_msgs/action/ErrorRecovery' });
    server.broadcast({
      op: 'action_result',
      id: goal?.['id'],
      action: '/error_recovery',
      status: 4,
      result: true,
      values: {},
    });
    expect(JSON.parse((await all).stdout)).toMatchObject({ done: [{ name: 'unlock' }, { name: 'clear' }] });
  });

  it('says where nobody answers', async () => {
    const server = await FakeBridge.listen();
    const { url } = server;
    await server.close();
    const { status, stdout } = await armature('ros', 'topics', '--url', url, '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'E_ROS_UNREACHABLE' } });
  });
});
