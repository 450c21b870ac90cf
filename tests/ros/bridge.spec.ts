import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bridgeFrames, clientFrames } from '../emulation/captured-frames.ts';
import { RosbridgeClient } from '../emulation/rosbridge-client.ts';
import type { Frame } from '../emulation/rosbridge-client.ts';
import { RosGraphProcesses } from './ros-graph.ts';
import { ros1Robot } from './ros1-robot.ts';

let graph: RosGraphProcesses;
let client: RosbridgeClient;

beforeAll(async () => {
  graph = await RosGraphProcesses.start({ robot: ros1Robot(), images: { rateHz: 10, bytes: 40_000 } });
  client = await RosbridgeClient.connect(graph.url);
});

afterAll(async () => {
  client?.close();
  await graph?.close();
});

function sent(...words: string[]): string[] {
  return clientFrames.filter((text) => words.some((word) => text.includes(word)));
}

/** A frame without its numbers and texts: what a client has to understand. */
function form(value: unknown): unknown {
  if (value instanceof Uint8Array || value instanceof Float64Array) return value.constructor.name;
  if (Array.isArray(value)) return value.length === 0 ? [] : [form(value[0])];
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, form(item)]));
}

describe('the rosbridge server of the tests, held to frames of rosbridge 0.11.17', () => {
  it('publishes joint states, diagnostics and cbor pictures in the same form', async () => {
    for (const frame of sent('"subscribe"')) client.send(frame);
    for (const topic of ['/joint_states', '/diagnostics', '/camera/color/image_raw/compressed']) {
      const fits = (frame: Frame): boolean => frame.op === 'publish' && frame['topic'] === topic;
      const captured = bridgeFrames.find(fits);
      const received = await client.frame(fits);
      expect(form(received)).toEqual(form(captured));
      expect(Object.keys(received)).toEqual(Object.keys(captured ?? {}));
    }
    for (const frame of sent('unsubscribe')) client.send(frame);
  });

  it('answers calls with the same frames', async () => {
    for (const frame of sent('call_service')) client.send(frame);
    for (const captured of bridgeFrames.filter(({ op }) => op === 'service_response')) {
      const received = await client.frame(({ id }) => id === captured['id']);
      expect(received).toEqual(captured);
      expect(Object.keys(received)).toEqual(Object.keys(captured));
    }
  });

  it('does not answer unknown ops, null numbers and names of ROS 2', async () => {
    await client.settled();
    const before = client.frames.length;
    for (const frame of sent('bogus', 'null')) client.send(frame);
    client.send({ op: 'subscribe', topic: '/joint_states', type: 'sensor_msgs/msg/JointState' });
    await client.settled();
    expect(client.frames.slice(before).filter(({ op }) => op !== 'service_response' && op !== 'publish')).toEqual([]);
  });

  it('serves services of clients', async () => {
    client.send({ op: 'advertise_service', service: '/client/stop', type: 'std_srvs/Trigger' });
    client.send({ op: 'call_service', id: 'own', service: '/client/stop', args: {} });
    const call = await client.frame(({ op }) => op === 'call_service');
    client.send({
      op: 'service_response',
      id: call['id'],
      service: '/client/stop',
      values: { success: true, message: 'ok' },
      result: true,
    });
    expect((await client.frame(({ id }) => id === 'own'))['values']).toEqual({ success: true, message: 'ok' });
  });
});
