import { setTimeout as delay } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/core/agent.ts';
import { MonotonicClock } from '../../src/core/clock.ts';
import { RealTimeDecider } from '../../src/runtime/decider.ts';
import { GatoAgent } from '../../src/runtime/gato-agent.ts';
import { endlessTask, runEpisode } from '../../src/runtime/loop.ts';
import { RealTimePacer, TimerSleeper } from '../../src/runtime/pacer.ts';
import { ProcessAgent } from '../../src/runtime/process-agent.ts';
import type { StepRecord } from '../../src/runtime/step-listener.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import { ObservationSampler } from '../../src/sensors/observation-sampler.ts';
import { makeObservation, makeRobot } from '../../src/testing/index.ts';
import { tinyDirectory } from '../policy/tiny-policy.ts';
import { openMirror } from './mirror-link.ts';
import { tinyObservation, tinyRobot } from './tiny-robot.ts';

const robot = makeRobot();
/** Far away and fast, so that the arm is still on its way when something happens to the process. */
const farPose = { kind: 'pose', poseRad: [1.4, 0.5], speedRadPerS: 0.5 } as const;
const started: ProcessAgent[] = [];

afterEach(async () => {
  for (const agent of started.splice(0)) {
    if (agent.pid !== undefined && isAlive(agent.pid)) process.kill(agent.pid, 'SIGCONT');
    await agent.close();
  }
});

async function start(...parameters: Parameters<typeof ProcessAgent.start>): Promise<ProcessAgent> {
  const agent = await ProcessAgent.start(...parameters);
  started.push(agent);
  return agent;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that ended but that nobody has waited for still takes signals.
    const status = `/proc/${pid}/stat`;
    return !(existsSync(status) && /\) [ZX] /.test(readFileSync(status, 'utf8')));
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500 && !condition(); attempt += 1) await delay(20);
  expect(condition()).toBe(true);
}

/** Drives the mirror arm in real time, signals the process once the arm moves, and ends once it stands. */
async function driveAndSignal(agent: ProcessAgent, signal: NodeJS.Signals): Promise<StepRecord[]> {
  const clock = new MonotonicClock();
  const link = await openMirror(robot, clock);
  const advance = (): void => link.advance();
  const sampler = new ObservationSampler({ robot, sources: link.sources, instruction: '' });
  const steps: StepRecord[] = [];
  const operator = new AbortController();
  let moving = 0;
  let isSignalled = false;
  const onStep = (step: StepRecord): void => {
    steps.push(step);
    if (step.gate.state === 'active') moving += 1;
    if (moving === 20 && !isSignalled) {
      isSignalled = true;
      process.kill(agent.pid as number, signal);
    }
    if (isSignalled && step.gate.state === 'hold') operator.abort();
  };
  await runEpisode({
    robot,
    driver: link.driver,
    sampler,
    gate: new SafetyGate(robot),
    pacer: new RealTimePacer({ clock, periodNs: 1e7, advance, sleeper: new TimerSleeper(clock) }),
    decider: new RealTimeDecider(agent),
    monitor: endlessTask,
    timeLimitS: 30,
    seed: 1,
    begin: (startNs) => link.begin(startNs),
    listeners: [{ name: 'test', onStep }],
    signal: operator.signal,
  });
  return steps;
}

function expectStoppedWithinLimits(steps: readonly StepRecord[]): void {
  expect(steps.at(-1)?.gate.state).toBe('hold');
  expect(steps.some(({ gate }) => gate.reasons.includes('stale-target') || gate.reasons.includes('no-target'))).toBe(
    true,
  );
  let previous = { positions: steps[0]?.gate.previousRad, timeNs: (steps[0]?.timeNs ?? 0) - 1e7 };
  let velocities = [0, 0];
  for (const { sent, timeNs } of steps) {
    const stepS = (timeNs - previous.timeNs) / 1e9;
    velocities = robot.joints.map(({ limits }, joint) => {
      const velocity = ((sent.positionsRad[joint] as number) - (previous.positions?.[joint] as number)) / stepS;
      expect(Math.abs(velocity)).toBeLessThanOrEqual(limits.velocityRadPerS * (1 + 1e-9));
      const change = Math.abs(velocity - (velocities[joint] as number));
      expect(change).toBeLessThanOrEqual(limits.accelerationRadPerS2 * stepS * (1 + 1e-9) + 1e-12);
      return velocity;
    });
    previous = { positions: sent.positionsRad, timeNs };
  }
}

