import { ArmatureError, UnknownNameError } from '../../core/errors.ts';
import { checkDatasetFitsRobot } from '../../record/check-fit.ts';
import { DatasetReader } from '../../record/dataset-reader.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';

/** A recorded episode, as a replay needs it. Arrays have shape (J), rad, one per row. */
export interface Recording {
  readonly task: string;
  /** What was sent in the control period of the row. */
  readonly actionsRad: readonly Float64Array[];
  /** Where the joints were measured when it began. */
  readonly statesRad: readonly Float64Array[];
  /** What the simulated scene was drawn from; undefined where there was none, or it was not recorded. */
  readonly sceneSeed: number | undefined;
  /** At the rate of the recording. */
  readonly robot: RobotSpec;
}

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
    const known = reader.episodes.length === 0 ? [] : ['0', `... ${reader.episodes.length - 1}`];
    throw new UnknownNameError('episode', String(episode), known);
  }
  const hasSeed = SCENE_SEED in reader.info.features;
  const features = ['action', 'observation.state', ...(hasSeed ? [SCENE_SEED] : [])];
  const { columns, tasks } = await reader.readEpisode(episode, features);
  const rows = (name: string): Float64Array[] => {
    const values = Array.from(columns[name] ?? [], Number);
    const width = robot.joints.length;
    return Array.from({ length: values.length / width }, (_, row) =>
      Float64Array.from(values.slice(row * width, (row + 1) * width)),
    );
  };
  return {
    task: tasks[0] ?? '',
    actionsRad: rows('action'),
    statesRad: rows('observation.state'),
    sceneSeed: hasSeed ? Number(columns[SCENE_SEED]?.[0]) : undefined,
    robot: { ...robot, rates: { ...robot.rates, controlHz: fps } },
  };
}

function rateError(directory: string, fps: number, { name, rates }: RobotSpec): ArmatureError {
  return new ArmatureError('E_CONTROL_RATE', `${directory} cannot be replayed on robot "${name}"`, {
    expected: `a rate of which the gate's ${rates.gateHz} Hz is a whole multiple`,
    found: `${fps} rows a second`,
    remedy: `Set rates.gateHz of robot "${name}" to a multiple of ${fps}.`,
  });
}
