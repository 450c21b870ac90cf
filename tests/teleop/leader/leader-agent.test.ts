import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/core/clock.ts';
import type { ArmState } from '../../../src/core/observation.ts';
import { PushSource } from '../../../src/core/source.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import type { KeyListener, KeySource } from '../../../src/teleop/keyboard/key-source.ts';
import { LeaderAgent } from '../../../src/teleop/leader/leader-agent.ts';
import type { LeaderOptions } from '../../../src/teleop/leader/leader-agent.ts';
import { leaderOfSource } from '../../../src/teleop/leader/leader-source.ts';
import { makeArmState, makeObservation } from '../../../src/testing/index.ts';

const robot = loadRobot('so101');
const NAMES = robot.joints.map(({ name }) => name);
const HOME = robot.homeRad;
const TICK_NS = 5e7;

/** A follower that is where it was sent, and a leader that a test moves. */
function bench(changes: Partial<LeaderOptions> = {}) {
  const clock = new VirtualClock();
  clock.advanceNs(5e9);
  const source = new PushSource<ArmState>();
  const agent = new LeaderAgent({ robot, clock, source: leaderOfSource('leader', source, NAMES), ...changes });
  let commandRad: Float64Array = Float64Array.from(HOME);
  return {
    agent,
    clock,
    source,
    /** Puts the leader somewhere, as of now. */
    put: (positionsRad: readonly number[], velocityRadPerS = 0) => {
      const state = makeArmState(positionsRad, clock.nowNs());
      source.push({ ...state, velocitiesRadPerS: state.velocitiesRadPerS.fill(velocityRadPerS) });
    },
    /** One decision, and the time until the next; where the arm is sent then. */
    tick: async () => {
      const { target } = await agent.act(makeObservation([], { commandRad, timeNs: clock.nowNs() }));
      clock.advanceNs(TICK_NS);
      if (target !== undefined) commandRad = target.positionsRad;
      return target && [...target.positionsRad];
    },
    get command() {
      return [...commandRad];
    },
  };
}

const shifted = (by: number, joint = 0): number[] => HOME.map((value, index) => (index === joint ? value + by : value));

