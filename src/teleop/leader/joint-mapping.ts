import { ArmatureError } from '../../core/errors.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';

/** How one joint of the follower goes after one of the leader: `sign * scale * leader + offsetRad`. */
export interface JointMapping {
  /** Name of the leader's joint. */
  readonly leader: string;
  /** Default 1. */
  readonly sign?: 1 | -1;
  /** Default 1. */
  readonly scale?: number;
  /** Default 0. */
  readonly offsetRad?: number;
}

/** By name of the follower's joint. A joint that is not named follows the leader's joint of the same name. */
export type LeaderMapping = Readonly<Record<string, JointMapping>>;

/** Where the follower has to be for a leader there: rad, shape (J) of the follower. */
export type MapJoints = (leaderRad: Float64Array, commandRad: Float64Array) => Float64Array;

/**
 * Makes the map from leader to follower. Joints of the follower that the leader does not have stay where they are. Throws
 * ArmatureError E_LEADER_MAPPING for a name that does not exist, a scale that is no number above 0, and arms that share
 * no joint.
 */
export function mapJoints(robot: RobotSpec, leaderJoints: readonly string[], mapping: LeaderMapping = {}): MapJoints {
  const followers = robot.joints.map(({ name }) => name);
  const [unknown] = Object.keys(mapping).filter((name) => !followers.includes(name));
  if (unknown !== undefined) throw badMapping(`robot "${robot.name}" has no joint "${unknown}"`, followers);
  const rows = followers.map((name) => {
    const row = mapping[name] ?? { leader: name };
    const index = leaderJoints.indexOf(row.leader);
    if (index < 0 && name in mapping) throw badMapping(`the leader has no joint "${row.leader}"`, leaderJoints);
    const { sign = 1, scale = 1, offsetRad = 0 } = row;
    if (!(scale > 0 && scale < Infinity) || !Number.isFinite(offsetRad)) {
      throw badMapping(`the mapping of joint "${name}" has an impossible scale or offset`, ['a scale above 0']);
    }
    return { index, factor: sign * scale, offsetRad };
  });
  if (rows.every(({ index }) => index < 0)) throw badMapping('leader and follower share no joint', followers);
  return (leaderRad, commandRad) =>
    Float64Array.from(rows, ({ index, factor, offsetRad }, joint) =>
      index < 0 ? (commandRad[joint] ?? Number.NaN) : factor * (leaderRad[index] ?? Number.NaN) + offsetRad,
    );
}

function badMapping(problem: string, names: readonly string[]): ArmatureError {
  return new ArmatureError('E_LEADER_MAPPING', problem, {
    expected: names.join(', '),
    remedy: 'Map joints by names that both arms have.',
  });
}
