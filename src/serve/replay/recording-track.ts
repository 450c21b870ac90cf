import { ArmatureError } from '../../core/errors.ts';
import { checkDatasetFitsRobot } from '../../record/check-fit.ts';
import type { DatasetReader, EpisodeData, NumericValues } from '../../record/dataset-reader.ts';
import { picturesOf } from '../../record/episode-pictures.ts';
import type { DatasetInfo } from '../../record/format.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { elementNames, sentFeature } from '../../runtime/recording/recording-figures.ts';
import { finite } from './finite.ts';
import { sceneOf } from './known-robot.ts';
import type { KnownRobots } from './known-robot.ts';
import { laneWhere } from './lanes.ts';
import { recordingDecisions } from './recording-decisions.ts';
import type { Lane, TrackMessage } from './replay-messages.ts';

const MEASURED = 'observation.state';
const LABEL = 'action';
const REQUESTED = 'action.requested';
const VELOCITY = 'observation.velocity';
const EFFORT = 'observation.effort';
const TIME = 'observation.time';
const INTERVENTION = 'intervention';
const FRESH = 'observation.fresh';
const REPEATED = 'observation.repeated';
/** 1 in the last row of an episode that succeeded. */
export const SUCCESS = 'next.success';
const SEED = 'scene.seed';
/** Commands that differ by less are the same: they are stored as float32. */
const SAME = 1e-5;

/** Reads all that is told of an episode but its pictures. Throws as DatasetReader.readEpisode does. */
export async function readRecordingTrack(
  reader: DatasetReader,
  episodeIndex: number,
  robots: KnownRobots,
): Promise<TrackMessage> {
  const { info } = reader;
  const sent = sentFeature(info);
  // Experts label rows with what should have been done: that was asked for.
  const requested = info.features[REQUESTED] === undefined && sent !== LABEL ? LABEL : REQUESTED;
  const wanted = [sent, MEASURED, requested, VELOCITY, EFFORT, TIME, INTERVENTION, FRESH, REPEATED, SUCCESS, SEED];
  const data = await reader.readEpisode(
    episodeIndex,
    wanted.filter((name) => info.features[name]?.shape.length === 1),
  );
  const width = info.features[sent]?.shape[0] ?? info.features[MEASURED]?.shape[0] ?? 0;
  const rows = data.episode.length;
  const lines = (feature: string): (number | null)[][] => linesOf(data.columns[feature], { rows, width });
  const { robot, otherwise } = robotOf(info, robots);
  const unit = unitOf(info, sent) ?? (robot === undefined ? '' : 'rad');
  const success = data.columns[SUCCESS];
  const names = elementNames(info, sent, width);
  return {
    title: `${shownName(reader.directory)}, episode ${episodeIndex}`,
    robot: info.robot_type ?? '',
    instruction: [...new Set(data.tasks)].join(', then '),
    isSuccess: success === undefined ? null : success.some((flag) => flag > 0),
    facts: factsOf(info, data),
    timesS: Array.from({ length: rows }, (_, row) => row / info.fps),
    unit,
    joints: names.map((name, joint) => {
      const range = robot?.joints[joint]?.limits.positionRad;
      return { name, low: range?.[0] ?? null, high: range?.[1] ?? null };
    }),
    measured: lines(MEASURED),
    sent: lines(sent),
    requested: lines(requested),
    cameras: picturesOf(reader).map(({ name, width: across, height }) => ({ name, width: across, height })),
    stills: [],
    lanes: lanesOf(data, { info, sent, requested, width }),
    series: [
      ...latenessOf(data.columns[TIME], info.fps),
      ...seriesOf(lines(VELOCITY), { names, what: 'velocity', unit: unitOf(info, VELOCITY) ?? '' }),
      ...seriesOf(lines(EFFORT), { names, what: 'effort', unit: unitOf(info, EFFORT) ?? '' }),
    ],
    ...recordingDecisions(
      {
        fps: info.fps,
        tasks: data.tasks,
        measured: data.columns[MEASURED],
        velocity: data.columns[VELOCITY],
        effort: data.columns[EFFORT],
        sent: data.columns[sent],
        requested: data.columns[requested],
      },
      robot,
      robots,
    ),
    ...(await sceneOf(robots, robot, otherwise)),
  };
}

