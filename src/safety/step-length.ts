import { at } from './joint-limits.ts';
import type { JointLimits } from './joint-limits.ts';

/**
 * The shortest step, s: so long that rounding a position to a double changes jerk and acceleration, counted from
 * commands, by no more than what planned motion keeps in reserve. Some microseconds; for shorter steps no
 * sequence of doubles could keep the limits. Never more than half a period of the gate, which must be able to step.
 */
export function shortestStepS(limits: JointLimits, periodS: number): number {
  const lengths = limits.rates.map(({ accelerationRadPerS2, jerkRadPerS3 }, joint) => {
    const furthest = Math.max(Math.abs(at(limits.hardLowRad, joint)), Math.abs(at(limits.hardHighRad, joint)));
    const brake = limits.brakes[joint] ?? { accelerationRadPerS2: 0, jerkRadPerS3: 0 };
    const rounding = Number.EPSILON * furthest;
    return Math.max(
      Math.cbrt(rounding / (jerkRadPerS3 - brake.jerkRadPerS3)),
      Math.sqrt(rounding / (accelerationRadPerS2 - brake.accelerationRadPerS2)),
    );
  });
  return Math.min(periodS / 2, Math.max(...lengths));
}

/**
 * The longest step that counts as one, s: V / A + 2 A / J, the time of a stop from full speed and full acceleration.
 * An arm that heard nothing for longer has come to rest where it was last sent. Standing still for that long
 * is itself within the limits, whatever the motion before was: V / h <= A, and (V / h + A) / h <= J.
 */
export function longestStepS(limits: JointLimits, periodS: number): number {
  const times = limits.rates.map(
    ({ accelerationRadPerS2: most, jerkRadPerS3: jerk }, joint) =>
      at(limits.velocityRadPerS, joint) / most + (2 * most) / jerk,
  );
  return Math.max(2 * periodS, ...times);
}
