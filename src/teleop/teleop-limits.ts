import type { RobotSpec } from '../robot/robot-spec.ts';

/** Kept from the soft position limits, rad: rounding does not count as leaving them. */
const MARGIN_RAD = 1e-6;

/** What a teleoperator keeps of a robot's limits, so that the gate has nothing to limit. Arrays have shape (J), joint order. */
export interface TeleopLimits {
  /** rad/s. */
  readonly velocityRadPerS: Float64Array;
  /** Soft position limits, rad. */
  readonly lowRad: Float64Array;
  readonly highRad: Float64Array;
  /** Of the gripper frame. */
  readonly positionMPerS: number;
  /** One control period, s. */
  readonly periodS: number;
}

/** @param velocityShare of the velocity limits of joints and gripper frame that may be used */
export function teleopLimits({ joints, space, rates }: RobotSpec, velocityShare: number): TeleopLimits {
  const limits = joints.map((joint) => joint.limits);
  const ends = limits.map(({ positionRad: [low, high], softMarginRad }) => {
    const marginRad = Math.min(softMarginRad + MARGIN_RAD, (high - low) / 2);
    return [low + marginRad, high - marginRad] as const;
  });
  return {
    velocityRadPerS: Float64Array.from(limits, ({ velocityRadPerS }) => velocityShare * velocityRadPerS),
    lowRad: Float64Array.from(ends, ([low]) => low),
    highRad: Float64Array.from(ends, ([, high]) => high),
    positionMPerS: velocityShare * space.speedMPerS.normal,
    periodS: 1 / rates.controlHz,
  };
}

/** Inside the soft limits; a joint that stands outside is not moved for that. */
export function withinLimits(targetRad: number, commandRad: number, joint: number, limits: TeleopLimits): number {
  const low = Math.min(limits.lowRad[joint] ?? commandRad, commandRad);
  const high = Math.max(limits.highRad[joint] ?? commandRad, commandRad);
  return Math.min(high, Math.max(low, targetRad));
}