/** The last two names of a path. */
function shownName(directory: string): string {
  return directory.split(/[/\\]/).filter(Boolean).slice(-2).join('/');
}

/** The robot of a dataset, where it is known and the dataset is of its joints. */
function robotOf(info: DatasetInfo, robots: KnownRobots): { robot: RobotSpec | undefined; otherwise: string } {
  const name = info.robot_type ?? '';
  if (name === '') return { robot: undefined, otherwise: 'The recording does not name its robot.' };
  const robot = robots.robot(name);
  if (robot === undefined)
    return { robot, otherwise: `No robot "${name}" is known here: add it to robots/ to see it.` };
  try {
    checkDatasetFitsRobot(info, robot);
    return { robot, otherwise: '' };
  } catch (error) {
    if (!(error instanceof ArmatureError)) throw error;
    return { robot: undefined, otherwise: error.message };
  }
}

/** Joint after joint; none for a feature that was not recorded, or is not one value per joint. */
function linesOf(
  column: NumericValues | undefined,
  { rows, width }: { readonly rows: number; readonly width: number },
): (number | null)[][] {
  if (column === undefined || width === 0 || column.length !== rows * width) return [];
  return Array.from({ length: width }, (_, joint) =>
    Array.from({ length: rows }, (__, row) => finite(column[row * width + joint])),
  );
}

function unitOf(info: DatasetInfo, feature: string): string | undefined {
  const unit = info.features[feature]?.info?.['unit'];
  return typeof unit === 'string' ? unit : undefined;
}

function factsOf(info: DatasetInfo, { episode, columns }: EpisodeData): TrackMessage['facts'] {
  const seed = columns[SEED]?.[0];
  return [
    { name: 'rows', value: `${episode.length}, ${info.fps} a second` },
    { name: 'length', value: `${(episode.length / info.fps).toFixed(1)} s` },
    ...(seed === undefined ? [] : [{ name: 'scene drawn from', value: `seed ${seed}` }]),
  ];
}

interface LaneSources {
  readonly info: DatasetInfo;
  readonly sent: string;
  readonly requested: string;
  readonly width: number;
}

function lanesOf({ columns, episode }: EpisodeData, { info, sent, requested, width }: LaneSources): Lane[] {
  const rows = Array.from({ length: episode.length }, (_, row) => row);
  const [given, asked] = [columns[sent], columns[requested]];
  const isChanged = (row: number): boolean =>
    Array.from({ length: width }, (_, joint) => row * width + joint).some(
      (at) => Math.abs((given?.[at] ?? 0) - (asked?.[at] ?? 0)) > SAME,
    );
  const hasBoth = given !== undefined && given.length === asked?.length;
  const flags = (feature: string, flag: number, what: string): (Lane | undefined)[] => {
    const sources = info.features[feature]?.shape[0] ?? 0;
    return elementNames(info, feature, sources).map((source, index) =>
      laneWhere(
        `${source}: ${what}`,
        rows.map((row) => columns[feature]?.[row * sources + index] === flag),
      ),
    );
  };
  return [
    hasBoth ? laneWhere('not as asked for', rows.map(isChanged)) : undefined,
    laneWhere(
      'a person drove',
      rows.map((row) => columns[INTERVENTION]?.[row] === 1),
    ),
    ...flags(FRESH, 0, 'too old'),
    ...flags(REPEATED, 1, 'the same picture again'),
  ].filter((lane) => lane !== undefined);
}

function latenessOf(column: NumericValues | undefined, fps: number): TrackMessage['series'] {
  if (column === undefined) return [];
  const values = Array.from(column, (timeS, row) => finite(1000 * (timeS - row / fps)));
  return [{ name: 'lateness of the tick', unit: 'ms', values }];
}

function seriesOf(
  lines: readonly (number | null)[][],
  { names, what, unit }: { readonly names: readonly string[]; readonly what: string; readonly unit: string },
): TrackMessage['series'] {
  return lines.map((values, joint) => ({ name: `${what} of ${names[joint]}`, unit, values }));
}
