import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDatasetFitsRobot } from '../../src/record/check-fit.ts';
import { DatasetReader } from '../../src/record/dataset-reader.ts';
import type { EpisodeData } from '../../src/record/dataset-reader.ts';
import { DatasetWriter } from '../../src/record/dataset-writer.ts';
import { decodePng } from '../../src/record/png.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { EpisodeRecorder } from '../../src/runtime/episode-recorder.ts';
import { recordingFeatures } from '../../src/runtime/recording/recorded-features.ts';
import { PolicySession, planSession } from '../../src/runtime/policy-session.ts';
import type { SessionEpisode, SessionOptions } from '../../src/runtime/policy-session.ts';
import type { StepRecord } from '../../src/runtime/step-listener.ts';
import { resolveTask } from '../../src/runtime/task-request.ts';
import type { TaskRequest } from '../../src/runtime/task-request.ts';
import { randomPolicy } from './random-policy.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const lockstep: SessionOptions = { robot: 'so101', driver: 'sim', policy: randomPolicy, mode: 'lockstep' };
const touch = resolveTask('touch the red target');
/** The time limit is what ends an episode of a random policy, so a short one keeps the tests fast. */
const brief = { ...touch, task: { ...touch.task, timeLimitS: 1 } };

interface Recorded {
  readonly episode: SessionEpisode;
  readonly steps: readonly StepRecord[];
  readonly reader: DatasetReader;
  readonly data: EpisodeData;
}

interface RecordOptions {
  readonly request?: TaskRequest;
  /** Stops the run at a step. */
  readonly stopAt?: (step: StepRecord) => boolean;
}

async function record(options: SessionOptions, { request = brief, stopAt }: RecordOptions = {}): Promise<Recorded> {
  const plan = planSession(options, [request]);
  const directory = temporaryFolder();
  const features = recordingFeatures(plan.robot);
  const writer = await DatasetWriter.create({ directory, fps: 20, robotType: plan.robot.name, features });
  const session = await PolicySession.open(plan);
  const recorder = new EpisodeRecorder(plan.robot);
  const operator = new AbortController();
  const steps: StepRecord[] = [];
  const onStep = (step: StepRecord): void => {
    steps.push(step);
    if (stopAt?.(step) === true) operator.abort();
  };
  try {
    const listeners = [recorder, { name: 'test', onStep }];
    const episode = await session.run(request, { seed: 4, listeners, signal: operator.signal });
    await recorder.save(writer, episode.result.success);
    await writer.close();
    const reader = await DatasetReader.open(directory);
    return { episode, steps, reader, data: await reader.readEpisode(0) };
  } finally {
    await session.close();
  }
}

/** Row `index` of a feature. */
function row({ columns }: EpisodeData, feature: string, index: number): number[] {
  const values = columns[feature] ?? new Float32Array();
  const width = values.length / (columns['frame_index']?.length ?? 1);
  return Array.from(values.slice(index * width, (index + 1) * width));
}

describe('a recorded run', () => {
  it('is a dataset of the robot: what was asked for, what was sent, what was seen', async () => {
    const { episode, steps, reader, data } = await record(lockstep);
    expect(() => checkDatasetFitsRobot(reader.info, loadRobot('so101'))).not.toThrow();
    expect(reader.tasks).toEqual(['touch the red target']);
    expect(episode).toMatchObject({ seed: 4, failure: undefined, result: { outcome: 'time-limit' } });
    const controlTicks = steps.filter(({ isControlTick, isRunning }) => isControlTick && isRunning);
    expect(data.episode.length).toBe(controlTicks.length);
    controlTicks.forEach(({ observation, decision }, tick) => {
      expect(row(data, 'observation.state', tick)).toEqual([...Float32Array.from(observation.arm.value.positionsRad)]);
      expect(row(data, 'action.requested', tick)).toEqual([...Float32Array.from(decision?.target?.positionsRad ?? [])]);
      expect(row(data, 'action.decided', tick)).toEqual([1]);
      expect(row(data, 'observation.time', tick)[0]).toBeCloseTo(tick / 20, 5);
      // What was sent last is the command that the next observation tells.
      if (tick > 0) expect(row(data, 'action', tick - 1)).toEqual(row(data, 'observation.command', tick));
      const capturedS = row(data, 'observation.capture_time', tick);
      expect(capturedS.every((time) => time <= tick / 20 && time > tick / 20 - 0.1)).toBe(true);
      expect(row(data, 'observation.fresh', tick)).toEqual([1, 1, 1]);
    });
    const picture = decodePng(data.images['observation.images.front']?.at(-1) ?? new Uint8Array());
    expect(picture.rgb).toEqual(controlTicks.at(-1)?.observation.cameras.get('front')?.value.rgb);
    expect(data.columns['next.success']?.every((value) => value === 0)).toBe(true);
  });

  it('keeps an episode that was stopped, up to the stop', async () => {
    const { episode, data } = await record(lockstep, { stopAt: ({ gateTick }) => gateTick === 32 });
    expect(episode.result.outcome).toBe('aborted');
    expect(data.episode.length).toBe(7);
  });

  it('keeps what happened before the policy failed, and says why it did', async () => {
    const forgetful = temporaryFolder();
    await cp(randomPolicy, forgetful, { recursive: true });
    const manifest = await readFile(join(forgetful, 'policy.json'), 'utf8');
    await writeFile(join(forgetful, 'policy.json'), manifest.replace('"target"', '"goal"').replace('"disc"', '"disk"'));
    // The seed draws the words, so nobody can know beforehand.
    const drawn = { ...brief, instruction: undefined };
    const { episode, data } = await record({ ...lockstep, policy: forgetful }, { request: drawn });
    expect(episode.failure).toMatchObject({ code: 'E_UNKNOWN_WORDS' });
    expect(episode.result.outcome).toBe('agent-failed');
    expect(Array.from(data.columns['action.decided'] ?? [])).toEqual([0]);
  });

  it('runs on the mirror arm with pictures of the scene, in which the arm moves and nothing else', async () => {
    const { steps, data, episode } = await record({ ...lockstep, driver: 'mirror' });
    expect(episode.failure).toBeUndefined();
    const [first] = steps;
    const last = steps.findLast(({ isRunning }) => isRunning);
    expect(Array.from(first?.observation.arm.value.positionsRad ?? [])).toEqual(loadRobot('so101').homeRad);
    // The mirror arm is where it was sent.
    expect(last?.observation.arm.value.positionsRad).toEqual(last?.observation.commandRad);
    const images = data.images['observation.images.wrist'] ?? [];
    expect(images.at(-1)).not.toEqual(images[0]);
  });
});

describe('planSession', () => {
  const plan = (changes: Partial<SessionOptions>, task = 'reach') =>
    planSession({ ...lockstep, ...changes }, [resolveTask(task, 'reach')]);

  it('runs at the rate the policy was trained at and refuses another, naming both', () => {
    expect(plan({ rateHz: 20 }).robot.rates.controlHz).toBe(20);
    expect(() => plan({ rateHz: 50 })).toThrow(/E_CONTROL_RATE.*50 Hz.*20 Hz/);
  });

  it('refuses, before anything starts, a driver the robot has not and words the policy has not', () => {
    expect(() => plan({ driver: 'can' })).toThrow(/E_UNKNOWN_DRIVER.*mirror, ros, serial, sim/);
    expect(() => plan({}, 'dance on the table')).toThrow(/E_UNKNOWN_WORDS.*dance/);
  });
});
