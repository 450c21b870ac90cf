import { heading } from './braking.ts';
import type { BrakeLimits } from './braking.ts';

/*
 * A velocity limit that falls towards the ends of a joint's range: at position p, with an end e ahead,
 *
 *   v <= -c + sqrt(s (e - p)),   which is   p + (v + c)^2 / s <= e   for v >= 0
 *
 * The left side of the second form, the reach, is where a joint that moves like that would come to an end. The limit
 * is kept for good when the largest reach during the quickest stop stays below e: `curveReach` finds it.
 *
 * Claim. When the largest reach is within e, it still is after a step of ANY length of that stop (`stopAcceleration`).
 *
 * Proof, with the cases and names there. Compared is where the stop passes each velocity u before and after the step:
 * further back after it is no further reach.
 *  - x = a - J h >= 0: until the acceleration is zero the reach grows with both velocity and position, so the largest
 *    comes at that point or later. There both velocity and position are less after the step than before: shown there.
 *  - x < 0 above the landing curve: position, velocity and acceleration after the step are no more than what the
 *    continuous stop has after h, and a stop from less passes every velocity further back.
 *  - x = L, v > 0: the rest of the way is the landing curve, which from u to rest takes J s^3 / 6 with u = J s^2 / 2. Its end
 *    is no further than that of the landing curve from v, on which u is passed no later than by any other stop from v.
 *  - v <= 0 afterwards, or the mirror image of it: there is no more motion towards e, or less than on the landing curve.
 */

/** The constants of a joint. `robotProblems` sees to s^2 <= 4 c J, and to e beyond the soft limits by more than c^2 / s. */
export interface VelocityCurve {
  /** c above. */
  readonly offsetRadPerS: number;
  /** s above. */
  readonly slopeRadPerS2: number;
  /** The ends e of the range that the curve counts from. */
  readonly lowRad: number;
  readonly highRad: number;
}

/** Newton's steps to the braking at which the reach is largest. The reach is flat there: what is missing counts squared. */
const STEPS = 4;

/**
 * The largest reach during the quickest stop, counted from where the joint is, rad. It grows with velocity and with
 * acceleration, as the ends of stops do.
 *
 * A stop brakes ever harder, then at the limit, then along the landing curve. The reach grows as long as it brakes less than the
 * curve falls, which is b(u) = (s / 2) u / (u + c) at velocity u. As b falls with u and is below the landing curve wherever
 * s^2 <= 32 c J, the reach has one largest value: where the braking has come up to b(u).
 */
export function curveReach(velocity: number, acceleration: number, limits: BrakeLimits, curve: VelocityCurve): number {
  const { offsetRadPerS: offset, slopeRadPerS2: slope } = curve;
  const { accelerationRadPerS2: most, jerkRadPerS3: jerk } = limits;
  const atRest = (offset * offset) / slope;
  // Braking harder than these limits, by their reserve, does not count.
  const pull = Math.max(acceleration, -most);
  if (heading(velocity, pull, jerk) <= 0) return velocity > 0 ? reachOf(0, velocity, curve) : atRest;
  const ramp = pull > 0 ? pull / jerk : 0;
  const from = velocity + (ramp * pull) / 2;
  const begun = Math.max(0, -pull);
  const startRad = ramp * (velocity + (ramp * pull) / 3);
  const needed = curveBraking(from, curve);
  if (begun >= needed) return Math.max(atRest, reachOf(startRad, from, curve));
  const peak = from + (begun * begun) / (2 * jerk);
  const full = peak - (most * most) / (2 * jerk);
  if (full > 0 && curveBraking(full, curve) > most) {
    const speed = (2 * offset * most) / (slope - 2 * most);
    const heldRad = ((full - speed) * (full + speed)) / (2 * most);
    return Math.max(atRest, reachOf(startRad + rampRad(from, begun, most, jerk) + heldRad, speed, curve));
  }
  let braking = Math.min(needed, most);
  for (let step = 0; step < STEPS; step += 1) {
    const speed = Math.max(0, peak - (braking * braking) / (2 * jerk));
    const fall = (slope * offset * braking) / (2 * jerk * (speed + offset) * (speed + offset));
    braking -= (braking - curveBraking(speed, curve)) / (1 + fall);
  }
  const speed = Math.max(0, peak - (braking * braking) / (2 * jerk));
  return Math.max(atRest, reachOf(startRad + rampRad(from, begun, braking, jerk), speed, curve));
}

/** The braking at which the velocity falls as the curve does, rad/s^2. */
function curveBraking(speed: number, { offsetRadPerS: offset, slopeRadPerS2: slope }: VelocityCurve): number {
  return (slope * speed) / (2 * (speed + offset));
}

function reachOf(
  position: number,
  speed: number,
  { offsetRadPerS: offset, slopeRadPerS2: slope }: VelocityCurve,
): number {
  return position + ((speed + offset) * (speed + offset)) / slope;
}

/** The way while the braking rises from one value to another at full jerk, rad. */
function rampRad(speed: number, begun: number, reached: number, jerk: number): number {
  const timeS = Math.max(0, reached - begun) / jerk;
  return timeS * (speed - timeS * (begun / 2 + (timeS * jerk) / 6));
}
