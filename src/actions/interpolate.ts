import { notFinite } from '../tokens/value-codec.ts';

/**
 * Point on the straight line from the previous target to the new one, written to `out`, rad, shape (J).
 * The gate runs faster than the policy; without this the joints would jump once per control period.
 * @param fraction of the control period that has passed; held at 0 and 1. Throws E_NOT_FINITE on NaN.
 */
export function interpolateTarget(
  fromRad: ArrayLike<number>,
  toRad: ArrayLike<number>,
  fraction: number,
  out: Float64Array,
): Float64Array {
  if (Number.isNaN(fraction)) throw notFinite('the fraction of the control period', fraction);
  const share = Math.min(Math.max(fraction, 0), 1);
  for (let joint = 0; joint < out.length; joint += 1) {
    const from = fromRad[joint];
    const to = toRad[joint];
    if (from === undefined || !Number.isFinite(from)) throw notFinite(`start of joint ${joint}`, from);
    if (to === undefined || !Number.isFinite(to)) throw notFinite(`target of joint ${joint}`, to);
    // Both ends exactly: from + (to - from) need not be `to` in floating point.
    out[joint] = share === 1 ? to : from + (to - from) * share;
  }
  return out;
}
