import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../property-seed.ts';
import { NS_PER_MS, VirtualClock } from '../../../src/core/clock.ts';
import { openTeleoperator } from '../../../src/runtime/teleop-table.ts';
import { JogAgent } from '../../../src/teleop/jog/jog-agent.ts';
import { NO_AXES } from '../../../src/teleop/jog/jog-input.ts';
import { HOLD_MS } from '../../../src/teleop/page/page-hand.ts';
import { PageJog } from '../../../src/teleop/page/page-jog.ts';
import { makeObservation, makeRobot } from '../../../src/testing/index.ts';

const robot = makeRobot();
/** Of the control. */
const PERIOD_MS = 50;

function bench() {
  const clock = new VirtualClock();
  const page = new PageJog(clock);
  const agent = new JogAgent({ robot, kinematics: undefined, device: page, clock, speed: 'fast' });
  const push = (isDeadManHeld: boolean): void =>
    page.push({ axes: { ...NO_AXES, joint: 1 }, isDeadManHeld, seenNs: clock.nowNs() });
  const wait = (ms: number): void => clock.advanceNs(ms * NS_PER_MS);
  /** Where the arm is asked to go from where it stands; undefined: it brakes. */
  const ask = async (commandRad: readonly number[] = [0, 0.5]): Promise<number[] | undefined> => {
    const { target } = await agent.act(makeObservation(commandRad, { timeNs: clock.nowNs() }));
    return target && [...target.positionsRad];
  };
  return { clock, page, agent, push, wait, ask };
}

describe('a page as a teleoperator', () => {
  it('stands without a page, keeps its command, and says what is missing', async () => {
    const { agent, ask, page, push, wait } = bench();
    expect(await ask()).toBeUndefined();
    expect(await ask()).toEqual([0, 0.5]);
    expect(agent.status.problem).toBe('take the control on the page');
    page.hand(7);
    push(false);
    await ask();
    wait(PERIOD_MS);
    push(true);
    expect(agent.isEngaged).toBe(true);
    expect((await ask())?.[0]).toBeGreaterThan(0);
    expect(agent.status).toMatchObject({ problem: undefined, jog: { mode: 'joint', joint: 0, speed: 'fast' } });
  });

  it('brakes when the page falls silent or is gone', async () => {
    const { ask, page, push, wait } = bench();
    page.hand(1);
    push(false);
    await ask();
    push(true);
    expect((await ask())?.[0]).toBeGreaterThan(0);
    wait(HOLD_MS + 1);
    expect(await ask([0.02, 0.5])).toBeUndefined();
    push(true);
    expect((await ask([0.02, 0.5]))?.[0]).toBeGreaterThan(0.02);
    page.hand(undefined);
    expect(await ask([0.04, 0.5])).toBeUndefined();
    expect(page.holder).toBeUndefined();
  });

  it('sets joint and speed by a press, and wants the dead-man released before another joint moves', async () => {
    const { agent, ask, page, push } = bench();
    page.hand(1);
    push(false);
    await ask();
    push(true);
    await ask();
    page.press({ kind: 'joint', number: 2 });
    page.press({ kind: 'speed', speed: 'slow' });
    page.press({ kind: 'mode', mode: 'base' });
    expect(agent.status.jog).toMatchObject({ mode: 'joint', joint: 1, speed: 'slow' });
    expect(await ask()).toBeUndefined();
    push(false);
    await ask();
    push(true);
    expect((await ask())?.[1]).not.toBe(0.5);
  });

  it('asks for motion, whatever comes and however late, only within 150 ms after a held word', async () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 1, max: 300 }),
      says: fc.constantFrom('held', 'let go', 'nothing', 'nothing'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, page, push, wait, ask } = bench();
        page.hand(1);
        let heldNs = -Infinity;
        let command = [0, 0.5];
        for (const { afterMs, says } of steps) {
          wait(afterMs);
          if (says !== 'nothing') push(says === 'held');
          if (says === 'held') heldNs = clock.nowNs();
          if (says === 'let go') heldNs = -Infinity;
          const target = await ask(command);
          const moves = target !== undefined && target.some((value, joint) => value !== command[joint]);
          if (clock.nowNs() - heldNs > HOLD_MS * NS_PER_MS) expect(moves).toBe(false);
          command = target ?? command;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is opened by its name, with the page it is given, and not without one', async () => {
    const clock = new VirtualClock();
    const page = new PageJog(clock);
    const person = await openTeleoperator('page:mode=joint,speed=medium', { robot, clock, page });
    expect(person.name).toBe('page');
    expect(person.status.jog).toMatchObject({ mode: 'joint', speed: 'medium' });
    await person.close();
    await expect(openTeleoperator('page', { robot, clock })).rejects.toThrow(/E_NO_DASHBOARD/);
  });
});
