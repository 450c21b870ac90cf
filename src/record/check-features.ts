import { ArmatureError } from '../core/errors.ts';
import { DEFAULT_FEATURES, IMAGE_NAMES, isPicture, NUMERIC_TYPES } from './format.ts';
import type { DatasetInfo, FeatureInfo, Features, FeatureSpec } from './format.ts';

/** Checks what a dataset is to be made of. Throws ArmatureError (E_FEATURES) with every problem. */
export function checkFeatures(features: Features, fps: number): void {
  const problems = Object.entries(features).flatMap(([name, feature]) =>
    featureProblems(name, feature).map((problem) => `${name}: ${problem}`),
  );
  if (Object.keys(features).length === 0) problems.push('there are no features');
  if (!Number.isInteger(fps) || fps <= 0) problems.push(`fps must be a positive whole number, not ${fps}`);
  if (problems.length > 0) {
    throw new ArmatureError('E_FEATURES', `these features cannot be stored: ${problems.join('; ')}`, {
      remedy: 'Correct the features named.',
    });
  }
}

/** The features of a dataset as the writer knows them. Throws ArmatureError (E_FEATURES) for types it cannot write. */
export function writableFeatures(info: DatasetInfo): Features {
  const features = Object.fromEntries(
    Object.entries(info.features).map(([name, feature]): [string, FeatureSpec] => {
      const { dtype, shape, names } = feature;
      if (!isWritable(dtype)) {
        throw new ArmatureError('E_FEATURES', `feature "${name}" has type "${dtype}"`, {
          expected: [...Object.keys(NUMERIC_TYPES), 'image', 'video'].join(', '),
          remedy: 'Such a dataset can be read, but not continued here.',
        });
      }
      return [name, { dtype, shape, names: Array.isArray(names) ? names : null, info: feature.info ?? {} }];
    }),
  );
  const user = Object.entries(features).filter(([name]) => !(name in DEFAULT_FEATURES));
  checkFeatures(Object.fromEntries(user), info.fps);
  return features;
}

function featureProblems(name: string, feature: FeatureSpec): string[] {
  const { dtype, shape, names } = feature;
  const problems: string[] = [];
  if (name.includes('/') || name.trim() === '') problems.push('the name must not be empty or contain "/"');
  if (name in DEFAULT_FEATURES) problems.push('this feature is written by the recorder itself');
  if (!isWritable(dtype)) problems.push(`type "${String(dtype)}" is not known`);
  if (!shape.every((size) => Number.isInteger(size) && size > 0))
    problems.push('the shape needs positive whole numbers');
  if (isPicture(dtype)) {
    if (shape.length !== 3 || shape[2] !== 3) problems.push('the shape must be [height, width, 3]');
    if (dtype === 'video' && shape.some((size, axis) => axis < 2 && size % 2 !== 0))
      problems.push('H.264 needs an even width and height');
  } else {
    if (shape.length !== 1) problems.push('the shape must be [N]');
    if (names && names.length !== shape[0]) problems.push(`${names.length} names for ${shape[0]} values`);
    // LeRobot takes every feature with this word in its name for a picture and refuses its statistics.
    if (name.includes('image')) problems.push('a feature that is no picture must not have "image" in its name');
  }
  return problems;
}

function isWritable(dtype: string): dtype is FeatureSpec['dtype'] {
  return dtype in NUMERIC_TYPES || isPicture(dtype);
}

/** A feature as info.json describes it: with the usual names and facts of pictures. */
export function describeFeature(feature: FeatureSpec, fps: number): FeatureInfo {
  const { dtype, shape, names, info } = feature;
  const facts = { ...(isPicture(dtype) ? pictureFacts(feature, fps) : {}), ...info };
  const storedNames = names ?? (isPicture(dtype) ? IMAGE_NAMES : null);
  return {
    dtype,
    shape: [...shape],
    names: storedNames && [...storedNames],
    ...(Object.keys(facts).length === 0 ? {} : { info: facts }),
  };
}

function pictureFacts({ dtype, shape }: FeatureSpec, fps: number): Record<string, unknown> {
  if (dtype === 'image') return { is_depth_map: false };
  return {
    is_depth_map: false,
    'video.height': shape[0],
    'video.width': shape[1],
    'video.codec': 'h264',
    'video.pix_fmt': 'yuv420p',
    'video.fps': fps,
    'video.channels': shape[2],
    has_audio: false,
  };
}
