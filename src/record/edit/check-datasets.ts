import { ArmatureError } from '../../core/errors.ts';
import type { DatasetReader } from '../dataset-reader.ts';
import { DEFAULT_FEATURES } from '../format.ts';
import type { DatasetInfo, FeatureInfo } from '../format.ts';

/** Facts of a feature that change what its values mean or how they are read. */
const FACTS = ['unit', 'is_depth_map', 'video.codec', 'video.pix_fmt'] as const;

/**
 * Checks that episodes of the datasets can stand in one: same frame rate, robot and features but those left out. Throws
 * ArmatureError (E_DATASETS_DIFFER) naming every difference from the first.
 */
export function checkDatasetsFit(datasets: readonly DatasetReader[], without: readonly string[] = []): void {
  const [first, ...others] = datasets;
  if (first === undefined) return;
  const problems = others.flatMap((other) =>
    differences(first.info, other.info, new Set([...Object.keys(DEFAULT_FEATURES), ...without])).map(
      (difference) => `${other.directory}: ${difference}`,
    ),
  );
  if (problems.length === 0) return;
  throw new ArmatureError('E_DATASETS_DIFFER', `the datasets do not fit together: ${problems.join('; ')}`, {
    expected: `the same as in ${first.directory}`,
    remedy:
      'Merge datasets of one robot and one recording setup; "armature dataset convert" changes how pictures are stored, and --without leaves features out.',
  });
}

function differences(first: DatasetInfo, other: DatasetInfo, leftOut: ReadonlySet<string>): string[] {
  const found: string[] = [];
  if (first.fps !== other.fps) found.push(`${other.fps} frames per second, not ${first.fps}`);
  if (first.robot_type !== other.robot_type) found.push(`robot ${other.robot_type}, not ${first.robot_type}`);
  const names = new Set([...Object.keys(first.features), ...Object.keys(other.features)]);
  for (const name of names) {
    if (leftOut.has(name)) continue;
    const [expected, feature] = [first.features[name], other.features[name]];
    if (feature === undefined) found.push(`no feature "${name}"`);
    else if (expected === undefined) found.push(`one more feature, "${name}"`);
    else if (describe(feature) !== describe(expected))
      found.push(`"${name}" is ${describe(feature)}, not ${describe(expected)}`);
  }
  return found;
}

function describe({ dtype, shape, names, info }: FeatureInfo): string {
  const facts = FACTS.flatMap((fact) => (info?.[fact] === undefined ? [] : [`${fact} ${String(info[fact])}`]));
  const named = Array.isArray(names) ? [names.join(', ')] : [];
  return [`${dtype} of shape [${shape.join(', ')}]`, ...named, ...facts].join(', ');
}
