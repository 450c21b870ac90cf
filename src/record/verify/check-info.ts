import { CODEBASE_VERSION, DATASET_PATHS, DEFAULT_FEATURES, isPicture, NUMERIC_TYPES } from '../format.ts';
import type { DatasetInfo, FeatureInfo } from '../format.ts';
import { errorIn, warningIn } from './problem.ts';
import type { DatasetProblem } from './problem.ts';

const INFO = DATASET_PATHS.info;
const CORRECT = 'Correct the entry.';

/** What the description of a dataset says of itself; its counts are held against the files elsewhere. */
export function checkInfo(info: DatasetInfo): DatasetProblem[] {
  const problems = Object.entries(info.features).flatMap(([name, feature]) => checkFeature(name, feature));
  if (info.codebase_version !== CODEBASE_VERSION) {
    const found = info.codebase_version;
    problems.push(
      warningIn(INFO, 'the format has another version', { expected: CODEBASE_VERSION, found, remedy: CORRECT }),
    );
  }
  if (!Number.isInteger(info.fps))
    problems.push(errorIn(INFO, 'fps is no whole number', { found: String(info.fps), remedy: CORRECT }));
  return [...problems, ...checkDefaultFeatures(info), ...checkPaths(info)];
}

function checkFeature(name: string, feature: FeatureInfo): DatasetProblem[] {
  const { dtype, shape, names } = feature;
  const problem = (what: string, expected: string, found: string): DatasetProblem =>
    errorIn(INFO, `feature "${name}" ${what}`, { expected, found, remedy: CORRECT });
  const problems: DatasetProblem[] = [];
  if (name.includes('/')) problems.push(problem('cannot be a column or a folder', 'a name without "/"', name));
  if (isPicture(dtype)) {
    if (shape.length !== 3)
      problems.push(problem('has another shape', '[height, width, channels]', `[${shape.join(', ')}]`));
    return problems;
  }
  const named = Array.isArray(names) ? names.length : undefined;
  if (named !== undefined && shape.length === 1 && named !== shape[0])
    problems.push(problem('has not one name per value', `${shape[0]} names`, String(named)));
  // LeRobot takes it for a picture and refuses its statistics.
  if (dtype in NUMERIC_TYPES && name.includes('image'))
    problems.push(problem('is no picture', 'a name without "image"', name));
  return problems;
}

function checkDefaultFeatures({ features }: DatasetInfo): DatasetProblem[] {
  const names = Object.keys(features);
  const problems = Object.entries(DEFAULT_FEATURES).flatMap(([name, expected]) => {
    const found = features[name];
    if (found === undefined)
      return [errorIn(INFO, `feature "${name}" is missing`, { expected: describe(expected), remedy: CORRECT })];
    return describe(found) === describe(expected)
      ? []
      : [
          errorIn(INFO, `feature "${name}" is another than the format asks for`, {
            expected: describe(expected),
            found: describe(found),
            remedy: CORRECT,
          }),
        ];
  });
  const own = names.filter((name) => !(name in DEFAULT_FEATURES));
  if (own.length === 0) problems.push(errorIn(INFO, 'there are no features', { remedy: CORRECT }));
  return problems;
}

function checkPaths(info: DatasetInfo): DatasetProblem[] {
  const problems: DatasetProblem[] = [];
  const hasVideos = Object.values(info.features).some(({ dtype }) => dtype === 'video');
  if (hasVideos && info.video_path === null)
    problems.push(errorIn(INFO, 'video_path is missing', { expected: DATASET_PATHS.video, remedy: CORRECT }));
  for (const [key, path] of [['data_path', info.data_path] as const, ['video_path', info.video_path] as const]) {
    if (path === null || !(path.startsWith('/') || path.split('/').includes('..'))) continue;
    problems.push(errorIn(INFO, `${key} leads out of the dataset`, { found: path, remedy: CORRECT }));
  }
  return problems;
}

function describe({ dtype, shape }: { readonly dtype: string; readonly shape: readonly number[] }): string {
  return `${dtype} of shape [${shape.join(', ')}]`;
}