describe('a leader arm', () => {
  it('does not lead until somebody switches it on; the arm stays where it is', async () => {
    const { put, tick } = bench();
    put(shifted(0.2));
    expect(await tick()).toBeUndefined();
    put(shifted(0.25));
    expect(await tick()).toEqual([...HOME]);
  });

  it('leads joint by joint, by name, once it is switched on', async () => {
    const { agent, put, tick, command } = bench();
    put(HOME);
    await tick();
    agent.engage();
    let last: number[] = command;
    for (let step = 0; step < 40; step += 1) {
      put(HOME.map((value, joint) => value + 0.005 * step * (joint % 2 === 0 ? 1 : -1)));
      last = (await tick()) ?? [];
    }
    last.forEach((value, joint) =>
      expect(value).toBeCloseTo((HOME[joint] ?? 0) + 0.195 * (joint % 2 === 0 ? 1 : -1), 6),
    );
    expect(agent.status).toEqual({ setting: 'leading, absolute', problem: undefined });
  });

  it('refuses while joints are not aligned, and says which and by how much', async () => {
    const { agent, put, tick } = bench();
    put(HOME.map((value, joint) => value + ([0.5, 0, -0.41, 0.1, 0, 0.9][joint] ?? 0)));
    await tick();
    agent.engage();
    expect(await tick()).toEqual([...HOME]);
    expect(agent.isEngaged).toBe(false);
    expect(agent.status.problem).toBe(
      'not aligned, the leader is off at shoulder_pan by +0.50 rad, elbow_flex by -0.41 rad: move it there and switch leading on again',
    );
    expect(agent.gaps.map(({ gapRad }) => Number(gapRad.toFixed(2)))).toEqual([0.5, 0, -0.41, 0.1, 0, 0.9]);
    put(HOME);
    agent.engage();
    await tick();
    expect(agent.isEngaged).toBe(true);
    expect(agent.status.problem).toBeUndefined();
  });

  it('is caught up with slowly, and then followed', async () => {
    const { agent, put, tick } = bench();
    put(shifted(0.3));
    await tick();
    agent.engage();
    const steps: number[] = [];
    let last = HOME[0] ?? 0;
    for (let step = 0; step < 20; step += 1) {
      put(shifted(0.3));
      const next = (await tick())?.[0] ?? 0;
      steps.push(next - last);
      last = next;
    }
    expect(Math.max(...steps)).toBeCloseTo(0.5 / 20, 9);
    expect(last).toBeCloseTo((HOME[0] ?? 0) + 0.3, 9);
    put(shifted(0.4));
    expect((await tick())?.[0]).toBeCloseTo((HOME[0] ?? 0) + 0.4, 9);
  });

  it('is followed no faster than the limits of the follower allow', async () => {
    const { agent, put, tick, command } = bench();
    put(HOME);
    await tick();
    agent.engage();
    put(HOME);
    await tick();
    put(shifted(0.3));
    expect(((await tick())?.[0] ?? 0) - (command[0] ?? 0)).toBeCloseTo((0.9 * 3) / 20, 9);
  });

  it('is followed into the soft limits and no further', async () => {
    const { agent, put, tick } = bench();
    let at = 0;
    put(HOME);
    await tick();
    agent.engage();
    for (let step = 0; step < 80; step += 1) {
      at = Math.min(2.5, at + 0.1);
      put(shifted(at));
      await tick();
    }
    expect((await tick())?.[0]).toBeCloseTo(1.91986 - 0.03, 5);
  });

  it('takes what a mapping says for joints that go differently', async () => {
    const { agent, put, tick } = bench({
      mapping: { shoulder_pan: { leader: 'wrist_roll', sign: -1, scale: 0.5, offsetRad: 0.1 } },
    });
    put(HOME.map((value, joint) => (joint === 4 ? 0.3 : value)));
    await tick();
    agent.engage();
    for (let step = 0; step < 20; step += 1) {
      put(HOME.map((value, joint) => (joint === 4 ? 0.3 : value)));
      await tick();
    }
    expect((await tick())?.[0]).toBeCloseTo(-0.05, 9);
  });

  it('leaves joints it does not have where they are', async () => {
    const clock = new VirtualClock();
    const source = new PushSource<ArmState>();
    const agent = new LeaderAgent({
      robot,
      clock,
      source: leaderOfSource('leader', source, ['shoulder_pan', 'gripper']),
    });
    source.push(makeArmState([0.1, 0.5], 0));
    agent.engage();
    const { target } = await agent.act(makeObservation([], { commandRad: Float64Array.from(HOME) }));
    expect([...(target?.positionsRad ?? [])].slice(1, 5)).toEqual(HOME.slice(1, 5));
  });

  it('of another kind is refused with the joints that there are', () => {
    const source = (names: readonly string[]) => leaderOfSource('leader', new PushSource<ArmState>(), names);
    const open = (changes: Partial<LeaderOptions>) => () => bench(changes);
    expect(open({ source: source(['a', 'b']) })).toThrow(/E_LEADER_MAPPING: leader and follower share no joint/);
    expect(open({ mapping: { elbow: { leader: 'elbow_flex' } } })).toThrow(
      /E_LEADER_MAPPING.*no joint "elbow".*elbow_flex/s,
    );
    expect(open({ mapping: { gripper: { leader: 'hand' } } })).toThrow(
      /E_LEADER_MAPPING: the leader has no joint "hand"/,
    );
    expect(open({ mapping: { gripper: { leader: 'gripper', scale: 0 } } })).toThrow(
      /E_LEADER_MAPPING.*impossible scale/,
    );
  });
});

describe('a leader that cannot be believed', () => {
  async function leading(changes: Partial<LeaderOptions> = {}) {
    const all = bench(changes);
    all.put(HOME);
    await all.tick();
    all.agent.engage();
    all.put(HOME);
    await all.tick();
    expect(all.agent.isEngaged).toBe(true);
    return all;
  }

  it('because it is silent has no target, until it is switched on again', async () => {
    const { agent, put, tick, clock } = await leading();
    clock.advanceNs(1e8);
    expect(await tick()).toBeUndefined();
    expect(await tick()).toBeUndefined();
    expect(agent.status.problem).toMatch(/the leader is silent for \d+ ms; switch leading on again/);
    put(HOME);
    await tick();
    put(HOME);
    await tick();
    expect(agent.isEngaged).toBe(false);
    agent.engage();
    put(HOME);
    expect(await tick()).toBeDefined();
    expect(agent.isEngaged).toBe(true);
  });

  it('because it says that it moves and stays the same', async () => {
    const { agent, put, tick } = await leading();
    const targets: unknown[] = [];
    for (let step = 0; step < 8; step += 1) {
      put(shifted(0.1), 0.5);
      targets.push(await tick());
    }
    expect(targets.at(-1)).toBeUndefined();
    expect(agent.status.problem).toMatch(/frozen/);
  });

  it('but not because it is held still', async () => {
    const { agent, put, tick } = await leading();
    for (let step = 0; step < 100; step += 1) {
      put(HOME);
      expect(await tick()).toBeDefined();
    }
    expect(agent.isEngaged).toBe(true);
  });

  it('because it leaps', async () => {
    const { agent, put, tick } = await leading();
    put(shifted(1.2));
    expect(await tick()).toBeUndefined();
    expect(agent.status.problem).toMatch(/leapt by 1\.20 rad/);
  });

  it('because its joints are nowhere, or too few', async () => {
    for (const positions of [HOME.map(() => NaN), [0, 0]]) {
      const { put, tick } = await leading();
      put(positions);
      expect(await tick()).toBeUndefined();
    }
  });

  it('because its link fails', async () => {
    const { agent, source, tick } = await leading();
    source.fail(new Error('unplugged'));
    expect(await tick()).toBeUndefined();
    expect(agent.status.problem).toMatch(/says nothing/);
  });
});

