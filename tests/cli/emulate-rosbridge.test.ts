import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { RosbridgeClient } from '../emulation/rosbridge-client.ts';
import { armature } from './armature.ts';

const PATIENCE_MS = 120_000;

describe('armature emulate --rosbridge', () => {
  it('offers an arm, breaks and mends it as lines say, and ends with one JSON object', async () => {
    const words = ['emulate', '--robot', 'so101', '--rosbridge', '0', '--scene', 'lift', '--no-cameras', '--json'];
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...words]);
    const said = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
    const next = async (): Promise<string> => {
      const { value } = (await said.next()) as IteratorResult<string, undefined>;
      return value ?? '';
    };
    let line = await next();
    while (!line.startsWith('ready')) line = await next();
    const [, url = ''] = /^ready (\S+) \(ROS 2\)/.exec(line) ?? [];
    const client = await RosbridgeClient.connect(url);
    client.send({ op: 'subscribe', topic: '/joint_states', type: 'sensor_msgs/msg/JointState' });
    await client.frame(({ op }) => op === 'publish');
    const closed = once(client.socket, 'close');
    child.stdin.write('fault disconnect\n');
    expect(await next()).toBe('fault disconnect');
    await closed;
    child.stdin.write('fault nonsense\nfault clear\nreset 3\n');
    expect(await next()).toContain('E_UNKNOWN_FAULT');
    expect(await next()).toBe('faults cleared');
    expect(await next()).toMatch(/^reset 3: \w+/);
    let stdout = '';
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    child.stdin.write('quit\n');
    const [status] = (await once(child, 'close')) as [number];
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ url, robot: 'so101', success: 0, failure: 0 });
  });

  it('a UR that stopped by itself goes on after armature ros recover', { timeout: PATIENCE_MS }, async () => {
    const words = ['emulate', '--robot', 'ur5e', '--rosbridge', '0', '--no-cameras'];
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...words]);
    const ended = once(child, 'close');
    const said = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value } = (await said.next()) as IteratorResult<string, undefined>;
    const [, url = ''] = /^ready (\S+)/.exec(value ?? '') ?? [];
    const client = await RosbridgeClient.connect(url);
    const topic = '/io_and_status_controller/robot_program_running';
    client.send({ op: 'subscribe', topic, type: 'std_msgs/msg/Bool' });
    await client.frame(({ op }) => op === 'publish');
    child.stdin.write('fault protective-stop\n');
    await client.frame(({ op, msg }) => op === 'publish' && (msg as { readonly data: boolean }).data === false);
    const recover = () => armature('ros', 'recover', '--robot', 'ur5e', '--url', url, '--yes', '--json');
    let recovered = await recover();
    if (recovered.status !== 0) {
      // A UR unlocks no sooner than five seconds after it stopped, and says so.
      expect(JSON.parse(recovered.stdout)).toMatchObject({ error: { code: 'E_ROS_SERVICE' } });
      expect(recovered.stdout).toContain('until 5s after occurrence');
      await delay(5000);
      recovered = await recover();
    }
    const done = loadRobot('ur5e').drivers.ros?.recovery.map(({ name }) => ({ name }));
    expect(JSON.parse(recovered.stdout)).toMatchObject({ robot: 'ur5e', done });
    await client.settled();
    expect(client.messages(topic).at(-1)).toEqual({ data: true });
    child.stdin.write('quit\n');
    expect(await ended).toEqual([0, null]);
  });

  it('refuses to be both, or neither', async () => {
    const { status, stderr } = await armature('emulate', '--robot', 'so101');
    expect(status).toBe(2);
    expect(stderr).toContain('--rosbridge');
  });
});
