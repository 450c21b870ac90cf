import { afterAll, describe, expect, it } from 'vitest';
import type { DecisionDeadline } from '../../src/policy/decide-tokens.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { GatoAgent } from '../../src/runtime/gato-agent.ts';
import type { TokenPolicy } from '../../src/runtime/gato-agent.ts';
import { makeObservation, makeRobot } from '../../src/testing/index.ts';
import { tiny, tinyChunk, tinyDirectory, tinyParallelChunk } from '../policy/tiny-policy.ts';
import { tinyObservation, tinyRobot } from './tiny-robot.ts';

const { bins, textVocabulary } = tiny.manifest.tokens.codec;
/** The bin just above zero, and the last one. */
const [middle, top] = [bins / 2, bins - 1];

/** Emits the same bins every time and remembers what it was given. */
function scriptedPolicy(chosen: readonly number[], chunk = tiny.manifest.tokens.chunk, kept = 0) {
  const frames: { textIds: number[]; allowed: readonly { low: number; high: number }[] }[] = [];
  const seeds: number[] = [];
  const deadlines: (DecisionDeadline | undefined)[] = [];
  const policy: TokenPolicy = {
    manifest: { ...tiny.manifest, tokens: { ...tiny.manifest.tokens, chunk } },
    reset: (seed) => {
      seeds.push(seed);
      return Promise.resolve();
    },
    decide: (frame, allowed, options) => {
      deadlines.push(options?.deadline);
      frames.push({
        textIds: [...frame.textIds],
        allowed: allowed.flatMap((bins) => ('bins' in bins ? [] : [bins])),
      });
      const tokens = chosen.map((bin) => textVocabulary + bin);
      return Promise.resolve({
        tokens,
        probabilities: chosen.map(() => 1),
        masked: chosen.map(() => false),
        allowed,
        likeliest: chosen,
        kept,
        inferenceNs: 1,
      });
    },
    close: () => Promise.resolve(),
  };
  return { policy, frames, seeds, deadlines };
}

const loaded = GatoAgent.load(tinyRobot(), tinyDirectory, { threads: 1, precision: 'fp32' });
afterAll(async () => (await loaded).close());

/** At half a radian per second no more than 0.025 rad can be gone in a control period of 20 Hz. */
function slow(robot: RobotSpec): RobotSpec {
  const joints = robot.joints.map((joint) => ({ ...joint, limits: { ...joint.limits, velocityRadPerS: 0.5 } }));
  return { ...robot, joints };
}

