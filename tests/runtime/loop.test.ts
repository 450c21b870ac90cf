import { describe, expect, it } from 'vitest';
import type { AgentDecision } from '../../src/core/agent.ts';
import type { MirrorDriver } from '../../src/drivers/mirror/mirror-driver.ts';
import { RealTimeDecider } from '../../src/runtime/decider.ts';
import { runEpisode } from '../../src/runtime/loop.ts';
import { RealTimePacer } from '../../src/runtime/pacer.ts';
import type { StepRecord } from '../../src/runtime/step-listener.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import { ScriptedAgent } from '../../src/testing/index.ts';
import { PERIOD_NS, mirrorBench } from './mirror-bench.ts';

/** Moves the shoulder up by 0.01 rad per control tick. */
const climb = (): ScriptedAgent => new ScriptedAgent(({ commandRad }) => [(commandRad[0] ?? 0) + 0.01, 0.5]);

describe('runEpisode in lockstep', () => {
  it('asks the agent every control tick and gates every gate tick until the time limit', async () => {
    const agent = climb();
    const { options, steps } = await mirrorBench(agent);
    const result = await runEpisode(options);
    expect(result).toMatchObject({ outcome: 'time-limit', success: false, ticks: 100, decisions: 20, busyTicks: 0 });
    expect(result.durationS).toBeCloseTo(1, 12);
    expect(agent.seeds).toEqual([7]);
    expect(agent.observations.map(({ tick }) => tick)).toEqual(Array.from({ length: 20 }, (_, tick) => tick));
    expect(steps.filter(({ isControlTick }) => isControlTick).map(({ gateTick }) => gateTick % 5)).toEqual(
      Array.from({ length: 20 }, () => 0),
    );
    const times = steps.map(({ timeNs }) => timeNs);
    expect(times.slice(1).every((time, index) => time - (times[index] as number) === PERIOD_NS)).toBe(true);
  });

  it('walks to each target in equal steps over one control period, the target exactly at its end', async () => {
    const { options, steps } = await mirrorBench(new ScriptedAgent(() => [0.002, 0.5]));
    await runEpisode({ ...options, timeLimitS: 0.05 });
    const sent = steps.map(({ sent: { positionsRad } }) => positionsRad[0] as number);
    [0.0004, 0.0008, 0.0012, 0.0016].forEach((expected, index) => expect(sent[index]).toBeCloseTo(expected, 12));
    expect(sent[4]).toBe(0.002);
  });

  it('shows the agent the command that was really sent last', async () => {
    const agent = new ScriptedAgent(() => [1.2, 0.5]);
    const { options, steps } = await mirrorBench(agent);
    await runEpisode(options);
    agent.observations.slice(1).forEach(({ commandRad }, index) => {
      expect(commandRad).toEqual(steps[5 * index + 4]?.sent.positionsRad);
    });
    expect([...(agent.observations[0]?.commandRad ?? [])]).toEqual([0, 0.5]);
  });

  it('ends when the task is done and stops the arm within its limits before it returns', async () => {
    let checks = 0;
    const monitor = { check: () => ((checks += 1) > 42 ? 'success' : 'running') as 'success' | 'running' };
    const { options, steps } = await mirrorBench(new ScriptedAgent(() => [1.2, 0.5]), { monitor });
    const result = await runEpisode(options);
    expect(result).toMatchObject({ outcome: 'success', success: true, ticks: 42 });
    const stop = steps.filter(({ isRunning }) => !isRunning);
    expect(stop.length).toBeGreaterThan(3);
    expect(stop.every(({ target, isControlTick }) => target === undefined && !isControlTick)).toBe(true);
    expect(steps.at(-1)?.gate.state).toBe('hold');
    expect(options.gate.isStill).toBe(true);
  });

  it('ends in a controlled stop when it is aborted', async () => {
    const operator = new AbortController();
    const listener = { name: 'operator', onStep: ({ gateTick }: StepRecord) => gateTick === 30 && operator.abort() };
    const { options, steps } = await mirrorBench(new ScriptedAgent(() => [1.2, 0.5]), {
      signal: operator.signal,
      listeners: [{ ...listener, onStep: (step) => void listener.onStep(step) }],
    });
    expect(await runEpisode(options)).toMatchObject({ outcome: 'aborted', ticks: 31 });
    expect(steps[31]).toMatchObject({ isRunning: false, gate: { state: 'stopping' } });
    expect(steps.at(-1)?.gate.state).toBe('hold');
  });

  it('lets timers and signals through while it runs', async () => {
    const operator = new AbortController();
    setImmediate(() => operator.abort());
    const { options } = await mirrorBench(climb(), { signal: operator.signal, timeLimitS: 1000 });
    expect((await runEpisode(options)).outcome).toBe('aborted');
  });

  it('brings the arm to a stop and reports what the agent threw', async () => {
    const failure = new Error('no such file');
    const agent = new ScriptedAgent((_, call) => {
      if (call === 4) throw failure;
      return [1.2, 0.5];
    });
    const { options, steps } = await mirrorBench(agent);
    expect(await runEpisode(options)).toMatchObject({ outcome: 'agent-failed', agentFailure: failure });
    expect(steps.at(-1)?.gate.state).toBe('hold');
  });

  it('ends in a protective stop when the agent keeps sending what is not a number', async () => {
    const { options, steps } = await mirrorBench(new ScriptedAgent((_, call) => (call < 5 ? [1.2, 0.5] : [NaN, 0.5])));
    const result = await runEpisode(options);
    expect(result.outcome).toBe('protective-stop');
    expect(result.interventions['not-finite']).toBe(10);
    expect(steps.every(({ sent }) => sent.positionsRad.every(Number.isFinite))).toBe(true);
    expect(options.gate.isStill).toBe(true);
  });

  it('holds the arm while the agent has no target', async () => {
    const { options, steps } = await mirrorBench(new ScriptedAgent(() => undefined));
    expect(await runEpisode(options)).toMatchObject({ changedTicks: 100, interventions: { 'no-target': 100 } });
    expect(steps.every(({ sent }) => sent.positionsRad[0] === 0 && sent.positionsRad[1] === 0.5)).toBe(true);
  });

  it('detaches a listener that throws, reports it, and goes on', async () => {
    let calls = 0;
    const broken = {
      name: 'broken',
      onStep: () => {
        calls += 1;
        throw new Error('disk full');
      },
    };
    const after: number[] = [];
    const { options } = await mirrorBench(climb(), {
      listeners: [broken, { name: 'after', onStep: ({ gateTick }) => after.push(gateTick) }],
    });
    const result = await runEpisode(options);
    expect(calls).toBe(1);
    expect(after.length).toBeGreaterThanOrEqual(100);
    expect(result.listenerFailures).toEqual([{ listener: 'broken', cause: new Error('disk full') }]);
  });

  it('repeats itself to the bit, on one clock or another, one episode after the other', async () => {
    const run = async (): Promise<number[][]> => {
      const { options, steps } = await mirrorBench(
        new ScriptedAgent((_, call) => [Math.sin(call), 0.5 + 0.3 * Math.cos(call)]),
      );
      await runEpisode(options);
      const count = steps.length;
      await runEpisode(options);
      // Home is not where the second episode starts, so compare runs, not episodes.
      expect(steps.length).toBeGreaterThan(count);
      return steps.map(({ sent }) => [...sent.positionsRad]);
    };
    expect(await run()).toEqual(await run());
  });
});

