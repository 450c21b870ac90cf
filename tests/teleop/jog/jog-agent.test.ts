import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/core/clock.ts';
import type { Kinematics } from '../../../src/teleop/kinematics.ts';
import { JogAgent } from '../../../src/teleop/jog/jog-agent.ts';
import type { JogAgentOptions } from '../../../src/teleop/jog/jog-agent.ts';
import { makeObservation, makeRobot } from '../../../src/testing/index.ts';
import { runGated } from '../gated-run.ts';
import { ScriptedDevice } from '../scripted-device.ts';

const robot = makeRobot();

function bench(changes: Partial<JogAgentOptions> = {}) {
  const clock = new VirtualClock();
  const device = new ScriptedDevice();
  const agent = new JogAgent({ robot, kinematics: undefined, device, clock, ...changes });
  /** Where the arm is asked to go from where it stands. */
  const ask = async (commandRad: readonly number[] = [0, 0.5]): Promise<number[] | undefined> => {
    const { target } = await agent.act(makeObservation(commandRad, { timeNs: clock.nowNs() }));
    clock.advanceNs(5e7);
    return target && [...target.positionsRad];
  };
  return { clock, device, agent, ask };
}

describe('JogAgent', () => {
  it('moves while the dead-man is held; alone, it marks nothing as an intervention', async () => {
    const { device, agent, ask } = bench();
    await ask();
    device.push({ joint: 1 });
    expect((await ask())?.[0]).toBeCloseTo(0.1 / 20, 9);
    expect(await agent.act(makeObservation([0, 0.5]))).not.toHaveProperty('commander');
    expect(agent.isEngaged).toBe(true);
  });

  it('has no target when it is let go, until the arm stands; then it asks for it to stay', async () => {
    const { device, ask } = bench();
    await ask();
    device.push({ joint: 1 });
    await ask();
    device.push({}, false);
    expect(await ask([0.01, 0.5])).toBeUndefined();
    expect(await ask([0.012, 0.5])).toBeUndefined();
    expect(await ask([0.012, 0.5])).toEqual([0.012, 0.5]);
  });

  it('has no target at all while the device is gone, and says so', async () => {
    const { device, agent, ask } = bench();
    device.reading = undefined;
    for (let tick = 0; tick < 5; tick += 1) expect(await ask()).toBeUndefined();
    expect(agent.status.problem).toBe('scripted is gone');
    expect(agent.isEngaged).toBe(false);
  });

  it('wants the dead-man released first: at the start, after an episode, and when the device is back', async () => {
    const { device, agent, ask } = bench();
    const staysUntilReleased = async (): Promise<void> => {
      device.push({ joint: 1 });
      expect(await ask()).toBeUndefined();
      expect(await ask()).toEqual([0, 0.5]);
      expect(agent.status.problem).toMatch(/let go/);
      device.push({}, false);
      await ask();
      device.push({ joint: 1 });
      expect((await ask())?.[0]).toBeGreaterThan(0);
    };
    await staysUntilReleased();
    await agent.reset();
    await staysUntilReleased();
    device.reading = undefined;
    await ask();
    await staysUntilReleased();
  });

  it('wants it released after a press that makes the same push move something else', async () => {
    const { device, ask, agent } = bench();
    await ask();
    device.push({ joint: 1 });
    await ask();
    device.press({ kind: 'next-joint' });
    expect(agent.status.setting).toMatch(/joint 2 gripper/);
    expect(await ask()).toBeUndefined();
    device.push({}, false);
    await ask();
    device.push({ joint: 1 });
    expect((await ask())?.[1]).toBeGreaterThan(0.5);
  });

  it('changes the speed at once', async () => {
    const { device, ask, agent } = bench({ speed: 'slow' });
    await ask();
    device.push({ joint: 1 });
    const slow = (await ask())?.[0] ?? 0;
    device.press({ kind: 'faster' });
    expect((await ask())?.[0]).toBeGreaterThan(3 * slow);
    expect(agent.status.setting).toBe('joint 1 shoulder, medium (0.4 rad/s)');
    for (const kind of ['faster', 'faster', 'faster'] as const) device.press({ kind });
    expect(agent.status.setting).toMatch(/fast/);
  });

  it('has only the modes that the arm has', () => {
    const { device, agent } = bench({ mode: 'base' });
    device.press({ kind: 'next-mode' });
    expect(agent.status.setting).toMatch(/^joint/);
    const anything = { look: () => undefined, dispose: () => undefined } as unknown as Kinematics;
    const inSpace = bench({ kinematics: anything });
    const modes = [0, 1, 2, 3].map(() => {
      const { setting } = inSpace.agent.status;
      inSpace.device.press({ kind: 'next-mode' });
      return setting.split(' ')[0];
    });
    expect(modes).toEqual(['base', 'tool', 'joint', 'base']);
  });

  it('tells when somebody takes the dead-man, and when he gives back', async () => {
    const { device, agent, ask } = bench();
    const told: string[] = [];
    const end = agent.listen({ onEngaged: () => told.push('engaged'), onGiveBack: () => told.push('give back') });
    await ask();
    device.push({}, false);
    device.push({});
    device.press({ kind: 'give-back' });
    end();
    device.push({});
    expect(told).toEqual(['engaged', 'give back']);
  });

  it('closes its device and its kinematics', async () => {
    let isDisposed = false;
    const kinematics = { look: () => undefined, dispose: () => (isDisposed = true) } as unknown as Kinematics;
    const { agent, device } = bench({ kinematics });
    await agent.close();
    expect([device.isClosed, isDisposed]).toEqual([true, true]);
  });

  it('may be let go for as long as one likes, and goes on: its source keeps the lease', async () => {
    const { agent, device, clock } = bench();
    const { steps } = await runGated({
      robot,
      clock,
      agent,
      timeLimitS: 12,
      onTick: (tick) => {
        if (tick === 20 || tick === 220) device.push({ joint: 1 });
        if (tick === 30 || tick === 230) device.push({}, false);
      },
    });
    const moved = (from: number, to: number): number =>
      (steps[to]?.sent.positionsRad[0] ?? 0) - (steps[from]?.sent.positionsRad[0] ?? 0);
    expect(moved(100, 170)).toBeGreaterThan(0.04);
    expect(moved(170, 1099)).toBe(0);
    expect(moved(1099, 1170)).toBeGreaterThan(0.04);
    expect(new Set(steps.flatMap(({ gate }) => gate.reasons))).toEqual(new Set(['no-target']));
  });
});
