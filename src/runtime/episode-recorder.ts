import { NS_PER_MS, NS_PER_S } from '../core/clock.ts';
import type { Sampled } from '../core/observation.ts';
import type { DatasetWriter, SavedEpisode } from '../record/dataset-writer.ts';
import type { EpisodeFrames } from '../record/episode-input.ts';
import type { FeatureSpec } from '../record/format.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { StepListener, StepRecord } from './step-listener.ts';

const PICTURE = 'observation.images.';
/** Age of a source that has not delivered anything yet, ms. */
const NEVER_MS = -1;

/** One control tick, growing until the next. */
interface Row {
  readonly step: StepRecord;
  readonly pictures: ReadonlyMap<string, Uint8Array>;
  requestedRad: Float64Array | undefined;
  sentRad: Float64Array;
}

/**
 * Features of a recorded run, rad and SI throughout, one row per control tick:
 *
 * | feature                        | shape     | meaning                                                          |
 * |--------------------------------|-----------|------------------------------------------------------------------|
 * | action                         | (J)       | what was sent at the end of the control period, behind the gate  |
 * | action.requested               | (J)       | what the agent asked for in it; the last command where nothing   |
 * | action.decided                 | (1)       | 1 where a decision with a target arrived in the control period   |
 * | observation.state              | (J)       | measured joint positions                                         |
 * | observation.velocity, .effort  | (J)       | measured joint velocities and torques                            |
 * | observation.command            | (J)       | the command sent last before the tick                            |
 * | observation.time               | (1)       | time of the tick since the first one, s; late ticks show here    |
 * | observation.age                | (1 + C)   | age of the joint state and of each picture, ms; -1: none yet     |
 * | observation.images.<camera>    | (H, W, 3) | what the camera saw last                                         |
 * | next.success                   | (1)       | 1 in the last row of an episode that succeeded                   |
 */
export function recordingFeatures(robot: RobotSpec): Record<string, FeatureSpec> {
  const names = robot.joints.map((joint) => `${joint.name}.pos`);
  const values = (unit: string, of: readonly string[] = names): FeatureSpec => ({
    dtype: 'float32',
    shape: [of.length],
    names: of,
    info: { unit },
  });
  const cameras = robot.cameras.map(({ name }) => name);
  const pictures = robot.cameras.map(({ name, width, height }): [string, FeatureSpec] => [
    `${PICTURE}${name}`,
    { dtype: 'image', shape: [height, width, 3], names: ['height', 'width', 'channels'] },
  ]);
  return {
    action: values('rad'),
    'action.requested': values('rad'),
    'action.decided': values('1', ['decided']),
    'observation.state': values('rad'),
    'observation.velocity': values('rad/s'),
    'observation.effort': values('Nm'),
    'observation.command': values('rad'),
    'observation.time': values('s', ['time']),
    'observation.age': values('ms', ['arm', ...cameras]),
    ...Object.fromEntries(pictures),
    'next.success': values('1', ['success']),
  };
}

/** Keeps one episode in memory as it happens; save it when it has ended, however it ended. Use a new one per episode. */
export class EpisodeRecorder implements StepListener {
  readonly name = 'recorder';
  readonly #robot: RobotSpec;
  readonly #rows: Row[] = [];

  constructor(robot: RobotSpec) {
    this.#robot = robot;
  }

  onStep(step: StepRecord): void {
    // The controlled stop at the end is no part of the episode.
    if (!step.isRunning) return;
    if (step.isControlTick) this.#rows.push(newRow(step));
    const row = this.#rows.at(-1);
    if (row === undefined) return;
    row.sentRad = step.sent.positionsRad.slice();
    if (step.decision?.target !== undefined) row.requestedRad = step.decision.target.positionsRad;
  }

  /** Writes the episode. Resolves with undefined, writing nothing, when it ended before its first tick. */
  async save(writer: DatasetWriter, success: boolean): Promise<SavedEpisode | undefined> {
    const [first] = this.#rows;
    if (first === undefined) return undefined;
    return writer.saveEpisode({ task: first.step.observation.instruction, frames: this.#columns(success) });
  }

  #columns(success: boolean): EpisodeFrames {
    const { cameras } = this.#robot;
    const rows = this.#rows;
    const startNs = rows[0]?.step.timeNs ?? 0;
    const observed = rows.map(({ step }) => step.observation);
    const pictures = cameras.map(({ name, width, height }): [string, Uint8Array[]] => [
      `${PICTURE}${name}`,
      rows.map((row) => row.pictures.get(name) ?? new Uint8Array(width * height * 3)),
    ]);
    return {
      action: rows.map((row) => row.sentRad),
      'action.requested': rows.map((row) => finiteOr(row.requestedRad, row.step.observation.commandRad)),
      'action.decided': rows.map((row) => (row.requestedRad === undefined ? 0 : 1)),
      'observation.state': observed.map(({ arm }) => arm.value.positionsRad),
      'observation.velocity': observed.map(({ arm }) => arm.value.velocitiesRadPerS),
      'observation.effort': observed.map(({ arm }) => arm.value.effortsNm),
      'observation.command': observed.map(({ commandRad }) => commandRad),
      'observation.time': observed.map(({ timeNs }) => (timeNs - startNs) / NS_PER_S),
      'observation.age': observed.map((seen) => [
        ageMs(seen.arm),
        ...cameras.map(({ name }) => ageMs(seen.cameras.get(name))),
      ]),
      ...Object.fromEntries(pictures),
      'next.success': rows.map((_, index) => (success && index === rows.length - 1 ? 1 : 0)),
    };
  }
}

function newRow(step: StepRecord): Row {
  // A camera may draw its next picture into the same memory.
  const copy = [...step.observation.cameras].map(([name, { value }]) => [name, value.rgb.slice()] as const);
  return { step, pictures: new Map(copy), requestedRad: undefined, sentRad: step.sent.positionsRad };
}

function ageMs(sampled: Sampled<unknown> | undefined): number {
  return sampled === undefined || !Number.isFinite(sampled.ageNs) ? NEVER_MS : sampled.ageNs / NS_PER_MS;
}

/** A dataset holds numbers only; what an agent that went wrong asked for may be none. */
function finiteOr(wish: Float64Array | undefined, fallback: Float64Array): Float64Array {
  return wish?.length === fallback.length && wish.every(Number.isFinite) ? wish : fallback;
}
