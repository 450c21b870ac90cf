import { ArmatureError } from '../core/errors.ts';
import type { Codec } from './layout-spec.ts';

/** Id of the separator between observation and actions: the one after the continuous ids. */
export function separatorId(codec: Codec): number {
  return codec.textVocabulary + codec.bins;
}

/** Rows of the embedding table: text, continuous values, separator. */
export function vocabularySize(codec: Codec): number {
  return codec.textVocabulary + codec.bins + 1;
}

/** F(x) = sgn(x) ln(|x| mu + 1) / ln(M mu + 1), not clipped (arXiv 2205.06175, appendix B). */
export function muLaw(value: number, codec: Pick<Codec, 'mu' | 'maximum'>): number {
  const magnitude = Math.log(Math.abs(value) * codec.mu + 1) / Math.log(codec.maximum * codec.mu + 1);
  return Math.sign(value) * magnitude;
}

/** Maps [low, high] linearly to [-1, 1]; values outside stay outside. */
export function toUnit(value: number, low: number, high: number): number {
  return (2 * (value - low)) / (high - low) - 1;
}

/**
 * Bin of a value of [-1, 1], in [0, bins): floor((y + 1) / 2 bins), the top edge in the last bin.
 * Values outside saturate. Throws E_NOT_FINITE on NaN and infinities: they never become a token.
 */
export function binOf(unit: number, bins: number): number {
  if (!Number.isFinite(unit)) throw notFinite('a value', unit);
  const clipped = Math.min(Math.max(unit, -1), 1);
  return Math.min(Math.floor(((clipped + 1) / 2) * bins), bins - 1);
}

/** Continuous id of a value of [-1, 1]. Throws as binOf does. */
export function linearId(unit: number, codec: Codec): number {
  return codec.textVocabulary + binOf(unit, codec.bins);
}

/** Continuous id of an SI value, companded. Throws as binOf does. */
export function muLawId(value: number, codec: Codec): number {
  if (!Number.isFinite(value)) throw notFinite('a value', value);
  return codec.textVocabulary + binOf(muLaw(value, codec), codec.bins);
}

/** The error of a NaN or an infinity where a token is due; `what` names the value. */
export function notFinite(what: string, value: number | undefined): ArmatureError {
  return new ArmatureError('E_NOT_FINITE', `${what} has no token`, {
    expected: 'a finite number',
    found: String(value),
    remedy: 'Find out why the source delivers it; do not act on this observation.',
  });
}