describe('GatoAgent', () => {
  it('turns an observation into tokens, and action tokens into a target relative to the last command', async () => {
    const { policy, frames, seeds } = scriptedPolicy([0, middle, top]);
    const agent = new GatoAgent(tinyRobot(), policy);
    await agent.reset(3);
    const { target, trace } = await agent.act(tinyObservation());
    expect(seeds).toEqual([3]);
    expect(frames[0]?.textIds).toEqual([1, 2, 3, 4]);
    const binWidth = 0.2 / bins;
    expect(target?.positionsRad[0]).toBeCloseTo(0.1 - 0.1 + binWidth / 2, 12);
    // Within the dead band: exactly the command.
    expect(target?.positionsRad[1]).toBe(-0.2);
    expect(target?.positionsRad[2]).toBeCloseTo(0.3 + 0.1 - binWidth / 2, 12);
    expect(target).toMatchObject({ createdNs: 42, observedNs: 42 });
    expect(trace?.actionTokens).toEqual([0, middle, top].map((bin) => textVocabulary + bin));
  });

  it('says what the policy attended to in the tick that was decided then, and in no later one of a chunk', async () => {
    const attention = Float32Array.of(0.25, 0.5);
    const agentOf = (execute: number): GatoAgent => {
      const { policy } = scriptedPolicy(
        Array.from({ length: 3 * execute }, () => middle),
        { steps: execute, execute },
      );
      const decide: TokenPolicy['decide'] = async (...given) => ({ ...(await policy.decide(...given)), attention });
      return new GatoAgent(tinyRobot(), { ...policy, decide });
    };
    const [single, chunk] = [agentOf(1), agentOf(2)];
    expect((await single.act(tinyObservation())).attention).toEqual(attention);
    expect((await chunk.act(tinyObservation())).attention).toEqual(attention);
    expect(await chunk.act(tinyObservation())).not.toHaveProperty('attention');
    const { policy } = scriptedPolicy([middle, middle, middle]);
    expect(await new GatoAgent(tinyRobot(), policy).act(tinyObservation())).not.toHaveProperty('attention');
  });

  it('allows the policy no bin that leads out of the soft limits', async () => {
    const { policy, frames } = scriptedPolicy([middle, middle, middle]);
    const { arm } = makeObservation([1.45, 0, -1.45]);
    const seen = tinyObservation({ arm, commandRad: arm.value.positionsRad });
    await new GatoAgent(tinyRobot(), policy).act(seen);
    const [high, free, low] = frames[0]?.allowed ?? [];
    expect(high?.high).toBeLessThanOrEqual(middle + 1);
    expect(free).toEqual({ low: 0, high: top });
    expect(low?.low).toBeGreaterThanOrEqual(middle - 2);
  });

  it('allows only what can be reached in a control period, unless told otherwise, and says what that changed', async () => {
    const { policy, frames } = scriptedPolicy([middle, middle, middle]);
    const robot = slow(tinyRobot());
    const { trace } = await new GatoAgent(robot, policy).act(tinyObservation());
    await new GatoAgent(robot, policy, { safetyMask: false }).act(tinyObservation());
    const [masked, plain] = frames.map(({ allowed }) => allowed);
    for (const joint of [0, 1, 2]) {
      expect(masked?.[joint]?.low).toBeGreaterThan(plain?.[joint]?.low ?? 0);
      expect(masked?.[joint]?.high).toBeLessThan(plain?.[joint]?.high ?? 0);
    }
    expect(trace?.masked).toEqual([false, false, false]);
  });

  it.each(['arm', 'camera'])('has no target and does not run while the %s is stale', async (stale) => {
    const { policy, frames } = scriptedPolicy([middle, middle, middle]);
    const fresh = tinyObservation();
    const observation =
      stale === 'arm'
        ? { ...fresh, arm: { ...fresh.arm, fresh: false } }
        : tinyObservation({
            cameras: new Map([...fresh.cameras].map(([name, sample]) => [name, { ...sample, fresh: false }])),
          });
    expect((await new GatoAgent(tinyRobot(), policy).act(observation)).target).toBeUndefined();
    expect(frames).toEqual([]);
  });

  it('stamps targets with its clock when it has one', async () => {
    const { policy } = scriptedPolicy([middle, middle, middle]);
    const agent = new GatoAgent(tinyRobot(), policy, { clock: { nowNs: () => 99 } });
    expect((await agent.act(tinyObservation())).target).toMatchObject({ createdNs: 99, observedNs: 42 });
  });

  it('names a camera the robot has not connected', async () => {
    const agent = new GatoAgent(tinyRobot(), scriptedPolicy([middle, middle, middle]).policy);
    await expect(agent.act(tinyObservation({ cameras: new Map() }))).rejects.toThrow(/E_CAMERA_MISSING.*"front"/);
  });

  it('refuses a robot the policy was not trained on', async () => {
    const { policy } = scriptedPolicy([]);
    expect(() => new GatoAgent(makeRobot(), policy)).toThrow(/E_LAYOUT_ROBOT/);
    await expect(GatoAgent.load(makeRobot(), tinyDirectory)).rejects.toThrow(/E_LAYOUT_ROBOT/);
  });

  describe('with a deadline', () => {
    const [half, stay] = [(3 * bins) / 4, bins / 2];

    it('asks for it from the observation on, and lets joints keep the target of the decision before', async () => {
      const { policy, deadlines } = scriptedPolicy([middle, middle, top]);
      const agent = new GatoAgent(tinyRobot(), policy, { deadlineNs: 1000, safetyMask: false });
      await agent.reset(1);
      const { target, trace } = await agent.act(tinyObservation());
      expect(deadlines[0]).toEqual({ atNs: 1042, keep: [stay, stay, stay] });
      expect(trace).not.toHaveProperty('keptJoints');
      // The arm was sent half of the way only: the rest of it is what the last target asks for.
      const commandRad = Float64Array.from(tinyObservation().commandRad);
      commandRad[2] = ((target?.positionsRad[2] ?? NaN) + (commandRad[2] ?? NaN)) / 2;
      await agent.act(tinyObservation({ commandRad }));
      expect(deadlines[1]?.keep.slice(0, 2)).toEqual([stay, stay]);
      expect(Math.abs((deadlines[1]?.keep[2] ?? NaN) - half)).toBeLessThanOrEqual(1);
    });

    it('keeps the command after a reset, and while it had no target', async () => {
      const { policy, deadlines } = scriptedPolicy([top, top, top]);
      const agent = new GatoAgent(tinyRobot(), policy, { deadlineNs: 1000 });
      await agent.act(tinyObservation());
      await agent.reset(1);
      await agent.act(tinyObservation());
      const fresh = tinyObservation();
      await agent.act({ ...fresh, arm: { ...fresh.arm, fresh: false } });
      await agent.act(tinyObservation());
      expect(deadlines.map((deadline) => deadline?.keep)).toEqual(deadlines.map(() => [stay, stay, stay]));
    });

    it('says of each tick of a chunk how many joints kept their target', async () => {
      const chunk = { steps: 3, execute: 3 };
      const { policy, deadlines } = scriptedPolicy(Array<number>(9).fill(middle), chunk, 4);
      const agent = new GatoAgent(tinyRobot(), policy, { deadlineNs: 1000 });
      const counts: unknown[] = [];
      for (let tick = 0; tick < 3; tick += 1) counts.push((await agent.act(tinyObservation())).trace?.keptJoints);
      expect(counts).toEqual([undefined, 1, 3]);
      expect(deadlines[0]?.keep).toHaveLength(9);
    });

    it('has none unless told', async () => {
      const { policy, deadlines } = scriptedPolicy([middle, middle, middle]);
      await new GatoAgent(tinyRobot(), policy).act(tinyObservation());
      expect(deadlines).toEqual([undefined]);
    });
  });

  describe('with chunks', () => {
    const chunk = { steps: 4, execute: 3 };
    const perTick = [
      [middle, middle, top],
      [top, middle, middle],
      [0, middle, middle],
    ];

    it('asks the policy once, and carries each tick out on the command of that tick', async () => {
      const { policy, frames } = scriptedPolicy(perTick.flat(), chunk);
      const agent = new GatoAgent(tinyRobot(), policy);
      const step = 0.1 - 0.1 / bins;
      const commands = [
        [0.1, 0, 0.3],
        [0.05, 0, 0.4],
        [0.2, 0, 0.35],
      ] as const;
      const expected = [
        [0.1, 0, 0.3 + step],
        [0.05 + step, 0, 0.4],
        [0.2 - step, 0, 0.35],
      ];
      for (const [tick, command] of commands.entries()) {
        const { target, trace } = await agent.act(tinyObservation({ commandRad: Float64Array.from(command) }));
        expect(frames).toHaveLength(1);
        expect(trace?.actionTokens).toEqual(perTick[tick]?.map((bin) => textVocabulary + bin));
        target?.positionsRad.forEach((value, joint) => expect(value).toBeCloseTo(expected[tick]?.[joint] ?? NaN, 12));
      }
      expect(frames[0]?.allowed).toHaveLength(9);
      await agent.act(tinyObservation());
      expect(frames).toHaveLength(2);
    });

    it('keeps a delta of a later tick inside the limits that hold from the command of then', async () => {
      const { policy } = scriptedPolicy(perTick.flat(), chunk);
      const agent = new GatoAgent(tinyRobot(), policy);
      await agent.act(tinyObservation());
      const near = tinyObservation({ commandRad: Float64Array.of(1.45, 0, 0) });
      const measured = { ...near.arm, value: { ...near.arm.value, positionsRad: Float64Array.of(1.45, 0, 0) } };
      const { target, trace } = await agent.act({ ...near, arm: measured });
      expect(trace?.actionTokens[0]).toBeLessThan(textVocabulary + top);
      const [, high = NaN] = tinyRobot().joints[0]?.limits.positionRad ?? [];
      expect(target?.positionsRad[0]).toBeLessThanOrEqual(high);
    });

    it.each(['a reset', 'a stale observation'])('decides anew after %s', async (what) => {
      const { policy, frames } = scriptedPolicy(perTick.flat(), chunk);
      const agent = new GatoAgent(tinyRobot(), policy);
      const fresh = tinyObservation();
      await agent.act(fresh);
      if (what === 'a reset') await agent.reset(1);
      else await agent.act({ ...fresh, arm: { ...fresh.arm, fresh: false } });
      expect((await agent.act(fresh)).trace?.actionTokens).toEqual(perTick[0]?.map((bin) => textVocabulary + bin));
      expect(frames).toHaveLength(2);
    });

    it('drops what was still being decided when it was reset', async () => {
      const { policy, frames } = scriptedPolicy(perTick.flat(), chunk);
      const agent = new GatoAgent(tinyRobot(), policy);
      const late = agent.act(tinyObservation());
      await agent.reset(1);
      await late;
      await agent.act(tinyObservation());
      expect(frames).toHaveLength(2);
    });

    it.each([tinyChunk, tinyParallelChunk])('runs a policy from its files: $directory', async ({ directory }) => {
      const agent = await GatoAgent.load(tinyRobot(), directory, { threads: 1, precision: 'fp32' });
      for (let tick = 0; tick < 4; tick += 1)
        expect((await agent.act(tinyObservation())).trace?.actionTokens).toHaveLength(3);
      await agent.close();
    });
  });

  it('runs a policy from its files, and repeats itself after a reset', async () => {
    const agent = await loaded;
    expect(agent.name).toBe('tiny');
    const decide = async (): Promise<unknown[]> => {
      await agent.reset(5);
      const first = await agent.act(tinyObservation());
      const second = await agent.act(
        tinyObservation({ commandRad: first.target?.positionsRad ?? new Float64Array(3) }),
      );
      return [first, second].map(({ target, trace }) => ({ target, trace }));
    };
    const decisions = await decide();
    expect(decisions[0]).toMatchObject({ trace: { actionTokens: expect.any(Array) as number[] } });
    expect(await decide()).toEqual(decisions);
  });
});
