/**
 * How a setpoint goes from the velocity of one control period to that of the next. The change of velocity is made by
 * a triangle of acceleration in the first part of the period, as gently in jerk as its length allows; the rest of
 * the way goes at constant velocity, so that what a period makes up for its ramp dies away in the next ones.
 */
export interface SetpointShape {
  /** Share of the change of velocity that each gate tick makes; they add up to 1. Acceleration ends at zero. */
  readonly accelerationShares: readonly number[];
  /** Share of it that is made at the end of each gate tick. */
  readonly velocityShares: readonly number[];
  /** Mean of the velocity shares: the share of the whole change that the mean velocity of the period sees. */
  readonly meanShare: number;
}

/** @param ticks gate ticks in a control period, at least 1. */
export function setpointShape(ticks: number): SetpointShape {
  // About half of the period: 3 of 5 ticks, 5 of 10.
  const length = Math.max(1, Math.min(ticks - 1, 2 * Math.floor((ticks + 1) / 4) + 1));
  const triangle = Array.from({ length }, (_, tick) => Math.min(tick + 1, length - tick));
  const sum = triangle.reduce((total, part) => total + part, 0);
  const accelerationShares = Array.from({ length: ticks }, (_, tick) => (triangle[tick] ?? 0) / sum);
  let velocity = 0;
  const velocityShares = accelerationShares.map((share) => (velocity += share));
  return {
    accelerationShares,
    velocityShares,
    meanShare: velocityShares.reduce((total, share) => total + share, 0) / ticks,
  };
}