describe('runEpisode in real time', () => {
  it('counts time, not ticks, towards the limit, and stays within the velocity limit when ticks come late', async () => {
    const { options, steps, clock } = await mirrorBench(new ScriptedAgent(() => [1.2, 0.5]));
    let wakes = 0;
    // Every fourth wake is two and a half periods late.
    const sleeper = {
      sleepUntilNs: (deadlineNs: number): Promise<void> => {
        wakes += 1;
        clock.advanceNs(Math.max(0, deadlineNs - clock.nowNs()) + (wakes % 4 === 0 ? 2.5 * PERIOD_NS : 0));
        return Promise.resolve();
      },
    };
    const publish = (): void => (options.driver as MirrorDriver).publish(clock.nowNs());
    const pacer = new RealTimePacer({ clock, periodNs: PERIOD_NS, advance: publish, sleeper });
    const lateTicks = { most: 100, windowMs: 1000 };
    const patient = { ...options.robot, monitors: { ...options.robot.monitors, lateTicks } };
    const result = await runEpisode({ ...options, pacer, gate: new SafetyGate(patient) });
    expect(result.outcome).toBe('time-limit');
    expect(result.durationS).toBeLessThan(1.04);
    expect(result.ticks).toBeLessThan(80);
    expect(result.skippedTicks).toBeGreaterThan(20);
    expect(result.latenessMs.p99).toBe(25);
    steps.slice(1).forEach(({ sent, timeNs }, index) => {
      const before = steps[index] as StepRecord;
      const allowedRad = (2 * (timeNs - before.timeNs)) / 1e9;
      const movedRad = Math.abs((sent.positionsRad[0] as number) - (before.sent.positionsRad[0] as number));
      expect(movedRad).toBeLessThanOrEqual(allowedRad * (1 + 1e-9));
    });
  });
});

describe('runEpisode with an agent that takes its time', () => {
  it('never waits for the agent, does not ask it while it is busy, and stops once its target is stale', async () => {
    let answer: ((positions: readonly number[]) => void) | undefined;
    const agent = new ScriptedAgent((_, call) =>
      call < 4 ? [1.2, 0.5] : new Promise<readonly number[]>((resolve) => (answer = resolve)),
    );
    const { options, steps } = await mirrorBench(agent);
    const result = await runEpisode({ ...options, decider: new RealTimeDecider(agent) });
    expect(result).toMatchObject({ outcome: 'time-limit', ticks: 100 });
    expect(agent.observations).toHaveLength(5);
    expect(result.busyTicks).toBe(15);
    expect(result.interventions['stale-target']).toBeGreaterThan(40);
    expect(steps[99]?.gate.state).toBe('hold');
    expect(answer).toBeDefined();
  });

  it('takes a decision at the first gate tick after it came', async () => {
    const agent = climb();
    const { options, steps } = await mirrorBench(agent);
    await runEpisode({ ...options, decider: new RealTimeDecider(agent) });
    const arrivals = steps.filter(({ decision }) => decision !== undefined).map(({ gateTick }) => gateTick % 5);
    expect(new Set(arrivals).size).toBe(1);
  });

  it('drops an answer that comes after the episode it was for', async () => {
    let answer: ((decision: AgentDecision) => void) | undefined;
    const agent = {
      name: 'slow',
      reset: () => Promise.resolve(),
      act: () => new Promise<AgentDecision>((resolve) => (answer = resolve)),
      close: () => Promise.resolve(),
    };
    const decider = new RealTimeDecider(agent);
    const { options } = await mirrorBench(agent);
    await runEpisode({ ...options, decider });
    await decider.reset(8);
    answer?.({ target: undefined, computeNs: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(decider.take()).toBeUndefined();
    expect(decider.inferenceNs).toEqual([]);
  });
});
