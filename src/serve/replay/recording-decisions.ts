import { NS_PER_S } from '../../core/clock.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { NumericValues } from '../../record/dataset-reader.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { KnownRobots, KnownStrips } from './known-robot.ts';
import type { Decision, TrackMessage } from './replay-messages.ts';
import { decisionOf } from './strip-decision.ts';

/** What an episode holds, flat, shape (rows, J); undefined for what was not recorded. */
export interface RecordedRows {
  readonly fps: number;
  /** Instruction of each row. */
  readonly tasks: readonly string[];
  readonly measured: NumericValues | undefined;
  readonly velocity: NumericValues | undefined;
  readonly effort: NumericValues | undefined;
  readonly sent: NumericValues | undefined;
  readonly requested: NumericValues | undefined;
}

/** Said of tokens that nobody emitted. */
function computedWith(policy: string): string {
  return `Computed from what was recorded: what policy ${policy} would be told of that moment, and the tokens nearest to what was asked for.`;
}

/**
 * A recording holds no tokens. They are made again row by row in the layout of a policy of the robot.
 * @param robot undefined where it is not known, or the recording is not of its joints in rad
 */
export function recordingDecisions(
  rows: RecordedRows,
  robot: RobotSpec | undefined,
  robots: KnownRobots,
): Pick<TrackMessage, 'decisions' | 'aboutDecisions'> {
  const without = (aboutDecisions: string): ReturnType<typeof recordingDecisions> => ({
    decisions: [],
    aboutDecisions,
  });
  if (robot === undefined) return without('A recording holds no tokens, and of this robot no policy is known here.');
  const strips = robots.strips(robot);
  if (strips === undefined)
    return without('A recording holds no tokens, and no policy of this robot is known here; name one with --policy.');
  const joints = robot.joints.length;
  const missing = strips.reader.layout.spec.state
    .map(({ name }) => name)
    .find((name) => columnOf(rows, name)?.length !== rows.tasks.length * joints);
  if (missing !== undefined) return without(`Policy ${strips.policy} is told ${missing}, which were not recorded.`);
  const asked = rows.requested ?? rows.sent;
  if (asked?.length !== rows.tasks.length * joints) return without('What the arm was asked for was not recorded.');
  try {
    const decisions = rows.tasks.flatMap((_, row) => computed({ rows, asked, joints }, row, strips) ?? []);
    return decisions.length === 0
      ? without('The tokens cannot be computed: the recording holds numbers that are not finite.')
      : { decisions, aboutDecisions: computedWith(strips.policy) };
  } catch (error) {
    // Words that the policy cannot be told, for example.
    if (error instanceof ArmatureError) return without(`The tokens cannot be computed: ${error.message}`);
    throw error;
  }
}

interface Source {
  readonly rows: RecordedRows;
  readonly asked: NumericValues;
  readonly joints: number;
}

function computed({ rows, asked, joints }: Source, row: number, strips: KnownStrips): Decision | undefined {
  const at = (values: NumericValues | undefined, index: number): Float64Array =>
    values === undefined
      ? new Float64Array(joints)
      : Float64Array.from(values.subarray(index * joints, (index + 1) * joints));
  // Before the first row nothing had been sent: the arm held where it was.
  const commandRad = row === 0 ? at(rows.measured, 0) : at(rows.sent ?? asked, row - 1);
  const targetRad = at(asked, row);
  if (![...commandRad, ...targetRad].every(Number.isFinite)) return undefined;
  const actionTokens = strips.reader.actionTokens(targetRad, commandRad);
  return decisionOf(
    { row, actionTokens, keptJoints: 0 },
    {
      tick: row,
      timeNs: (row / rows.fps) * NS_PER_S,
      instruction: rows.tasks[row] ?? '',
      commandRad,
      positionsRad: at(rows.measured, row),
      velocitiesRadPerS: at(rows.velocity, row),
      effortsNm: at(rows.effort, row),
    },
    strips,
  );
}

function columnOf(rows: RecordedRows, modality: string): NumericValues | undefined {
  return modality === 'positions' ? rows.measured : modality === 'velocities' ? rows.velocity : rows.effort;
}
