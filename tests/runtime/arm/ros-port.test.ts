import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { MonotonicClock } from '../../../src/core/clock.ts';
import { ProcessArm } from '../../../src/runtime/arm/process-arm.ts';
import type { ProcessArmOptions } from '../../../src/runtime/arm/process-arm.ts';
import type { ArmRecord } from '../../../src/runtime/arm/record-format.ts';
import { FakeBridge } from '../../drivers/ros/fake-bridge.ts';
import { FORWARD, jointState, rosRobot } from '../../drivers/ros/ros-robot.ts';

/** Waits are for events on a machine that may be busy. */
const PATIENCE_MS = 60_000;

const clock = new MonotonicClock();
const ending: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
});

/** A bridge before an arm that is where it was told to be last. */
async function bridge(port = 0): Promise<FakeBridge> {
  const server = await FakeBridge.listen({ port });
  const timer = setInterval(() => {
    const [shoulder = 0, gripper = 0.5] = (server.published(FORWARD.topic).at(-1)?.['data'] ?? []) as number[];
    server.publish('/joint_states', jointState(Date.now() * 1e6, { shoulder, gripper }));
  }, 5);
  ending.push(
    () => server.close(),
    () => clearInterval(timer),
  );
  return server;
}

async function start(url: string, changes: Partial<ProcessArmOptions> = {}): Promise<ProcessArm> {
  const arm = await ProcessArm.start({ robot: rosRobot(), driver: { kind: 'ros', url }, clock, ...changes });
  ending.push(() => arm.close());
  return arm;
}

/** Sends the shoulder there, again and again, until a record fits. */
async function moveUntil(arm: ProcessArm, condition: (record: ArmRecord) => boolean): Promise<ArmRecord> {
  const timer = setInterval(() => {
    arm.follow({ positionsRad: Float64Array.of(1, 0.5), createdNs: clock.nowNs(), observedNs: clock.nowNs() });
  }, 50);
  try {
    return await seen(arm, condition);
  } finally {
    clearInterval(timer);
  }
}

/** The first record that fits, also after a failure. */
function seen(arm: ProcessArm, condition: (record: ArmRecord) => boolean): Promise<ArmRecord> {
  return new Promise((resolve) => {
    const unlisten = arm.listen({
      onRecord: (record) => {
        if (!condition(record)) return;
        unlisten();
        resolve(record);
      },
    });
  });
}

const hasMoved = ({ measuredRad }: ArmRecord): boolean => (measuredRad[0] ?? 0) > 0.05;

describe('an arm process whose arm is behind ROS', { timeout: 3 * PATIENCE_MS }, () => {
  it('moves it, stops when the link is lost, and goes on only after reset and arming', async () => {
    const server = await bridge();
    const arm = await start(server.url);
    await arm.arm();
    await moveUntil(arm, hasMoved);
    const { port } = server;
    await server.close();
    const lost = await moveUntil(arm, ({ cause, state }) => cause === 'link' && state === 'protective-stop');
    expect(lost.isStill || lost.sentRad.length > 0).toBe(true);
    const again = await bridge(port);
    await moveUntil(arm, ({ arm: { fresh } }) => fresh);
    // Neither the setpoints that went on coming nor anything from before got through.
    const sent = (): number[] => again.published(FORWARD.topic).map(({ data }) => (data as number[])[0] as number);
    expect(new Set(sent())).toEqual(sent().length > 0 ? new Set([0]) : new Set());
    arm.command('reset');
    await seen(arm, ({ state }) => state === 'disarmed');
    await arm.arm();
    await moveUntil(arm, hasMoved);
    expect(sent().at(-1)).toBeGreaterThan(0.05);
  });

  it('invariant 14: tells the arm to hold when the gate is dead', async () => {
    const url = new URL('../../../src/testing/index.ts', import.meta.url).href;
    const server = await bridge();
    const arm = await start(server.url, { wrap: { url, options: { fault: 'hanging', afterWrites: 30 } } });
    await arm.arm();
    await moveUntil(arm, ({ state }) => state === 'gate-dead');
    // What it died of is said after the record, and may come with the next bytes.
    await expect.poll(() => arm.failure?.code, { timeout: PATIENCE_MS }).toBe('E_GATE_DEAD');
    const [last, held] = server
      .published(FORWARD.topic)
      .slice(-2)
      .map(({ data }) => (data as number[])[0] as number);
    expect(Math.abs((held as number) - (last as number))).toBeLessThan(0.2);
  });

  it('shows itself in the graph: anybody may stop the arm, to arm it takes the code of the operator', async () => {
    const server = await bridge();
    const arm = await start(server.url);
    await server.until(() => server.ops('publish', '/armature/status').length > 0);
    const call = async (service: string, text: string): Promise<unknown> => {
      const id = `${service}${Math.random()}`;
      server.broadcast({ op: 'call_service', id, service, args: { load_namespace: text } });
      await server.until(() => server.ops('service_response').some((frame) => frame['id'] === id));
      return server.ops('service_response').find((frame) => frame['id'] === id)?.['values'];
    };
    expect(await call('/armature/arm', '1234')).toMatchObject({ success: false });
    expect(await call('/armature/arm', '12345678')).toMatchObject({
      success: false,
      message: expect.stringContaining('E_OPERATOR_TOKEN'),
    });
    // Whoever guesses does not end the session of the one who drives.
    expect(arm.failure).toBeUndefined();
    const code = arm.consent();
    // It goes another way than the call, and a person reads it first.
    await delay(200);
    expect(await call('/armature/arm', `${code.slice(0, 4)} ${code.slice(4)}`)).toEqual({
      success: true,
      message: 'hold',
    });
    // It was good once.
    expect(await call('/armature/arm', code)).toMatchObject({ success: false });
    expect(arm.failure).toBeUndefined();
    await moveUntil(arm, hasMoved);
    expect(await call('/armature/stop', '')).toMatchObject({ success: true });
    expect((await seen(arm, ({ isStill }) => isStill)).cause).toBe('operator');
    await server.until(() => server.published('/diagnostics').length > 0);
    expect(server.published('/diagnostics').at(-1)).toMatchObject({
      status: [{ name: 'armature: safety gate', hardware_id: 'two-joint' }],
    });
    const decisions = server.published('/armature/decision').map(({ data }) => JSON.parse(data as string) as unknown);
    expect(decisions).toContainEqual(expect.objectContaining({ state: 'active', sentRad: expect.any(Array) }));
  });

  it('says what is wrong with the arm, and does not start', async () => {
    const server = await FakeBridge.listen();
    ending.push(() => server.close());
    const { url } = server;
    await expect(start(url)).rejects.toMatchObject({ code: 'E_ROS_NO_STATE' });
    await server.close();
    await expect(start(url)).rejects.toMatchObject({ code: 'E_ROS_UNREACHABLE' });
  });
});
