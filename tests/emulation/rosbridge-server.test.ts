import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MonotonicClock } from '../../src/core/clock.ts';
import { Rng } from '../../src/core/rng.ts';
import { ROSBRIDGE_FAULTS } from '../../src/emulation/rosbridge/link-faults.ts';
import { MessageCodec } from '../../src/emulation/rosbridge/message-codec.ts';
import type { RosMessage, RosTime } from '../../src/emulation/rosbridge/message-codec.ts';
import type { GoalHandle } from '../../src/emulation/rosbridge/ros-graph.ts';
import { RosGraph } from '../../src/emulation/rosbridge/ros-graph.ts';
import { RosbridgeServer } from '../../src/emulation/rosbridge/rosbridge-server.ts';
import { bridgeFrames, clientFrames } from './captured-frames.ts';
import { RosbridgeClient } from './rosbridge-client.ts';

const IMAGE_TOPIC = '/camera/color/image_raw/compressed';
const late: (() => void)[] = [];
const log: string[] = [];
let graph: RosGraph;
let server: RosbridgeServer;
let client: RosbridgeClient;

async function start(version: 1 | 2): Promise<void> {
  graph = new RosGraph(new MessageCodec(version, () => 1.5e9));
  server = await RosbridgeServer.listen({
    graph,
    clock: new MonotonicClock(),
    rng: new Rng(1),
    share: 0.5,
    log: (line) => log.push(line),
    schedule: (callback) => late.push(callback),
  });
  client = await RosbridgeClient.connect(server.url);
}

async function subscribe(topic: string, type: string, options: object = {}): Promise<void> {
  client.send({ op: 'subscribe', topic, type, ...options });
  await client.settled();
}

beforeEach(() => {
  log.length = 0;
  late.length = 0;
});

afterEach(async () => {
  client.close();
  await server.close();
});

describe('held to the frames of rosbridge 0.11.17', () => {
  beforeEach(async () => {
    await start(1);
    graph.services.set('/arm/stop', { type: 'std_srvs/Trigger', call: () => ({ success: true, message: 'stopped' }) });
    graph.services.set('/arm/enable', {
      type: 'std_srvs/SetBool',
      call: () => ({ success: true, message: 'enabled' }),
    });
    graph.advertise('/echo/in', 'sensor_msgs/JointState');
  });

  it('answers the same calls with the same frames', async () => {
    for (const frame of clientFrames.filter((text) => text.includes('call_service'))) client.send(frame);
    const expected = bridgeFrames.filter(({ op }) => op === 'service_response');
    for (const frame of expected) {
      const answer = await client.frame(({ id }) => id === frame['id']);
      expect(answer).toEqual(frame);
      expect(Object.keys(answer)).toEqual(Object.keys(frame));
    }
  });

  it('gives messages the same form, JSON and cbor', async () => {
    for (const frame of clientFrames.filter((text) => text.includes('"subscribe"')))
      client.send(frame.replace('throttle_rate', 'ignored'));
    await client.settled();
    const published = bridgeFrames.filter(({ op }) => op === 'publish');
    expect(published).toHaveLength(8);
    for (const { topic, msg } of published) graph.publish(String(topic), inner(msg as RosMessage));
    await client.settled();
    const received = client.frames.filter(({ op }) => op === 'publish');
    expect(received).toEqual(published);
    received.forEach((frame, index) => expect(Object.keys(frame)).toEqual(Object.keys(published[index] ?? {})));
  });

  it('says nothing about unknown ops and numbers that are null', async () => {
    const received: RosMessage[] = [];
    graph.subscribe('/echo/in', undefined, (message) => received.push(message));
    for (const frame of clientFrames.filter((text) => text.includes('bogus') || text.includes('null')))
      client.send(frame);
    await client.settled();
    expect(client.frames.filter(({ op }) => op !== 'service_response')).toEqual([]);
    expect(received).toEqual([]);
    expect(log).toHaveLength(2);
  });

  it('refuses names of ROS 2, and lists of strings in cbor, without a word', async () => {
    await subscribe('/a', 'sensor_msgs/msg/JointState');
    await subscribe('/joint_states', 'sensor_msgs/JointState', { compression: 'cbor' });
    graph.publish('/joint_states', { name: ['a'], position: [1] });
    await client.settled();
    expect(client.messages('/joint_states')).toEqual([]);
    expect(log.join('\n')).toContain("'str' object has no attribute '__slots__'");
    expect(log.join('\n')).toContain('not a valid type string');
  });
});

/** The message of a capture as the graph has it. */
function inner(message: RosMessage): RosMessage {
  const header = message['header'] as RosMessage;
  const { secs, nsecs } = header['stamp'] as { secs: number; nsecs: number };
  const stamp: RosTime = { sec: secs, nanosec: nsecs };
  return { ...message, header: { ...header, stamp } };
}

