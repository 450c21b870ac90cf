import type { JointSpec, RobotSpec } from '../robot/robot-spec.ts';
import { TICKS_PER_TURN } from './ticks.ts';

/**
 * A calibrated range is found by moving the joint by hand from stop to stop. One much narrower than the joint's hard
 * range means that commands could drive it into a stop; one much wider is that of another joint.
 */
const NARROWEST = 0.95;
const WIDEST = 1.35;

/** One motor, in LeRobot's words and units: ticks. */
export interface MotorCalibration {
  readonly id: number;
  /** 1 when the motor turns against the joint's positive direction, otherwise 0. */
  readonly drive_mode: 0 | 1;
  readonly homing_offset: number;
  readonly range_min: number;
  readonly range_max: number;
}

/** By joint name. */
export type Calibration = Readonly<Record<string, MotorCalibration>>;

/** Why a calibration is not one of this robot; empty for one that may be. Each problem names its joint. */
export function calibrationProblems(calibration: Calibration, robot: RobotSpec): string[] {
  const known = new Set(robot.joints.map(({ name }) => name));
  const unknown = Object.keys(calibration).filter((name) => !known.has(name));
  const problems = unknown.map((name) => `"${name}" is no joint; joints are ${[...known].join(', ')}`);
  const owners = new Map<number, string>();
  for (const joint of robot.joints) {
    const motor = Object.hasOwn(calibration, joint.name) ? calibration[joint.name] : undefined;
    if (motor === undefined) {
      problems.push(`joint "${joint.name}" is missing`);
      continue;
    }
    const owner = owners.get(motor.id);
    if (owner !== undefined) problems.push(`joint "${joint.name}" has the id ${motor.id} of joint "${owner}"`);
    owners.set(motor.id, joint.name);
    problems.push(...rangeProblems(joint, motor));
  }
  return problems;
}

/**
 * Where what the motors hold differs from the file: the arm was calibrated by other means since, or is another one.
 * @param reported as read from the motors.
 */
export function calibrationDifferences(calibration: Calibration, reported: Calibration): string[] {
  return Object.entries(calibration).flatMap(([name, motor]) => {
    const found = Object.hasOwn(reported, name) ? reported[name] : undefined;
    if (found === undefined) return [`joint "${name}": no motor answers`];
    return (Object.keys(motor) as (keyof MotorCalibration)[])
      .filter((entry) => motor[entry] !== found[entry])
      .map((entry) => `joint "${name}": ${entry} is ${motor[entry]} in the file and ${found[entry]} in the motor`);
  });
}

function rangeProblems({ name, limits }: JointSpec, motor: MotorCalibration): string[] {
  if (motor.range_min >= motor.range_max) {
    return [`joint "${name}": range_min ${motor.range_min} is not below range_max ${motor.range_max}`];
  }
  const calibratedRad = ((motor.range_max - motor.range_min) / TICKS_PER_TURN) * 2 * Math.PI;
  const [low, high] = limits.positionRad;
  const share = calibratedRad / (high - low);
  if (share >= NARROWEST && share <= WIDEST) return [];
  const found = `${calibratedRad.toFixed(2)} rad from stop to stop`;
  return [`joint "${name}" was calibrated over ${found} and its limits are ${(high - low).toFixed(2)} rad apart`];
}
