import { ArmatureError } from '../core/errors.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { DatasetInfo, FeatureInfo } from './format.ts';

/** Features in joint order of the robot. */
const JOINT_FEATURES = ['action', 'observation.state'] as const;
/** LeRobot names the position of joint "wrist_roll" "wrist_roll.pos". */
const POSITION_SUFFIX = '.pos';

/**
 * Checks that `action` and `observation.state` of a dataset are those of the robot's joints: same number,
 * same names in the same order where the dataset names them, radians where it says its unit. Throws
 * ArmatureError (E_DATASET_ROBOT) naming every difference.
 */
export function checkDatasetFitsRobot(info: DatasetInfo, robot: Pick<RobotSpec, 'name' | 'joints'>): void {
  const jointNames = robot.joints.map((joint) => joint.name);
  const problems = JOINT_FEATURES.flatMap((name) =>
    jointProblems(info.features[name], jointNames).map((problem) => `${name} ${problem}`),
  );
  if (problems.length === 0) return;
  throw new ArmatureError('E_DATASET_ROBOT', `the dataset does not fit robot "${robot.name}"`, {
    expected: `the joints ${jointNames.join(', ')}, in rad`,
    found: problems.join('; '),
    remedy: `Use a dataset recorded with this robot${info.robot_type === null ? '' : ` (this one: ${info.robot_type})`}, or name the robot it was recorded with.`,
  });
}

function jointProblems(feature: FeatureInfo | undefined, jointNames: readonly string[]): string[] {
  if (feature === undefined) return ['is missing'];
  const problems: string[] = [];
  const shape = feature.shape.join(' x ');
  if (feature.shape.length !== 1 || feature.shape[0] !== jointNames.length)
    problems.push(`has ${shape} values for ${jointNames.length} joints`);
  const names = elementNames(feature);
  if (names !== undefined && names.join() !== jointNames.join()) problems.push(`has the joints ${names.join(', ')}`);
  const unit = feature.info?.['unit'];
  if (typeof unit === 'string' && unit !== 'rad') problems.push(`is in ${unit}`);
  return problems;
}

/** Joint names of a feature; older datasets keep them in an object, as {motors: [...]}. */
function elementNames(feature: FeatureInfo): string[] | undefined {
  const names: unknown = Array.isArray(feature.names) ? feature.names : Object.values(feature.names ?? {})[0];
  if (!Array.isArray(names)) return undefined;
  return names
    .map(String)
    .map((name) => (name.endsWith(POSITION_SUFFIX) ? name.slice(0, -POSITION_SUFFIX.length) : name));
}
