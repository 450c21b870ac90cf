import { describe, expect, it } from 'vitest';
import type { Agent, AgentDecision } from '../../src/core/agent.ts';
import { VirtualClock } from '../../src/core/clock.ts';
import { JogAgent } from '../../src/teleop/jog/jog-agent.ts';
import { TerminalKeys } from '../../src/teleop/keyboard/terminal-keys.ts';
import { TakeoverAgent } from '../../src/teleop/takeover-agent.ts';
import { ScriptedAgent, makeObservation, makeRobot } from '../../src/testing/index.ts';
import { EmittedSequence } from '../../bench/gate/emitted-sequence.ts';
import { runGated } from './gated-run.ts';
import { FakeProcess, FakeTerminal } from './keyboard/fake-terminal.ts';
import { ScriptedDevice } from './scripted-device.ts';

const robot = makeRobot();

/** A policy that answers when a test lets it. */
class SlowPolicy implements Agent {
  readonly name = 'slow';
  readonly seeds: number[] = [];
  readonly waiting: { answer: (positions: readonly number[]) => void; fail: (error: Error) => void }[] = [];

  reset(seed: number): Promise<void> {
    this.seeds.push(seed);
    return Promise.resolve();
  }

  act({ timeNs }: { readonly timeNs: number }): Promise<AgentDecision> {
    return new Promise((resolve, reject) => {
      this.waiting.push({
        answer: (positions) => {
          const target = { positionsRad: Float64Array.from(positions), createdNs: timeNs, observedNs: timeNs };
          resolve({ target, computeNs: 7 });
        },
        fail: reject,
      });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function bench<Policy extends Agent>(policy: Policy, withKeys = false) {
  const clock = new VirtualClock();
  clock.advanceNs(5e9);
  const device = new ScriptedDevice();
  const person = new JogAgent({ robot, kinematics: undefined, device, clock, speed: 'fast' });
  const terminal = new FakeTerminal();
  const keys = withKeys
    ? new TerminalKeys({ input: terminal, output: terminal.output, process: new FakeProcess().events })
    : undefined;
  const handOvers: string[] = [];
  const agent = new TakeoverAgent({ policy, person, keys, onHandOver: (commander) => handOvers.push(commander) });
  const ask = (commandRad: readonly number[] = [0, 0.5]): Promise<AgentDecision> =>
    agent.act(makeObservation(commandRad, { timeNs: clock.nowNs() }));
  return { clock, device, person, terminal, agent, policy, handOvers, ask };
}

describe('TakeoverAgent', () => {
  it('lets the policy command until the person takes the dead-man, and the person until he gives back', async () => {
    const policy = new ScriptedAgent(() => [0.2, 0.5]);
    const { agent, device, ask, handOvers } = bench(policy);
    await agent.reset(3);
    expect(await ask()).toMatchObject({ commander: 'policy' });
    device.push({ joint: 1 });
    const taken = await ask();
    expect(taken.commander).toBe('person');
    expect(taken.target?.positionsRad[0]).toBeCloseTo(0.8 / 20, 9);
    device.push({}, false);
    expect(await ask([0.01, 0.5])).toMatchObject({ commander: 'person', target: undefined });
    agent.giveBack();
    // The policy forgets first what it was about.
    expect(await ask()).toMatchObject({ commander: 'policy', target: undefined });
    expect((await ask()).target?.positionsRad[0]).toBe(0.2);
    expect(policy.seeds).toEqual([3, 3]);
    expect(handOvers).toEqual(['person', 'policy']);
  });

  it('does not give back while the dead-man is held', async () => {
    const { agent, device, ask } = bench(new ScriptedAgent(() => [0, 0]));
    await ask();
    device.push({ joint: 1 });
    await ask();
    device.press({ kind: 'give-back' });
    expect(agent.commander).toBe('person');
    device.push({}, false);
    device.press({ kind: 'give-back' });
    expect(agent.commander).toBe('policy');
  });

  it('is taken over and given back by keys as well; then the arm stays', async () => {
    const { agent, terminal, ask } = bench(new ScriptedAgent(() => [0, 0]), true);
    await ask();
    terminal.type('t');
    expect(agent.commander).toBe('person');
    await ask();
    const held = await ask();
    expect([...(held.target?.positionsRad ?? [])]).toEqual([0, 0.5]);
    terminal.type('b');
    expect(agent.commander).toBe('policy');
  });

  it('does not wait for a policy that thinks, when somebody takes over', async () => {
    const { device, ask, policy, agent } = bench(new SlowPolicy());
    const first = ask();
    await Promise.resolve();
    policy.waiting.shift()?.answer([0.1, 0.5]);
    await first;
    const thinking = ask();
    await Promise.resolve();
    device.push({ joint: 1 });
    expect(await thinking).toEqual({ target: undefined, computeNs: 0, commander: 'person' });
    expect((await ask([0.3, 0.5])).target?.positionsRad[0]).toBeCloseTo(0.3 + 0.8 / 20, 9);
    // What it comes to is not for this moment any more.
    policy.waiting.shift()?.answer([1, 1]);
    device.push({}, false);
    await ask();
    agent.giveBack();
    await ask();
    const anew = ask();
    await Promise.resolve();
    policy.waiting.shift()?.answer([0.31, 0.5]);
    expect((await anew).target?.positionsRad[0]).toBe(0.31);
  });

  it('has no target from a policy that still thinks about the time before', async () => {
    const { agent, ask, policy } = bench(new SlowPolicy());
    const thinking = ask();
    await Promise.resolve();
    agent.takeOver();
    await thinking;
    agent.giveBack();
    expect(await ask()).toMatchObject({ target: undefined, commander: 'policy' });
    expect(policy.waiting).toHaveLength(1);
  });

  it('passes on what the policy throws, also when it threw while the person commanded', async () => {
    const { agent, ask, policy } = bench(new SlowPolicy());
    const failing = ask();
    await Promise.resolve();
    policy.waiting.shift()?.fail(new Error('out of memory'));
    await expect(failing).rejects.toThrow('out of memory');

    const thinking = ask();
    await Promise.resolve();
    agent.takeOver();
    await thinking;
    policy.waiting.shift()?.fail(new Error('out of memory again'));
    expect(await ask()).toMatchObject({ commander: 'person' });
    agent.giveBack();
    await expect(ask()).rejects.toThrow('out of memory again');
  });

  it('begins every episode with the policy', async () => {
    const { agent, ask } = bench(new ScriptedAgent(() => [0, 0]));
    agent.takeOver();
    await agent.reset(5);
    expect(await ask()).toMatchObject({ commander: 'policy' });
  });

  it('makes no jump at any hand-over, and marks every decision', async () => {
    const policy = new ScriptedAgent(({ commandRad }) => [Math.min(1.2, (commandRad[0] ?? 0) + 0.08), 0.5]);
    const { agent, device, clock } = bench(policy);
    const { steps, result } = await runGated({
      robot,
      clock,
      agent,
      timeLimitS: 6,
      onTick: (tick) => {
        if (tick === 8) device.push({ joint: -1 });
        if (tick === 30) device.push({}, false);
        if (tick === 60) device.press({ kind: 'give-back' });
        if (tick === 70) device.push({ joint: -1 });
        if (tick === 71) device.push({}, false);
        if (tick === 75) device.press({ kind: 'give-back' });
      },
    });
    const emitted = new EmittedSequence(robot, Float64Array.from(robot.homeRad), (steps[0]?.timeNs ?? 0) - 1e7);
    for (const { sent, timeNs } of steps) emitted.add(sent.positionsRad, timeNs);
    for (const [limit, ratio] of Object.entries(emitted.worst)) expect(ratio, limit).toBeLessThanOrEqual(1 + 1e-9);
    expect(result.outcome).toBe('time-limit');
    expect(new Set(steps.flatMap(({ gate }) => gate.reasons))).toEqual(new Set(['no-target']));
    const commanders = steps.flatMap(({ decision, isControlTick, observation }) =>
      isControlTick && decision !== undefined ? [[observation.tick, decision.commander] as const] : [],
    );
    for (const [tick, commander] of commanders) {
      const isPerson = (tick >= 8 && tick < 60) || (tick >= 70 && tick < 75);
      expect([tick, commander]).toEqual([tick, isPerson ? 'person' : 'policy']);
    }
    expect(commanders).toHaveLength(120);
  });
});