describe('leading relative to where both arms were', () => {
  it('needs no alignment, and moves as the leader moves', async () => {
    const { agent, put, tick } = bench({ mode: 'relative' });
    const far = HOME.map((value, joint) => (joint === 5 ? value : value + 0.8));
    put(far);
    await tick();
    agent.engage();
    put(far);
    expect(await tick()).toEqual([...HOME]);
    put(far.map((value, joint) => (joint === 0 ? value + 0.1 : value)));
    expect((await tick())?.[0]).toBeCloseTo((HOME[0] ?? 0) + 0.1, 9);
  });

  it('is let go and taken elsewhere, as a clutch is', async () => {
    const { agent, put, tick } = bench({ mode: 'relative' });
    put(HOME);
    await tick();
    for (let round = 0; round < 3; round += 1) {
      agent.engage();
      for (const by of [0, 0.05, 0.1]) {
        put(shifted(by));
        await tick();
      }
      agent.disengage();
      put(shifted(0));
      await tick();
      put(shifted(0));
      await tick();
    }
    expect((await tick())?.[0]).toBeCloseTo((HOME[0] ?? 0) + 0.3, 9);
  });

  it('turns back at once from the end of a joint', async () => {
    const { agent, put, tick } = bench({ mode: 'relative' });
    put(HOME);
    await tick();
    agent.engage();
    let at = 0;
    for (let step = 0; step < 60; step += 1) {
      at += 0.05;
      put(shifted(at));
      await tick();
    }
    put(shifted(at - 0.1));
    expect((await tick())?.[0]).toBeCloseTo(1.91986 - 0.03 - 0.1, 5);
  });
});

describe('what switches leading on', () => {
  it('may be a dead-man: it leads while that is held, and a refusal needs another press', async () => {
    let isHeld = true;
    const { agent, put, tick } = bench({ deadMan: () => isHeld });
    const led = async (held: boolean, by = 0): Promise<boolean> => {
      isHeld = held;
      put(shifted(by));
      await tick();
      return agent.isEngaged;
    };
    // Held all along, it means nothing.
    expect(await led(true)).toBe(false);
    expect(await led(false)).toBe(false);
    expect(await led(true)).toBe(true);
    expect(await led(false)).toBe(false);
    expect(await led(true, 0.5)).toBe(false);
    expect(await led(true)).toBe(false);
    expect(await led(false)).toBe(false);
    expect(await led(true)).toBe(true);
  });

  it('may be Enter, which also switches it off; a terminal that is lost does as well', () => {
    let listener: KeyListener = {};
    let isOpen = true;
    const keys: KeySource = {
      reportsReleases: false,
      get isOpen() {
        return isOpen;
      },
      listen: (given) => {
        listener = given;
        return () => (listener = {});
      },
      close: () => undefined,
    };
    const { agent } = bench({ keys });
    const enter = { key: 'enter', kind: 'press', ctrl: false, alt: false, shift: false } as const;
    const states = [0, 1, 2].map(() => {
      listener.onKey?.(enter);
      return agent.isEngaged;
    });
    expect(states).toEqual([true, false, true]);
    isOpen = false;
    expect(agent.isEngaged).toBe(false);
  });

  it('is over with the episode', async () => {
    const { agent } = bench();
    agent.engage();
    await agent.reset();
    expect(agent.isEngaged).toBe(false);
  });
});
