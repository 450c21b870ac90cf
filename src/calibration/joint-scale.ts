import type { JointSpec } from '../robot/robot-spec.ts';
import type { SerialMotorSpec } from '../robot/serial-spec.ts';
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

export interface JointScaleOptions {
  /** `angle`: a turn of the servo is a turn of the joint. `range`: the ends of the calibrated range are those of the limits. */
  readonly unit: SerialMotorSpec['unit'];
  readonly convention: EncoderConvention;
}

/**
 * The scale of a calibrated joint. The middle of the range found by hand is the middle of the joint's limits, as in the model of
 * the arm and in LeRobot's degrees (which call it 0). A gripper's ends are the ends of its limits, as in LeRobot's 0 to 100,
 * because a leader's handle and a follower's finger are levers of other lengths.
 */
export function jointScale(
  { limits }: JointSpec,
  motor: MotorCalibration,
  { unit, convention }: JointScaleOptions,
): JointScale {
  const [lowRad, highRad] = limits.positionRad;
  const scale = unit === 'range' ? (highRad - lowRad) / (motor.range_max - motor.range_min) : RAD_PER_TICK;
  const isReversed = motor.drive_mode === 1 && !convention.reversesItself;
  return {
    radPerTick: isReversed ? -scale : scale,
    centreTick: (motor.range_min + motor.range_max) / 2,
    centreRad: (lowRad + highRad) / 2,
  };
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