describe('a bridge of ROS 2', () => {
  beforeEach(() => start(2));

  it('has sec and nanosec, and takes both forms', async () => {
    await subscribe('/joint_states', 'sensor_msgs/msg/JointState');
    client.send({ op: 'advertise', topic: '/joint_states', type: 'sensor_msgs/msg/JointState' });
    const header = { stamp: { secs: 7, nsecs: 8 }, frame_id: 'base' };
    client.send({ op: 'publish', topic: '/joint_states', msg: { header, name: ['a'], position: [1] } });
    await client.settled();
    expect(client.messages('/joint_states')).toEqual([
      {
        header: { stamp: { sec: 7, nanosec: 8 }, frame_id: 'base' },
        name: ['a'],
        position: [1],
        velocity: [],
        effort: [],
      },
    ]);
  });

  it('stamps a header that has no stamp with the time of day', async () => {
    await subscribe('/joint_states', 'sensor_msgs/msg/JointState');
    client.send({ op: 'publish', topic: '/joint_states', msg: {} });
    await client.settled();
    expect(client.messages('/joint_states')[0]?.['header']).toEqual({ stamp: { sec: 1, nanosec: 5e8 }, frame_id: '' });
  });

  it('makes numbers that are not finite null in JSON and keeps them in cbor', async () => {
    await subscribe('/a', 'std_msgs/msg/Float64MultiArray', { id: '1' });
    await subscribe('/a', 'std_msgs/msg/Float64MultiArray', { id: '2', compression: 'cbor' });
    graph.publish('/a', { data: [1, NaN, Infinity] });
    await client.settled();
    expect(client.messages('/a').map(({ data }) => data)).toEqual([[1, null, null], Float64Array.of(1, NaN, Infinity)]);
  });

  it('gives latched messages to who comes later', async () => {
    graph.advertise('/mode', 'std_msgs/Bool');
    graph.publish('/mode', { data: true }, { latched: true });
    await subscribe('/mode', 'std_msgs/msg/Bool');
    expect(client.messages('/mode')).toEqual([{ data: true }]);
  });

  it('knows a topic for as long as somebody publishes it or listens', async () => {
    const [offered, heard] = ['/of/a/client', '/for/a/client'];
    client.send({ op: 'advertise', topic: offered, type: 'std_msgs/msg/Bool' });
    client.send({ op: 'advertise', topic: offered, type: 'std_msgs/msg/Bool' });
    await subscribe(heard, 'std_msgs/msg/Bool');
    expect([...graph.topicTypes.keys()]).toEqual(expect.arrayContaining([offered, heard]));
    const stop = graph.subscribe(offered, undefined, () => undefined);
    client.close();
    await expect.poll(() => [...graph.topicTypes.keys()]).not.toContain(heard);
    expect(graph.topicTypes.get(offered)).toBe('std_msgs/Bool');
    stop();
    expect(graph.topicTypes.has(offered)).toBe(false);
  });

  it('throttles: what comes too soon is dropped', async () => {
    await subscribe('/a', 'std_msgs/msg/Bool', { throttle_rate: 60_000 });
    for (let count = 0; count < 5; count += 1) graph.publish('/a', { data: true });
    await client.settled();
    expect(client.messages('/a')).toHaveLength(1);
  });

  it('runs goals: feedback where it was asked for, result, cancelling, rejection', async () => {
    const handles: GoalHandle[] = [];
    graph.actions.set('/grip', {
      type: 'control_msgs/GripperCommand',
      accept: (_, handle) => handles.push(handle),
      cancel: (handle) => handle.cancelled({ position: 0.2 }),
    });
    const goal = {
      op: 'send_action_goal',
      action: '/grip',
      action_type: 'control_msgs/action/GripperCommand',
      feedback: true,
    };
    client.send({ ...goal, id: 'g1', args: { command: { position: 0.5 } } });
    client.send({ ...goal, id: 'g2', args: {} });
    client.send({ ...goal, id: 'g3', args: { command: { width: 1 } } });
    client.send({ ...goal, id: 'g4', action: '/nothing', args: {} });
    await client.settled();
    handles[0]?.feedback({ position: 0.4 });
    handles[0]?.succeed({ position: 0.5, reached_goal: true });
    client.send({ op: 'cancel_action_goal', id: 'g2', action: '/grip' });
    await client.settled();
    const told = client.frames
      .filter(({ op }) => op.startsWith('action'))
      .map(({ op, id, status, result }) => [op, id, status, result]);
    expect(told).toEqual([
      ['action_result', 'g3', 0, false],
      ['action_result', 'g4', 0, false],
      ['action_feedback', 'g1', undefined, undefined],
      ['action_result', 'g1', 4, true],
      ['action_result', 'g2', 5, true],
    ]);
  });

  it('lets a client offer services and actions to another', async () => {
    const other = await RosbridgeClient.connect(server.url);
    other.send({ op: 'advertise_service', service: '/stop', type: 'std_srvs/srv/Trigger' });
    other.send({ op: 'advertise_action', action: '/grip', type: 'control_msgs/action/GripperCommand' });
    await other.settled();
    client.send({ op: 'call_service', id: 'c', service: '/stop', args: {} });
    client.send({
      op: 'send_action_goal',
      id: 'g',
      action: '/grip',
      action_type: 'control_msgs/action/GripperCommand',
      args: {},
    });
    const call = await other.frame(({ op }) => op === 'call_service');
    other.send({
      op: 'service_response',
      id: call['id'],
      service: '/stop',
      values: { success: true, message: 'ok' },
      result: true,
    });
    const goal = await other.frame(({ op }) => op === 'send_action_goal');
    other.send({
      op: 'action_result',
      id: goal['id'],
      action: '/grip',
      values: { reached_goal: true },
      status: 4,
      result: true,
    });
    expect((await client.frame(({ id }) => id === 'c'))['values']).toEqual({ success: true, message: 'ok' });
    expect((await client.frame(({ id }) => id === 'g'))['status']).toBe(4);
    other.close();
    await expect.poll(() => graph.services.has('/stop')).toBe(false);
  });
});

