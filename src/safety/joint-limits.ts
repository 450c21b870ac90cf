import type { RobotSpec } from '../robot/robot-spec.ts';
import type { BrakeLimits } from './braking.ts';
import type { VelocityCurve } from './velocity-curve.ts';

/** Shares of the limits that planned motion leaves to rounding; the larger, the shorter a step may be. */
const ACCELERATION_RESERVE = 1e-6;
const JERK_RESERVE = 0.01;

/** The limits the gate enforces, as arrays of shape (J) in joint order of the RobotSpec. */
export interface JointLimits {
  readonly names: readonly string[];
  /** Hard range, rad. */
  readonly hardLowRad: Float64Array;
  readonly hardHighRad: Float64Array;
  /** Soft range, rad: the hard range less its margin. Commands stay in it. */
  readonly softLowRad: Float64Array;
  readonly softHighRad: Float64Array;
  readonly velocityRadPerS: Float64Array;
  /** Velocity limits by position, of joints that have them; length J. */
  readonly velocityCurves: readonly (VelocityCurve | undefined)[];
  /** The acceleration and jerk limits; length J. */
  readonly rates: readonly BrakeLimits[];
  /** The same less what planned motion keeps in reserve for the rounding of positions; length J. */
  readonly brakes: readonly BrakeLimits[];
}

/** What the gate emitted last and its differences over the steps before. */
export interface Motion {
  /** rad, shape (J). */
  readonly positionsRad: Float64Array;
  /** rad/s, shape (J). */
  readonly velocitiesRadPerS: Float64Array;
  /** rad/s^2, shape (J). */
  readonly accelerationsRadPerS2: Float64Array;
}

/** Collects the limits of a robot. A margin wider than half the range leaves the middle of the range. */
export function jointLimits(robot: RobotSpec): JointLimits {
  const limits = robot.joints.map((joint) => joint.limits);
  const margins = limits.map(({ positionRad: [low, high], softMarginRad }) =>
    Math.min(softMarginRad, (high - low) / 2),
  );
  return {
    names: robot.joints.map((joint) => joint.name),
    hardLowRad: Float64Array.from(limits, (limit) => limit.positionRad[0]),
    hardHighRad: Float64Array.from(limits, (limit) => limit.positionRad[1]),
    softLowRad: Float64Array.from(limits, (limit, joint) => limit.positionRad[0] + (margins[joint] ?? 0)),
    softHighRad: Float64Array.from(limits, (limit, joint) => limit.positionRad[1] - (margins[joint] ?? 0)),
    velocityRadPerS: Float64Array.from(limits, (limit) => limit.velocityRadPerS),
    velocityCurves: limits.map(({ velocityByPosition: curve }) => {
      if (curve === undefined) return undefined;
      const [lowRad, highRad] = curve.endsRad;
      return { offsetRadPerS: curve.offsetRadPerS, slopeRadPerS2: curve.slopeRadPerS2, lowRad, highRad };
    }),
    rates: limits.map(({ accelerationRadPerS2, jerkRadPerS3 }) => ({ accelerationRadPerS2, jerkRadPerS3 })),
    brakes: limits.map(({ accelerationRadPerS2, jerkRadPerS3 }) => ({
      accelerationRadPerS2: accelerationRadPerS2 * (1 - ACCELERATION_RESERVE),
      jerkRadPerS3: jerkRadPerS3 * (1 - JERK_RESERVE),
    })),
  };
}

export function copyMotion(from: Motion, into: Motion): void {
  into.positionsRad.set(from.positionsRad);
  into.velocitiesRadPerS.set(from.velocitiesRadPerS);
  into.accelerationsRadPerS2.set(from.accelerationsRadPerS2);
}

/** Element of an array whose length the gate has checked. */
export function at(values: Float64Array, index: number): number {
  return values[index] as number;
}
