import type { Command } from 'commander';
import { ArmatureError } from '../core/errors.ts';
import { loadRobot } from '../robot/load-robot.ts';
import { loadRecording } from '../runtime/replay/recording.ts';
import type { Recording } from '../runtime/replay/recording.ts';
import { ReplayAgent } from '../runtime/replay/replay-agent.ts';
import { TrackingListener } from '../runtime/replay/tracking.ts';
import type { TrackingError } from '../runtime/replay/tracking.ts';
import type { EpisodeRun, RunMode } from '../runtime/workplace.ts';
import type { TaskRequest, WorkRequest } from '../runtime/task-request.ts';
import { addArmOptions, isSceneDriver } from './arm-options.ts';
import type { ArmOptions } from './arm-options.ts';
import { Interruption } from './interruption.ts';
import { wholeNumber } from './option-values.ts';
import { openPlace, requestOf } from './place.ts';
import type { Place } from './place.ts';
import { formatTable } from './table.ts';

const EXAMPLES = `
Examples:
  armature replay data/lift --episode 0 --robot so101
  armature replay data/lift --episode 3 --robot so101 --driver mirror --scene lift --live
  armature replay data/desk --episode 12 --robot so101 --json

The arm first goes slowly to where the recording begins. What was asked for then goes through the gate again. A recorded
scene is drawn again, so the report says whether the task succeeds again, and how far the joints were from where
they had been.`;

/** Longest way to the start of a recording, s. */
const LONGEST_RAMP_S = 15;

interface ReplayOptions extends ArmOptions {
  readonly episode: number;
  readonly scene?: string;
  readonly seed?: number;
  readonly live?: boolean;
  readonly json?: boolean;
}

export function addReplay(program: Command): void {
  const command = program
    .command('replay')
    .description('Replay a recorded episode through the gate, and report how well the arm followed')
    .argument('<dataset>', 'folder of a LeRobotDataset v3.0');
  addArmOptions(command)
    .option('--episode <number>', 'which, counted from 0', wholeNumber(0), 0)
    .option('--scene <task>', 'scene of this task, where the recording does not say')
    .option('--seed <number>', 'what the scene is drawn from, where the recording does not say', wholeNumber(0))
    .option('--live', 'in real time; default: as fast as possible, repeatable')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(replay);
}

async function replay(dataset: string, options: ReplayOptions): Promise<void> {
  const { episode, scene, live, json = false } = options;
  const recording = await loadRecording(dataset, episode, loadRobot(options.robot));
  const request = requestOf({
    driver: options.driver,
    task: recording.task,
    ...(scene === undefined ? {} : { scene }),
  });
  const seed = recording.sceneSeed ?? options.seed ?? 0;
  const mode: RunMode = live === true || !isSceneDriver(options.driver) ? 'live' : 'lockstep';
  const interruption = new Interruption();
  const { signal } = interruption;
  const replayed = await runReplay(recording, request, { seed, mode, signal, arm: options });
  interruption.close();
  if (json) console.log(JSON.stringify({ dataset, episode, task: recording.task, seed, mode, ...replayed }));
  else console.log(replayText(replayed));
  if (interruption.exitCode !== undefined) process.exitCode = interruption.exitCode;
}

interface Replayed {
  readonly rows: number;
  readonly outcome: EpisodeRun['result']['outcome'];
  /** Null where no rule says what success is. */
  readonly success: boolean | null;
  readonly durationS: number;
  /** Gate ticks at which the gate changed or refused the target. */
  readonly changedTicks: number;
  readonly tracking: readonly TrackingError[];
  /** See Place. */
  readonly connection: Place['connection'] | undefined;
}

async function runReplay(
  recording: Recording,
  request: TaskRequest | WorkRequest,
  {
    arm,
    ...run
  }: {
    readonly seed: number;
    readonly mode: RunMode;
    readonly signal: AbortSignal;
    readonly arm: ArmOptions;
  },
): Promise<Replayed> {
  const { robot, actionsRad } = recording;
  const agent = new ReplayAgent(robot, recording);
  const tracking = new TrackingListener(recording, agent);
  const place = await openPlace(arm, { robot, request, looks: false });
  try {
    if (!(await place.isReady(undefined, run.signal))) throw notAgreed();
    const { result } = await place.workplace.run({
      ...run,
      agent: () => agent,
      keepsPose: true,
      judged: request.judged,
      isOver: () => agent.isOver,
      timeLimitS: LONGEST_RAMP_S + actionsRad.length / robot.rates.controlHz,
      listeners: [tracking],
      ...(request.instruction === undefined ? {} : { instruction: request.instruction }),
    });
    if (result.agentFailure !== undefined) throw result.agentFailure;
    await place.end(run.signal);
    const { outcome, durationS, changedTicks } = result;
    const success = request.judged ? result.success : null;
    const { connection } = place;
    return { rows: tracking.rows, outcome, success, durationS, changedTicks, tracking: tracking.errors, connection };
  } finally {
    await place.close();
  }
}

function notAgreed(): ArmatureError {
  return new ArmatureError('E_NO_CONSENT', 'nobody agreed that the arm moves', {
    remedy: 'Press Enter when the arm may move, or give --yes.',
  });
}

function replayText({ rows, outcome, success, durationS, changedTicks, tracking }: Replayed): string {
  const verdict = success === null ? 'not judged' : success ? 'success again' : 'no success';
  return [
    `${verdict}: ${rows} rows in ${durationS.toFixed(1)} s, ended by ${outcome}, ${changedTicks} ticks changed by the gate`,
    formatTable(
      ['joint', 'mean rad', 'most rad'],
      tracking.map(({ joint, meanRad, mostRad }) => [joint, meanRad.toFixed(4), mostRad.toFixed(4)]),
    ),
  ].join('\n');
}
