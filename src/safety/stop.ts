import { at } from './joint-limits.ts';
import type { JointLimits, Motion } from './joint-limits.ts';

/**
 * Velocities, rad/s, of a stop within the acceleration limits: one common factor for all joints, so that
 * the arm stops on its path, as fast as the joint that needs longest. Zero, exactly, once it can be.
 */
export function stopVelocities(motion: Motion, limits: JointLimits, stepS: number): Float64Array {
  let factor = 0;
  motion.velocitiesRadPerS.forEach((velocity, joint) => {
    const change = at(limits.accelerationRadPerS2, joint) * stepS;
    if (Math.abs(velocity) > change) factor = Math.max(factor, 1 - change / Math.abs(velocity));
  });
  return motion.velocitiesRadPerS.map((velocity) => velocity * factor);
}

/** Longest time a stop from full speed takes, s. */
export function stopTimeS(limits: JointLimits): number {
  return Math.max(
    ...limits.velocityRadPerS.map((velocity, joint) => velocity / at(limits.accelerationRadPerS2, joint)),
  );
}
