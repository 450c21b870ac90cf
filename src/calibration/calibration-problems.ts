import type { JointSpec, RobotSpec } from '../robot/robot-spec.ts';
import { ENCODER_CONVENTIONS } from './encoder-convention.ts';
import { RAD_PER_TICK, TICKS_PER_TURN } from './ticks.ts';

/**
 * A calibrated range is found by moving the joint by hand from stop to stop. One much narrower than the joint's hard
 * range means that commands could drive it into a stop; one much wider is that of another joint.
 */
const NARROWEST = 0.95;
/** The handle that closes a leader's gripper is another lever than the finger whose range it is stretched over. */
const NARROWEST_HANDLE = 0.25;
const WIDEST = 1.35;

/** One motor, in LeRobot's words and units: ticks of its encoder, 0 to 4095. */
export interface MotorCalibration {
  /** Of the motor on its bus, 0 to 253. */
  readonly id: number;
  /** 1 when the motor turns against the joint's positive direction, otherwise 0. */
  readonly drive_mode: 0 | 1;
  /** Ticks that the motor's own zero is off; signed as the motor stores it. */
  readonly homing_offset: number;
  /** Ends of the range that was swept by hand; `range_min` is below `range_max`. */
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
    problems.push(...idProblems(joint.name, motor.id, robot.drivers.serial?.motors[joint.name]?.id));
    problems.push(...offsetProblems(joint.name, motor.homing_offset, robot));
    problems.push(...rangeProblems(joint, motor, calibratedAs(robot, joint.name)));
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

/** How a joint is calibrated, from its motor in robot.yaml. */
export interface CalibratedAs {
  /** By its middle pose alone: its range is the whole turn. */
  readonly fullTurn: boolean;
  /** It is the handle of a leader's gripper. */
  readonly isHandle: boolean;
}

/** A robot without a serial bus has joints like any. */
export function calibratedAs({ drivers }: RobotSpec, joint: string): CalibratedAs {
  const { serial } = drivers;
  const motor = serial?.motors[joint];
  return { fullTurn: motor?.fullTurn ?? false, isHandle: serial?.role === 'leader' && motor?.unit === 'range' };
}

/**
 * Why a range of so many ticks is not that of the joint; undefined for one that may be.
 * @param spanTicks from stop to stop.
 */
export function spanProblem(
  { name, limits }: JointSpec,
  spanTicks: number,
  { isHandle }: Pick<CalibratedAs, 'isHandle'>,
): string | undefined {
  const calibratedRad = spanTicks * RAD_PER_TICK;
  const [low, high] = limits.positionRad;
  const share = calibratedRad / (high - low);
  if (share >= (isHandle ? NARROWEST_HANDLE : NARROWEST) && share <= WIDEST) return undefined;
  const found = `${calibratedRad.toFixed(2)} rad from stop to stop`;
  return `joint "${name}" was calibrated over ${found} and its limits are ${(high - low).toFixed(2)} rad apart`;
}

function rangeProblems(joint: JointSpec, motor: MotorCalibration, as: CalibratedAs): string[] {
  const { range_min: least, range_max: most } = motor;
  if (least >= most) return [`joint "${joint.name}": range_min ${least} is not below range_max ${most}`];
  if (as.fullTurn && least === 0 && most === TICKS_PER_TURN - 1) return [];
  const problem = spanProblem(joint, most - least, as);
  return problem === undefined ? [] : [problem];
}

function idProblems(name: string, id: number, expected: number | undefined): string[] {
  if (expected === undefined || expected === id) return [];
  return [`joint "${name}" has the id ${id} in the calibration and ${expected} in robot.yaml`];
}

function offsetProblems(name: string, offset: number, { drivers }: RobotSpec): string[] {
  if (drivers.serial === undefined) return [];
  const { largestOffset } = ENCODER_CONVENTIONS[drivers.serial.protocol];
  if (Math.abs(offset) <= largestOffset) return [];
  return [`joint "${name}": homing_offset ${offset} does not fit into its servo, which holds ${largestOffset} at most`];
}
