import type { JointLimits } from './joint-limits.ts';
import { at } from './joint-limits.ts';
import { stopAcceleration } from './braking.ts';
import type { BrakeLimits } from './braking.ts';

/** How the joints move, relative to whatever they shall come to rest at. Each of shape (J). */
export interface Rates {
  readonly velocitiesRadPerS: Float64Array;
  readonly accelerationsRadPerS2: Float64Array;
}

/** Limits of one joint, in proportion; overwritten for each. */
const share: { -readonly [limit in keyof BrakeLimits]: BrakeLimits[limit] } = {
  accelerationRadPerS2: 0,
  jerkRadPerS3: 0,
};

/**
 * Accelerations, rad/s^2, of the next step of a stop. Each joint brakes with limits in proportion to its velocity, so
 * that a motion along a straight line stops on that line, as fast as the joint that needs longest. What of the
 * acceleration leads off the line is taken away as fast as jerk allows.
 *
 * @param into is overwritten, shape (J).
 */
export function findStopAccelerations(motion: Rates, limits: JointLimits, stepS: number, into: Float64Array): void {
  const { velocitiesRadPerS: velocities, accelerationsRadPerS2: accelerations } = motion;
  let square = 0;
  let along = 0;
  let accelerationShare = Infinity;
  let jerkShare = Infinity;
  for (let joint = 0; joint < into.length; joint += 1) {
    const velocity = at(velocities, joint);
    const brake = limits.brakes[joint] as BrakeLimits;
    const speed = Math.abs(velocity);
    square += velocity * velocity;
    along += velocity * at(accelerations, joint);
    if (speed === 0) continue;
    accelerationShare = Math.min(accelerationShare, brake.accelerationRadPerS2 / speed);
    jerkShare = Math.min(jerkShare, brake.jerkRadPerS3 / speed);
  }
  const gain = square > 0 ? along / square : 0;
  for (let joint = 0; joint < into.length; joint += 1) {
    const velocity = at(velocities, joint);
    const acceleration = at(accelerations, joint);
    into[joint] = 0;
    if (velocity === 0 && acceleration === 0) continue;
    const brake = limits.brakes[joint] as BrakeLimits;
    const speed = Math.abs(velocity);
    const across = Math.abs(acceleration - gain * velocity);
    const shared = speed === 0 ? 0 : speed * jerkShare;
    const sharedMost = speed === 0 ? 0 : speed * accelerationShare;
    share.accelerationRadPerS2 = Math.min(brake.accelerationRadPerS2, sharedMost + across);
    share.jerkRadPerS3 = Math.min(brake.jerkRadPerS3, shared + across / stepS);
    into[joint] = stopAcceleration(velocity, acceleration, stepS, share);
  }
}
