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
    expect(arm.failure?.code).toBe('E_GATE_DEAD');
    const [last, held] = server
      .published(FORWARD.topic)
      .slice(-2)
      .map(({ data }) => (data as number[])[0] as number);
    expect(Math.abs((held as number) - (last as number))).toBeLessThan(0.2);
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
