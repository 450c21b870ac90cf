import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MonotonicClock } from '../../src/core/clock.ts';
import { PolicyServer } from '../../src/remote/policy-server.ts';
import { servedManifest } from '../../src/remote/served-manifest.ts';
import type { ServedPolicy } from '../../src/remote/served-manifest.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { GatoAgent } from '../../src/runtime/gato-agent.ts';
import { PolicySession, planSession } from '../../src/runtime/policy-session.ts';
import type { SessionEpisode } from '../../src/runtime/policy-session.ts';
import type { StepRecord } from '../../src/runtime/step-listener.ts';
import { resolveTask } from '../../src/runtime/task-request.ts';
import { ScriptedAgent } from '../../src/testing/index.ts';
import { randomPolicy } from './random-policy.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const robot = loadRobot('so101');
const touch = resolveTask('touch the red target');
const quantities = ['velocity', 'effort', 'command'] as const;
const served: ServedPolicy = { name: 'far', description: '', controlHz: 20, cameras: ['front', 'wrist'], quantities };
const at = (url: string) => servedManifest(robot, served, { url, timeoutMs: 1000, firstTimeoutMs: 30_000 });

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function serve(openAgent: () => Promise<GatoAgent | ScriptedAgent>): Promise<PolicyServer> {
  const server = await PolicyServer.listen({
    manifest: at('ws://127.0.0.1:1'),
    openAgent,
    clock: new MonotonicClock(),
  });
  closing.push(() => server.close());
  return server;
}

/** The folder of a policy on a server. */
async function policyAt(url: string): Promise<string> {
  const directory = temporaryFolder();
  await writeFile(join(directory, 'policy.json'), JSON.stringify(at(url)));
  return directory;
}

interface Run {
  readonly episode: SessionEpisode;
  readonly steps: readonly StepRecord[];
}

async function run(
  policy: string,
  mode: 'lockstep' | 'live',
  { timeLimitS = 1, onStep = (): void => undefined }: { timeLimitS?: number; onStep?: (step: StepRecord) => void } = {},
): Promise<Run> {
  const request = { ...touch, judged: false, timeLimitS };
  const session = await PolicySession.open(planSession({ robot: 'so101', driver: 'sim', policy, mode }, [request]));
  const steps: StepRecord[] = [];
  const listener = {
    name: 'test',
    onStep: (step: StepRecord) => {
      steps.push(step);
      onStep(step);
    },
  };
  try {
    return { episode: await session.run(request, { seed: 4, listeners: [listener] }), steps };
  } finally {
    await session.close();
  }
}

describe('a run of a policy on a server', () => {
  it('is to the bit the run of the same policy here', { timeout: 180_000 }, async () => {
    const server = await serve(() => GatoAgent.load(robot, randomPolicy, { threads: 1 }));
    const far = await run(await policyAt(server.url), 'lockstep');
    const near = await run(randomPolicy, 'lockstep');
    expect(far.episode.result).toMatchObject({ outcome: 'time-limit', decisions: near.episode.result.decisions });
    const positions = ({ steps }: Run): unknown => steps.map(({ decision, sent }) => [decision?.target, sent]);
    expect(positions(far)).toEqual(positions(near));
  });

  it('ends with a controlled stop and the reason when the server is gone', { timeout: 180_000 }, async () => {
    const swing = ({ timeNs }: { readonly timeNs: number }, call: number): number[] => {
      expect(timeNs).toBeGreaterThan(0);
      return robot.homeRad.map((rad, joint) => (joint === 0 ? rad + 0.01 * Math.min(call, 60) : rad));
    };
    const server = await serve(() => Promise.resolve(new ScriptedAgent(swing)));
    let closed: Promise<void> | undefined;
    const { episode, steps } = await run(await policyAt(server.url), 'live', {
      timeLimitS: 60,
      onStep: ({ sent }) => {
        if ((sent.positionsRad[0] ?? 0) > 0.1) closed ??= server.close();
      },
    });
    await closed;
    expect(episode.result.outcome).toBe('agent-failed');
    expect(episode.failure).toMatchObject({ code: 'E_POLICY_SERVER' });
    const last = steps.at(-1);
    expect(last?.gate.state).toBe('hold');
    // It stands where it stopped, and does not go on to anything that was asked for before.
    expect(last?.sent.positionsRad).toEqual(steps.at(-20)?.sent.positionsRad);
    expect(last?.sent.positionsRad[0]).toBeLessThan(0.5);
  });
});
