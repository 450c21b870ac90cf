import { ArmatureError, UnknownNameError } from '../../core/errors.ts';
import { checkDatasetFitsRobot } from '../../record/check-fit.ts';
import { DatasetReader } from '../../record/dataset-reader.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';

/** A recorded episode, as a replay needs it. Arrays have shape (J), rad, one per row. */
export interface Recording {
  readonly task: string;
  /** What was asked for in the control period of the row; where that was not recorded, what was sent at its end. */
  readonly actionsRad: readonly Float64Array[];
  /** Where the joints were measured when it began. */
  readonly statesRad: readonly Float64Array[];
  /** What the simulated scene was drawn from; undefined where there was none, or it was not recorded. */
  readonly sceneSeed: number | undefined;
  /** At the rate of the recording. */
  readonly robot: RobotSpec;
}

const SENT = 'action';
const MEASURED = 'observation.state';
/** Our own recordings have these, too. */
const REQUESTED = 'action.requested';
const DECIDED = 'action.decided';
const SCENE_SEED = 'scene.seed';

/**
 * Reads an episode to be replayed on a robot. Throws UnknownNameError for an episode that does not exist, ArmatureError
 * E_DATASET_ROBOT for a dataset of other joints or units and E_CONTROL_RATE for a rate at which the robot cannot be
 * commanded, and InvalidFileError.
 */
export async function loadRecording(directory: string, episode: number, robot: RobotSpec): Promise<Recording> {
  const reader = await DatasetReader.open(directory);
  checkDatasetFitsRobot(reader.info, robot);
  const { fps } = reader.info;
  if (!Number.isInteger(robot.rates.gateHz / fps)) throw rateError(directory, fps, robot);
  if (reader.episodes[episode] === undefined) {
    throw new UnknownNameError('episode', String(episode), Object.keys(reader.episodes));
  }
  const known = [SENT, MEASURED, REQUESTED, DECIDED, SCENE_SEED].filter((name) => name in reader.info.features);
  const { columns, tasks } = await reader.readEpisode(episode, known);
  const jointCount = robot.joints.length;
  const [sent, requested] = [SENT, REQUESTED].map((name) => rowsOf(columns[name], jointCount)) as [Row[], Row[]];
  const decided = columns[DECIDED];
  const sceneSeed = columns[SCENE_SEED]?.[0];
  return {
    task: tasks[0] ?? '',
    // Asked for once more, it is limited once more as it was; what was sent would be followed with that lag twice.
    actionsRad: sent.map((row, index) => (Number(decided?.[index] ?? 0) === 1 ? (requested[index] ?? row) : row)),
    statesRad: rowsOf(columns[MEASURED], jointCount),
    sceneSeed: sceneSeed === undefined ? undefined : Number(sceneSeed),
    robot: { ...robot, rates: { ...robot.rates, controlHz: fps } },
  };
}

type Row = Float64Array;

function rowsOf(column: ArrayLike<unknown> | undefined, width: number): Row[] {
  const values = Float64Array.from(column ?? [], Number);
  return Array.from({ length: values.length / width }, (_, row) => values.slice(row * width, (row + 1) * width));
}

function rateError(directory: string, fps: number, { name, rates }: RobotSpec): ArmatureError {
  return new ArmatureError('E_CONTROL_RATE', `${directory} cannot be replayed on robot "${name}"`, {
    expected: `a rate of which the gate's ${rates.gateHz} Hz is a whole multiple`,
    found: `${fps} rows a second`,
    remedy: `Set rates.gateHz of robot "${name}" to a multiple of ${fps}.`,
  });
}
