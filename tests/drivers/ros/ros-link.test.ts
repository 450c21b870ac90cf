import { afterEach, describe, expect, it } from 'vitest';
import { MonotonicClock } from '../../../src/core/clock.ts';
import { RosLink } from '../../../src/drivers/ros/ros-link.ts';
import { TYPES } from '../../../src/drivers/ros/message-types.ts';
import { FakeBridge } from './fake-bridge.ts';

const opened: { close(): unknown }[] = [];
const clock = new MonotonicClock();

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function bridge(options: Parameters<typeof FakeBridge.listen>[0] = {}): Promise<FakeBridge> {
  const server = await FakeBridge.listen(options);
  opened.push(server);
  return server;
}

function linkTo(url: string, rosVersion: 1 | 2 = 2): RosLink {
  const link = new RosLink({ url, rosVersion, clock, random: () => 0 });
  opened.push(link);
  return link;
}

function until(link: RosLink, event: 'onUp' | 'onDown'): Promise<void> {
  return new Promise((resolve) => {
    const unlisten = link.listen({
      [event]: () => {
        unlisten();
        resolve();
      },
    });
  });
}

describe('the link to a rosbridge server', () => {
  it('names the address when nobody answers', async () => {
    const server = await FakeBridge.listen();
    const { url } = server;
    await server.close();
    await expect(linkTo(url).connect()).rejects.toMatchObject({
      code: 'E_ROS_UNREACHABLE',
      problem: expect.stringContaining(url),
    });
  });

  it.each(['robot:9090', '', 'robot'])('names an address that is none: "%s"', async (url) => {
    await expect(linkTo(url).connect()).rejects.toMatchObject({
      code: 'E_ROS_UNREACHABLE',
      remedy: expect.stringContaining('ws://') as string,
    });
  });

  it('invariant 15: what was published while the bridge was down is never delivered', async () => {
    const server = await bridge();
    const link = linkTo(server.url);
    link.advertise('/commands', TYPES.float64Array);
    await link.connect();
    expect(link.publishCommand('/commands', { data: [1] })).toBe(true);
    await server.until(() => server.published('/commands').length === 1);
    const { port } = server;
    const isDown = until(link, 'onDown');
    await server.close();
    await isDown;
    for (let count = 0; count < 100; count += 1)
      expect(link.publishCommand('/commands', { data: [count] })).toBe(false);
    expect(link.dropped).toBe(100);
    const isUp = until(link, 'onUp');
    const again = await bridge({ port });
    await isUp;
    expect(link.connections).toBe(2);
    link.publish('/commands', { data: [-1] });
    await again.until(() => again.published('/commands').length > 0);
    expect(again.published('/commands')).toEqual([{ data: [-1] }]);
  });

  it('advertises, subscribes and serves again over a fresh connection', async () => {
    const server = await bridge();
    const link = linkTo(server.url, 1);
    link.advertise('/out', TYPES.string);
    link.serve('/stop', TYPES.trigger, () => Promise.resolve({ success: true, message: '' }));
    let got = 0;
    link.subscribe({ topic: '/in', type: TYPES.jointState }, () => (got += 1));
    await link.connect();
    await server.until(() => server.ops('subscribe').length === 1);
    const isUp = until(link, 'onUp');
    server.cut();
    await isUp;
    await server.until(() => server.ops('subscribe').length === 2);
    for (const op of ['advertise', 'advertise_service', 'subscribe']) {
      expect(server.ops(op).map((frame) => frame['type'])).toEqual(
        Array(2).fill(
          { advertise: 'std_msgs/String', advertise_service: 'std_srvs/Trigger', subscribe: 'sensor_msgs/JointState' }[
            op
          ],
        ),
      );
    }
    server.publish('/in', {});
    server.broadcast({ op: 'call_service', id: 'c1', service: '/stop', args: {} });
    await server.until(() => server.ops('service_response').length > 0);
    expect(server.ops('service_response')).toEqual([
      { op: 'service_response', id: 'c1', service: '/stop', result: true, values: { success: true, message: '' } },
    ]);
    expect(got).toBe(1);
  });

  it('takes a peer that is half-open for lost, and sends it no commands before that', async () => {
    const server = await bridge();
    const link = linkTo(server.url);
    link.advertise('/commands', TYPES.float64Array);
    await link.connect();
    server.freeze();
    const frozenNs = clock.nowNs();
    const isDown = until(link, 'onDown');
    let refused = false;
    const timer = setInterval(() => (refused ||= !link.publishCommand('/commands', { data: [0] })), 5);
    await isDown;
    clearInterval(timer);
    expect(refused).toBe(true);
    expect(clock.nowNs() - frozenNs).toBeGreaterThan(100e6);
  });

  it('tells what a service answered, and why it did not', async () => {
    const server = await bridge({ services: { '/known': (args) => ({ echoed: args }) } });
    const link = linkTo(server.url);
    await link.connect();
    await expect(link.call('/known', TYPES.trigger, { a: 1 })).resolves.toEqual({ echoed: { a: 1 } });
    await expect(link.call('/nope', TYPES.trigger, {})).rejects.toMatchObject({
      code: 'E_ROS_SERVICE',
      found: 'Service /nope does not exist',
    });
    server.freeze();
    await expect(link.call('/known', TYPES.trigger, {}, 20)).rejects.toMatchObject({ code: 'E_ROS_SERVICE' });
    const lost = link.call('/known', TYPES.trigger, {});
    server.cut();
    await expect(lost).rejects.toMatchObject({ code: 'E_ROS_LINK' });
    await expect(link.call('/known', TYPES.trigger, {})).rejects.toMatchObject({ code: 'E_ROS_LINK' });
  });

  it('goes on after frames that are none', async () => {
    const server = await bridge();
    const link = linkTo(server.url);
    let got = 0;
    link.subscribe({ topic: '/in', type: TYPES.string }, () => (got += 1));
    await link.connect();
    await server.until(() => server.ops('subscribe').length === 1);
    for (const text of [
      '',
      '{',
      '[1]',
      '{"op":"publish"}',
      '{"op":5}',
      '{"op":"publish","topic":"/in","msg":{"a":NaN}}',
    ]) {
      server.broadcastText(text);
    }
    server.publish('/in', { data: 'still here' });
    await link.call('/nope', TYPES.trigger, {}).catch(() => undefined);
    expect(got).toBe(1);
    expect(link.generation).toBe(1);
  });
});