describe('faults', () => {
  beforeEach(async () => {
    await start(2);
    await subscribe('/a', 'std_msgs/msg/Float64MultiArray');
    client.frames.length = 0;
  });

  const publish = (count: number): void => {
    for (let index = 0; index < count; index += 1) graph.publish('/a', { data: [index] });
  };
  const received = (): unknown[] => client.messages('/a').map(({ data }) => (data as number[])[0]);

  it('listens on loopback only', () => {
    expect(server.url).toMatch(/^ws:\/\/127\.0\.0\.1:/);
  });

  it('silence: nothing is sent, what comes is taken, pings are answered', async () => {
    server.inject('silence');
    publish(3);
    const taken: RosMessage[] = [];
    graph.subscribe('/a', undefined, (message) => taken.push(message));
    client.send({ op: 'publish', topic: '/a', msg: { data: [9] } });
    const ponged = new Promise((resolve) => client.socket.once('pong', resolve));
    client.socket.ping();
    await ponged;
    expect(received()).toEqual([]);
    expect(taken).toHaveLength(1);
  });

  it('half-open: nothing comes or goes, pings included, and nothing of it later', async () => {
    const taken: RosMessage[] = [];
    graph.subscribe('/a', undefined, (message) => taken.push(message));
    server.inject('half-open');
    let pongs = 0;
    client.socket.on('pong', () => (pongs += 1));
    client.socket.ping();
    client.send({ op: 'publish', topic: '/a', msg: { data: [9] } });
    // Another connection says when the server has read this one's frames.
    publish(3);
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.clearFaults();
    await client.settled();
    expect([pongs, received(), taken.length]).toEqual([0, [], 3]);
  });

  it('disconnect: cuts everybody, and who comes, until it is cleared', async () => {
    const closed = new Promise((resolve) => client.socket.once('close', resolve));
    server.inject('disconnect');
    await closed;
    const next = await RosbridgeClient.connect(server.url).catch(() => undefined);
    await expect.poll(() => next?.socket.readyState ?? 3).toBe(3);
    server.clearFaults();
    client = await RosbridgeClient.connect(server.url);
    await client.settled();
  });

  it('reordering: everything comes, some after its successor', async () => {
    server.inject('reordering');
    publish(50);
    server.clearFaults();
    await client.settled();
    expect(received()).not.toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(received().toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 50 }, (_, index) => index),
    );
  });

  it('duplicates: everything comes, some twice', async () => {
    server.inject('duplicates');
    publish(50);
    await client.settled();
    expect(new Set(received()).size).toBe(50);
    expect(received().length).toBeGreaterThan(50);
  });

  it('null-numbers: some messages have a null', async () => {
    server.inject('null-numbers');
    publish(50);
    await client.settled();
    expect(received()).toHaveLength(50);
    expect(received()).toContain(null);
  });

  it('late-images: pictures come later, as they were', async () => {
    await subscribe(IMAGE_TOPIC, 'sensor_msgs/msg/CompressedImage');
    server.inject('late-images');
    graph.publish(IMAGE_TOPIC, { format: 'jpeg', data: Uint8Array.of(1, 2) });
    publish(1);
    await client.settled();
    expect([client.messages(IMAGE_TOPIC), received()]).toEqual([[], [0]]);
    for (const deliver of late) deliver();
    await client.settled();
    expect(client.messages(IMAGE_TOPIC)[0]?.['data']).toBe(Buffer.from([1, 2]).toString('base64'));
  });

  it('names every fault once', () => {
    expect(new Set(ROSBRIDGE_FAULTS).size).toBe(ROSBRIDGE_FAULTS.length);
  });
});
