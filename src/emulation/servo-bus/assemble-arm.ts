import { ArmatureError, UnknownNameError } from '../../core/errors.ts';
import { Rng } from '../../core/rng.ts';
import type { Calibration, MotorCalibration } from '../../calibration/calibration-problems.ts';
import { ENCODER_CONVENTIONS } from '../../calibration/encoder-convention.ts';
import type { EncoderConvention } from '../../calibration/encoder-convention.ts';
import { jointScale } from '../../calibration/joint-scale.ts';
import { MIDDLE_TICK, RAD_PER_TICK, TICKS_PER_TURN } from '../../calibration/ticks.ts';
import { SERVO_MODELS } from '../../drivers/serial/servo-models.ts';
import type { ServoModel } from '../../drivers/serial/servo-models.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { SerialMotorSpec, SerialSpec } from '../../robot/serial-spec.ts';
import { DynamixelServo } from './dynamixel-servo.ts';
import { EmulatedArm } from './emulated-arm.ts';
import type { EmulatedServo, Mounting, ServoOptions } from './emulated-servo.ts';
import { FeetechServo } from './feetech-servo.ts';
import type { JointMotor, JointPlant } from './plant.ts';

export interface ArmAssembly {
  readonly robot: RobotSpec;
  readonly plant: JointPlant;
  /** How the servos sit on their joints, and what their EEPROM holds of it. */
  readonly calibration: Calibration;
  /** False: an arm as it was screwed together. Its servos hold no homing offset and no limits. Default true. */
  readonly isCalibrated?: boolean;
}

/** The serial block of a robot. Throws ArmatureError E_UNKNOWN_DRIVER's kind for a robot without one. */
export function serialBlock(robot: RobotSpec): SerialSpec {
  const block = robot.drivers.serial;
  if (block !== undefined) return block;
  throw new ArmatureError('E_NO_SERIAL', `robot "${robot.name}" has no servos on a serial bus`, {
    remedy: 'Add a drivers.serial block to its robot.yaml, or choose another robot.',
  });
}

/** The servos of a robot on what they move. Throws ArmatureError for servos that are not emulated. */
export function assembleArm({ robot, plant, calibration, isCalibrated = true }: ArmAssembly): EmulatedArm {
  const serial = serialBlock(robot);
  const convention = ENCODER_CONVENTIONS[serial.protocol];
  const servos = robot.joints.map((joint, index) => {
    const spec = serial.motors[joint.name];
    const motor = calibration[joint.name];
    const mechanics = plant.motors[index];
    if (spec === undefined || motor === undefined || mechanics === undefined) {
      throw new ArmatureError('E_EMULATED_SERVO', `joint "${joint.name}" has no motor, calibration or mechanics`, {
        remedy: 'Name every joint in drivers.serial.motors and in the calibration.',
      });
    }
    const scale = jointScale(joint, motor, { unit: spec.unit, convention });
    const mounting = mountingOf(scale, motor, convention);
    const servo = makeServo({ model: modelOf(joint.name, spec), id: spec.id, mounting, motor: mechanics });
    if (isCalibrated) holdCalibration(servo, motor);
    servo.powerCycle();
    return servo;
  });
  return new EmulatedArm(servos, plant);
}

/** The mechanics of a servo that nothing is known of but its model. */
export function motorOf(model: ServoModel): JointMotor {
  const { stallTorqueNm, noLoadVelocityRadPerS } = model;
  // Those of the published model of the SO-101, at P 16 and D 32.
  if (model.protocol === 'feetech') return { stiffnessNmPerRad: 998.22, dampingNmSPerRad: 2.731, stallTorqueNm };
  // Position_P_Gain / 128 is the duty's 885ths per tick; what the turning motor induces brakes it.
  const gain = (model.registers['Position_P_Gain']?.initial ?? 0) / 128;
  return {
    stiffnessNmPerRad: (gain / 885 / RAD_PER_TICK) * stallTorqueNm,
    dampingNmSPerRad: stallTorqueNm / noLoadVelocityRadPerS,
    stallTorqueNm,
  };
}

/** The model of a joint's servo. Throws UnknownNameError. */
export function modelOf(joint: string, spec: SerialMotorSpec): ServoModel {
  const model = (Object.values(SERVO_MODELS) as ServoModel[]).find(({ name }) => name === spec.model);
  if (model === undefined) throw new UnknownNameError('servo model', spec.model, Object.keys(SERVO_MODELS));
  if (!('Homing_Offset' in model.registers)) {
    throw new ArmatureError('E_EMULATED_SERVO', `the ${spec.model} of joint "${joint}" is not emulated`, {
      expected: 'a servo of the STS or SMS series, an XL330 or an XL430',
      remedy: 'Emulate another robot.',
    });
  }
  return model;
}

/**
 * A calibration that a person could have found on an arm whose encoders were put on at random: the range of each joint's limits
 * around the middle.
 */
export function drawCalibration(robot: RobotSpec, seed: number): Calibration {
  const rng = new Rng(seed);
  const serial = serialBlock(robot);
  const entries = robot.joints.map(({ name, limits }): [string, MotorCalibration] => {
    const [low, high] = limits.positionRad;
    const half = Math.min(MIDDLE_TICK, Math.round((high - low) / RAD_PER_TICK / 2));
    return [
      name,
      {
        id: serial.motors[name]?.id ?? 0,
        drive_mode: 0,
        homing_offset: rng.integer(TICKS_PER_TURN - 2) - MIDDLE_TICK,
        range_min: MIDDLE_TICK - half,
        range_max: MIDDLE_TICK + half,
      },
    ];
  });
  return Object.fromEntries(entries);
}

/** Where the encoder must read so that the servo, with its homing offset, reports what the calibration says. */
function mountingOf(
  scale: ReturnType<typeof jointScale>,
  motor: MotorCalibration,
  convention: EncoderConvention,
): Mounting {
  const turnsRound = motor.drive_mode === 1 && convention.reversesItself ? -1 : 1;
  const reportedAtZero = scale.centreTick - scale.centreRad / scale.radPerTick;
  return {
    tickAtZero: turnsRound * (reportedAtZero - convention.offsetSign * motor.homing_offset),
    ticksPerRad: turnsRound / scale.radPerTick,
  };
}

function makeServo(options: ServoOptions): EmulatedServo {
  return options.model.protocol === 'feetech' ? new FeetechServo(options) : new DynamixelServo(options);
}

/** As calibrating leaves it behind in the servo. */
function holdCalibration({ registers, model }: EmulatedServo, motor: MotorCalibration): void {
  const values = {
    Homing_Offset: motor.homing_offset,
    Min_Position_Limit: motor.range_min,
    Max_Position_Limit: motor.range_max,
    ...(model.protocol === 'dynamixel' && { Drive_Mode: motor.drive_mode }),
  };
  for (const [name, value] of Object.entries(values)) {
    const register = model.registers[name];
    if (register !== undefined) registers.setPermanently(register, value);
  }
}
