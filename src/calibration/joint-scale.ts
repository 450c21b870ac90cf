import type { JointSpec, RobotSpec } from '../robot/robot-spec.ts';
import type { MotorCalibration } from './calibration-problems.ts';
import type { EncoderConvention } from './encoder-convention.ts';
import { RAD_PER_TICK, shortWay } from './ticks.ts';

/** How one joint's angle follows from its servo's position: a line through (centreTick, centreRad). */
export interface JointScale {
  /** Negative where ticks grow against the joint's positive direction. */
  readonly radPerTick: number;
  /** Middle of the calibrated range, ticks as the servo reports them; may end in a half. */
  readonly centreTick: number;
  /** Middle of the joint's hard range, rad. */
  readonly centreRad: number;
}

/**
 * The scale of a calibrated joint. The middle of the range found by hand is the middle of the joint's limits, as in the model of
 * the arm and in LeRobot's degrees (which call it 0). The gripper's ends are the ends of its limits, as in LeRobot's 0 to 100,
 * because a leader's handle and a follower's finger are levers of other lengths.
 */
export function jointScale(
  joint: JointSpec,
  motor: MotorCalibration,
  options: { readonly isGripper: boolean; readonly convention: EncoderConvention },
): JointScale {
  const [lowRad, highRad] = joint.limits.positionRad;
  const scale = options.isGripper ? (highRad - lowRad) / (motor.range_max - motor.range_min) : RAD_PER_TICK;
  const isReversed = motor.drive_mode === 1 && !options.convention.reversesItself;
  return {
    radPerTick: isReversed ? -scale : scale,
    centreTick: (motor.range_min + motor.range_max) / 2,
    centreRad: (lowRad + highRad) / 2,
  };
}

/** One per joint, in joint order. The calibration must be one of this robot (`calibrationProblems`). */
export function jointScales(
  robot: RobotSpec,
  calibration: Readonly<Record<string, MotorCalibration>>,
  convention: EncoderConvention,
): JointScale[] {
  return robot.joints.flatMap((joint) => {
    const motor = calibration[joint.name];
    return motor === undefined
      ? []
      : [jointScale(joint, motor, { isGripper: joint.name === robot.gripper, convention })];
  });
}

/**
 * The joint's angle, rad. Whole turns do not count: a servo may report the same pose a turn off, or below 0 where its homing
 * offset is larger than its reading.
 */
export function ticksToRad(scale: JointScale, tick: number): number {
  return scale.centreRad + scale.radPerTick * shortWay(tick - scale.centreTick);
}

/** The tick nearest to an angle within the joint's limits, in the turn of the calibrated range. */
export function radToTicks(scale: JointScale, angleRad: number): number {
  return Math.round(scale.centreTick + (angleRad - scale.centreRad) / scale.radPerTick);
}
