import { ArmatureError } from '../../core/errors.ts';
import { DEFAULT_FEATURES, isPicture, NUMERIC_TYPES } from '../format.ts';
import type { DatasetInfo, FeatureInfo, Features, FeatureSpec } from '../format.ts';
import type { VideoCodec } from '../video-codecs.ts';

/** How pictures are stored: as they are, as images (PNG), or as videos of a codec. */
export type PictureTarget = 'keep' | 'image' | VideoCodec;

/**
 * Features of a copy, without the default ones. Throws ArmatureError (E_FEATURES) for a type that cannot be
 * written, and for a feature to be left out that is not there.
 */
export function copiedFeatures(info: DatasetInfo, pictures: PictureTarget, without: readonly string[]): Features {
  const own = Object.entries(info.features).filter(([name]) => !(name in DEFAULT_FEATURES));
  const unknown = without.filter((name) => !own.some(([feature]) => feature === name));
  if (unknown.length > 0) {
    throw new ArmatureError('E_FEATURES', `there is no feature "${unknown.join('", "')}" to leave out`, {
      expected: own.map(([name]) => name).join(', '),
      remedy: 'Use names of features of the dataset.',
    });
  }
  return Object.fromEntries(
    own.filter(([name]) => !without.includes(name)).map(([name, feature]) => [name, copied(name, feature, pictures)]),
  );
}

function copied(name: string, feature: FeatureInfo, pictures: PictureTarget): FeatureSpec {
  const { dtype, shape } = feature;
  const info = feature.info ?? {};
  const names = elementNames(feature);
  if (isPicture(dtype)) return { ...storedAs(dtype, info, pictures), shape, names };
  if (dtype in NUMERIC_TYPES && shape.length === 1)
    return { dtype: dtype as keyof typeof NUMERIC_TYPES, shape, names, info };
  throw new ArmatureError('E_FEATURES', `feature "${name}" cannot be written`, {
    expected: `${Object.keys(NUMERIC_TYPES).join(', ')} of shape [N], image or video`,
    found: `${dtype} of shape [${shape.join(', ')}]`,
    remedy: `Leave it out: --without ${name}.`,
  });
}

function storedAs(
  dtype: 'image' | 'video',
  info: Readonly<Record<string, unknown>>,
  pictures: PictureTarget,
): Pick<FeatureSpec, 'dtype' | 'info'> {
  if (pictures === 'keep' || pictures === dtype || (dtype === 'video' && info['video.codec'] === pictures))
    return { dtype, info };
  // What is said of a video holds for the video as it was encoded.
  const facts = Object.fromEntries(
    Object.entries(info).filter(([key]) => !key.startsWith('video.') && key !== 'has_audio'),
  );
  if (pictures === 'image') return { dtype: 'image', info: facts };
  return { dtype: 'video', info: { ...facts, 'video.codec': pictures } };
}

/** Names as a list; older datasets keep them in an object, as {motors: [...]}. */
function elementNames({ names, shape }: FeatureInfo): readonly string[] | null {
  const list: unknown = Array.isArray(names) ? names : Object.values(names ?? {})[0];
  const expected = shape.length === 1 ? shape[0] : shape.length;
  return Array.isArray(list) && list.length === expected ? list.map(String) : null;
}
