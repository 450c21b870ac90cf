import type { RobotSpec } from '../robot/robot-spec.ts';

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
  readonly accelerationRadPerS2: Float64Array;
}

/** What the gate emitted last: where the joints were sent and how fast they were moving there. */
export interface Motion {
  /** rad, shape (J). */
  readonly positionsRad: Float64Array;
  /** rad/s, shape (J). */
  readonly velocitiesRadPerS: Float64Array;
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
    accelerationRadPerS2: Float64Array.from(limits, (limit) => limit.accelerationRadPerS2),
  };
}

/** Element of an array whose length the gate has checked. */
export function at(values: Float64Array, index: number): number {
  return values[index] as number;
}
