import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatasetReader } from '../../../src/record/dataset-reader.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { EpisodeRecorder } from '../../../src/runtime/episode-recorder.ts';
import { openRecording } from '../../../src/runtime/recording/open-dataset.ts';
import { recordingFeatures } from '../../../src/runtime/recording/recorded-features.ts';
import { RecordingSession } from '../../../src/runtime/recording/recording-session.ts';
import type { RecordingOptions } from '../../../src/runtime/recording/recording-session.ts';
import { SimulatedTask } from '../../../src/runtime/simulated-task.ts';
import type { StepRecord } from '../../../src/runtime/step-listener.ts';
import { resolveTask } from '../../../src/runtime/task-request.ts';
import { ScriptedAgent } from '../../../src/testing/index.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const robot = loadRobot('so101');
const request = resolveTask('wave at the audience', 'reach');
const features = recordingFeatures(robot, { hasScene: true });
let task: SimulatedTask;

beforeAll(async () => {
  task = await SimulatedTask.load(robot, request.task);
});
afterAll(() => task.dispose());

/** Sways by half a radian, as a person might. */
const swaying = new ScriptedAgent(({ timeNs }) => robot.homeRad.map((home) => home + 0.3 * Math.sin(timeNs / 3e8)));

interface Bench {
  readonly directory: string;
  readonly session: RecordingSession;
  readonly saved: number[];
  readonly discarded: string[];
}

type Reaction = (step: StepRecord, session: RecordingSession) => void;

async function bench(options: Partial<RecordingOptions>, react: Reaction = () => undefined): Promise<Bench> {
  const directory = temporaryFolder();
  const writer = await openRecording(directory, robot, { features, resume: true });
  const [saved, discarded]: [number[], string[]] = [[], []];
  const session = new RecordingSession({
    place: task.through('mirror'),
    request,
    mode: 'lockstep',
    writer,
    episodes: 2,
    seed: 7,
    timeLimitS: 1,
    agent: () => swaying,
    keep: (seed) => Promise.resolve(new EpisodeRecorder(robot, seed)),
    listeners: [{ name: 'person', onStep: (step) => react(step, session) }],
    events: {
      onSaved: ({ length }) => saved.push(length),
      onDiscarded: ({ instruction }) => discarded.push(instruction),
    },
    signal: new AbortController().signal,
    ...options,
  });
  return { directory, session, saved, discarded };
}

async function column(directory: string, episode: number, name: string): Promise<number[]> {
  const reader = await DatasetReader.open(directory);
  return Array.from((await reader.readEpisode(episode, [name])).columns[name] ?? [], Number);
}

