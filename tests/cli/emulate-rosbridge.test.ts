import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { RosbridgeClient } from '../emulation/rosbridge-client.ts';
import { armature } from './armature.ts';

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

  it('refuses to be both, or neither', async () => {
    const { status, stderr } = await armature('emulate', '--robot', 'so101');
    expect(status).toBe(2);
    expect(stderr).toContain('--rosbridge');
  });
});
