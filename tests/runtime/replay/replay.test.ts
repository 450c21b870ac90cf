import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { DemonstrationAgent } from '../../../src/runtime/demonstration-agent.ts';
import { EpisodeRecorder } from '../../../src/runtime/episode-recorder.ts';
import { openRecording } from '../../../src/runtime/recording/open-dataset.ts';
import { recordingFeatures } from '../../../src/runtime/recording/recorded-features.ts';
import { RecordingSession } from '../../../src/runtime/recording/recording-session.ts';
import { loadRecording } from '../../../src/runtime/replay/recording.ts';
import type { Recording } from '../../../src/runtime/replay/recording.ts';
import { ReplayAgent } from '../../../src/runtime/replay/replay-agent.ts';
import { TrackingListener } from '../../../src/runtime/replay/tracking.ts';
import { SimulatedTask } from '../../../src/runtime/simulated-task.ts';
import type { EpisodeRun } from '../../../src/runtime/workplace.ts';
import type { StepRecord } from '../../../src/runtime/step-listener.ts';
import type { TaskEpisode } from '../../../src/sim/task.ts';
import { resolveTask } from '../../../src/runtime/task-request.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const robot = loadRobot('so101');
const request = resolveTask('lift');
let directory: string;
let task: SimulatedTask;

beforeAll(async () => {
  directory = temporaryFolder();
  task = await SimulatedTask.load(robot, request.task, { cameras: false });
  const features = recordingFeatures(robot, { cameras: [], hasScene: true });
  const writer = await openRecording(directory, robot, { features, resume: false });
  const session = new RecordingSession({
    place: task.through('sim'),
    request,
    mode: 'lockstep',
    writer,
    episodes: 1,
    seed: 31,
    agent: (scene) => new DemonstrationAgent({ expert: scene as TaskEpisode }),
    keep: (seed) => Promise.resolve(new EpisodeRecorder({ ...robot, cameras: [] }, seed)),
    signal: new AbortController().signal,
  });
  await session.run();
  await writer.close();
});
afterAll(() => {
  task.dispose();
});

interface Replayed {
  readonly run: EpisodeRun;
  readonly agent: ReplayAgent;
  readonly tracking: TrackingListener;
  readonly steps: readonly StepRecord[];
}

async function replay(recording: Recording, seed: number): Promise<Replayed> {
  const agent = new ReplayAgent(recording.robot, recording);
  const tracking = new TrackingListener(recording, agent);
  const steps: StepRecord[] = [];
  const { instruction } = resolveTask(recording.task);
  const run = await task.run({
    seed,
    mode: 'lockstep',
    agent: () => agent,
    isOver: () => agent.isOver,
    timeLimitS: 20,
    listeners: [tracking, { name: 'steps', onStep: (step) => steps.push(step) }],
    ...(instruction === undefined ? {} : { instruction }),
  });
  return { run, agent, tracking, steps };
}

describe('a replay', () => {
  it('of what an expert did in a scene succeeds in that scene again, and the arm is where it was', async () => {
    const recording = await loadRecording(directory, 0, robot);
    expect(recording.sceneSeed).toBe(31);
    const { run, tracking } = await replay(recording, 31);
    expect(run.result).toMatchObject({ outcome: 'success', changedTicks: 0 });
    expect(tracking.rows).toBe(recording.actionsRad.length);
    for (const { meanRad, mostRad } of tracking.errors) {
      expect(meanRad).toBeLessThan(0.01);
      expect(mostRad).toBeGreaterThanOrEqual(meanRad);
    }
  });

  it('begins with a slow way to where the recording begins, and ends by itself', async () => {
    const recording = await loadRecording(directory, 0, robot);
    const away = robot.homeRad.map((home, joint) => home + (joint === 0 ? 0.5 : 0));
    const still = Array.from({ length: 5 }, () => Float64Array.from(away));
    const { run, tracking, agent, steps } = await replay({ ...recording, actionsRad: still, statesRad: still }, 31);
    expect(run.result.outcome).toBe('ended');
    expect(agent.isOver).toBe(true);
    expect(tracking.rows).toBe(5);
    // Half a radian at half a radian a second.
    expect(run.result.durationS).toBeGreaterThan(1);
    const speeds = steps.slice(1).map(({ sent }, index) => {
      const before = steps[index]?.sent.positionsRad[0] ?? 0;
      return Math.abs((sent.positionsRad[0] ?? 0) - before) * robot.rates.gateHz;
    });
    expect(Math.max(...speeds)).toBeLessThan(1);
  });

  it('is refused for an episode, a robot or a rate that does not fit', async () => {
    await expect(loadRecording(directory, 4, robot)).rejects.toThrow(/unknown episode "4"/);
    const renamed = robot.joints.map((joint) => ({ ...joint, name: `${joint.name}_2` }));
    await expect(loadRecording(directory, 0, { ...robot, joints: renamed })).rejects.toThrow(/does not fit robot/);
    const odd = { ...robot, rates: { ...robot.rates, gateHz: 90 } };
    await expect(loadRecording(directory, 0, odd)).rejects.toThrow(/E_CONTROL_RATE.*20 rows a second/);
  });
});