describe('RecordingSession', () => {
  it('saves one episode after another, each from a scene of its own', async () => {
    const { directory, session, saved } = await bench({});
    await session.run();
    expect(saved).toEqual([20, 20]);
    expect(new Set(await column(directory, 0, 'scene.seed'))).toEqual(new Set([7]));
    expect(new Set(await column(directory, 1, 'scene.seed'))).toEqual(new Set([8]));
    expect((await DatasetReader.open(directory)).tasks).toEqual(['wave at the audience']);
  });

  it('has an episode on disk before it says so', async () => {
    const onDisk: Promise<number>[] = [];
    const { directory, session } = await bench({
      events: { onSaved: () => onDisk.push(DatasetReader.open(directory).then(({ episodes }) => episodes.length)) },
    });
    await session.run();
    expect(await Promise.all(onDisk)).toEqual([1, 2]);
  });

  it('ends an episode when the person does, and takes it for a success where no rule says so', async () => {
    const { directory, session, saved } = await bench({ episodes: 1 }, ({ gateTick }, running) => {
      if (gateTick === 50) running.endEpisode();
    });
    await session.run();
    expect(saved).toEqual([11]);
    expect((await column(directory, 0, 'next.success')).at(-1)).toBe(1);
  });

  it('records again what was thrown away', async () => {
    let isThrownAway = false;
    const { directory, session, saved, discarded } = await bench({ episodes: 1 }, ({ gateTick }, running) => {
      if (isThrownAway || gateTick < 50) return;
      isThrownAway = true;
      running.recordAgain();
    });
    await session.run();
    expect(discarded).toEqual(['wave at the audience']);
    expect(saved).toEqual([20]);
    expect((await column(directory, 0, 'scene.seed'))[0]).toBe(8);
  });

  it('saves an episode that somebody elsewhere stopped as one that failed, and goes on with the next', async () => {
    const controllers: AbortController[] = [];
    const outcomes: string[] = [];
    const { directory, session, saved } = await bench(
      {
        watch: (signal) => {
          const controller = new AbortController();
          controllers.push(controller);
          return { signal: AbortSignal.any([signal, controller.signal]) };
        },
        onEnded: ({ result }) => outcomes.push(result.outcome),
      },
      ({ gateTick }) => {
        if (gateTick === 25 && controllers.length === 1) controllers[0]?.abort();
      },
    );
    await session.run();
    expect(outcomes).toEqual(['aborted', 'time-limit']);
    expect(saved[1]).toBe(20);
    expect(saved[0]).toBeLessThan(10);
    expect((await column(directory, 0, 'next.success')).at(-1)).toBe(0);
  });

  it('begins no episode when somebody had enough while it waited', async () => {
    const { session, saved } = await bench({
      isReady: () => {
        session.stop();
        return Promise.resolve(true);
      },
    });
    await session.run();
    expect(saved).toEqual([]);
  });

  it('keeps what there is when it is stopped, by a key or from outside', async () => {
    const byKey = await bench({}, ({ gateTick }, running) => {
      if (gateTick === 25) running.stop();
    });
    await byKey.session.run();
    expect(byKey.saved).toEqual([6]);
    const operator = new AbortController();
    const outside = await bench({ signal: operator.signal }, ({ gateTick }) => {
      if (gateTick === 25) operator.abort();
    });
    await outside.session.run();
    expect(outside.saved).toEqual([6]);
  });

  it('records nothing while it is paused, and the arm holds', async () => {
    const states = new Set<string>();
    const { directory, session, saved } = await bench({ episodes: 1 }, ({ gateTick, gate }, running) => {
      if (gateTick === 25) running.pause(true);
      if (gateTick > 60 && running.isPaused) states.add(gate.state);
      if (gateTick === 75) running.pause(false);
    });
    await session.run();
    expect(saved).toEqual([10]);
    expect([...states]).toEqual(['hold']);
    const times = await column(directory, 0, 'observation.time');
    expect((times[6] ?? 0) - (times[5] ?? 0)).toBeGreaterThan(0.5);
  });

  it('saves what there is when the agent fails, and says why', async () => {
    const failing = new ScriptedAgent((_, call) => {
      if (call > 8) throw new Error('the cable of the leader is out');
      return robot.homeRad;
    });
    const { session, saved, directory } = await bench({ agent: () => failing });
    await expect(session.run()).rejects.toThrow('cable of the leader');
    expect(saved).toEqual([10]);
    expect((await DatasetReader.open(directory)).episodes.length).toBe(1);
  });
});

describe('openRecording', () => {
  it('goes on with a dataset of the same robot, rate and features only', async () => {
    const { directory, session } = await bench({ episodes: 1 });
    await session.run();
    const again = await openRecording(directory, robot, { features, resume: true });
    expect(again.episodeCount).toBe(1);
    await again.close();
    await expect(openRecording(directory, robot, { features, resume: false })).rejects.toThrow(/exists here already/);
    const faster = { ...robot, rates: { ...robot.rates, controlHz: 50 } };
    await expect(openRecording(directory, faster, { features, resume: true })).rejects.toThrow(/at 50 a second/);
    const plain = recordingFeatures(robot);
    await expect(openRecording(directory, robot, { features: plain, resume: true })).rejects.toThrow(/scene\.seed/);
  });
});