describe('ProcessAgent', () => {
  it('decides in a process of its own as the agent would here', async () => {
    const agent = await start({ kind: 'pose', poseRad: [0.002, 0.5] }, robot);
    expect(agent.name).toBe('pose');
    expect(agent.pid).not.toBe(process.pid);
    await agent.reset(1);
    const decision = await agent.act(makeObservation([0, 0.5], { timeNs: 5 }));
    expect(decision.target).toEqual({ positionsRad: Float64Array.of(0.002, 0.5), createdNs: 5, observedNs: 5 });
    const { pid } = agent;
    await agent.close();
    expect(isAlive(pid as number)).toBe(false);
    expect(agent.failure).toBeUndefined();
  });

  it('runs a policy there that decides as it would here', async () => {
    // The observation is of another clock than the process's.
    const options = { threads: 1, precision: 'fp32', deadlineMs: Infinity } as const;
    const spec = { kind: 'policy', directory: tinyDirectory, ...options } as const;
    const there = await start(spec, tinyRobot());
    const here = await GatoAgent.load(tinyRobot(), tinyDirectory, { threads: 1, precision: 'fp32' });
    await there.reset(3);
    await here.reset(3);
    const [far, near] = [await there.act(tinyObservation()), await here.act(tinyObservation())];
    await here.close();
    expect(far.trace).toEqual(near.trace);
    expect(far.target?.positionsRad).toEqual(near.target?.positionsRad);
    expect(there.failure).toBeUndefined();
  });

  it('says what went wrong when the agent cannot be loaded', async () => {
    const spec = { kind: 'policy', directory: 'no-such-policy' } as const;
    await expect(ProcessAgent.start(spec, robot)).rejects.toThrow(/E_AGENT_PROCESS.*no-such-policy/s);
  });

  it('says why once its process was killed', async () => {
    const failures: string[] = [];
    const agent = await start(farPose, robot, { onFailure: ({ code }) => failures.push(code) });
    process.kill(agent.pid as number, 'SIGKILL');
    await until(() => agent.failure !== undefined);
    await expect(agent.act(makeObservation([0, 0.5]))).rejects.toThrow(/E_AGENT_DIED/);
    await expect(agent.reset(2)).rejects.toThrow(/E_AGENT_DIED/);
    expect(agent.failure).toMatchObject({ code: 'E_AGENT_DIED' });
    expect(agent.failure?.message).toContain('SIGKILL');
    expect(failures).toEqual(['E_AGENT_DIED']);
  });

  it('gives up on an answer, drops it when it comes late, and is asked again after it', async () => {
    const failures: string[] = [];
    const agent = await start(farPose, robot, { answerTimeoutMs: 200, onFailure: ({ code }) => failures.push(code) });
    process.kill(agent.pid as number, 'SIGSTOP');
    expect((await agent.act(makeObservation([0, 0.5]))).target).toBeUndefined();
    expect((await agent.act(makeObservation([0, 0.5]))).target).toBeUndefined();
    expect(failures).toEqual(['E_AGENT_SILENT']);
    process.kill(agent.pid as number, 'SIGCONT');
    let timeNs = 100;
    for (let attempt = 0; attempt < 500; attempt += 1) {
      timeNs += 1;
      const { target } = await agent.act(makeObservation([0, 0.5], { timeNs }));
      if (target !== undefined) {
        expect(target.observedNs).toBe(timeNs);
        return;
      }
      await delay(20);
    }
    expect.unreachable('the process never answered again');
  });

  it('ends the episode once it owes an answer for longer than the arm may go on by itself', async () => {
    const agent = await start(farPose, robot, { answerTimeoutMs: 50 });
    process.kill(agent.pid as number, 'SIGSTOP');
    const at = (timeMs: number): ReturnType<Agent['act']> =>
      agent.act(makeObservation([0, 0.5], { timeNs: timeMs * 1e6 }));
    for (const timeMs of [0, 50, robot.timeouts.resumeMs]) expect((await at(timeMs)).target).toBeUndefined();
    await expect(at(robot.timeouts.resumeMs + 1)).rejects.toThrow(/E_AGENT_SILENT.* 2001 ms/);
  });

  it('ends its process when the parent disappears', async () => {
    const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const module = new URL('../../src/runtime/process-agent.ts', import.meta.url).href;
    const script = `
      const { ProcessAgent } = await import(${JSON.stringify(module)});
      const spec = { kind: 'pose', poseRad: [0, 0] };
      const agent = await ProcessAgent.start(spec, ${JSON.stringify(robot)});
      process.stdout.write(String(agent.pid) + '\\n');
      setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ['--import', loader, '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve, reject) => {
      parent.stdout.once('data', (data: Buffer) => resolve(Number(data.toString())));
      parent.once('exit', (code) => reject(new Error(`the parent ended with ${code}`)));
    });
    expect(isAlive(pid)).toBe(true);
    parent.removeAllListeners('exit');
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid));
  });
});

describe('an arm whose agent process fails', () => {
  it('is stopped by the gate within its limits when the process is killed', async () => {
    const agent = await start(farPose, robot);
    expectStoppedWithinLimits(await driveAndSignal(agent, 'SIGKILL'));
    expect(agent.failure).toMatchObject({ code: 'E_AGENT_DIED' });
  });

  it('is stopped by the gate within its limits when the process is frozen', async () => {
    const agent = await start(farPose, robot);
    expectStoppedWithinLimits(await driveAndSignal(agent, 'SIGSTOP'));
  });
});
