import { ENCODER_CONVENTIONS } from '../../calibration/encoder-convention.ts';
import { jointScale } from '../../calibration/joint-scale.ts';
import type { JointScale } from '../../calibration/joint-scale.ts';
import type { Calibration, MotorCalibration } from '../../calibration/calibration-problems.ts';
import { TICKS_PER_TURN } from '../../calibration/ticks.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { JointSpec, RobotSpec } from '../../robot/robot-spec.ts';
import type { SerialMotorSpec, SerialSpec } from '../../robot/serial-spec.ts';
import { servoModel } from './servo-address.ts';
import type { ServoAddress } from './servo-address.ts';
import type { ServoModel } from './servo-models.ts';
import { DYNAMIXEL_HARDWARE_ERROR_BITS, FEETECH_ERROR_BITS } from './status-error.ts';

/** The servo of one joint, with all that is known about it. */
export interface ArmMotor extends ServoAddress {
  readonly joint: JointSpec;
  readonly spec: SerialMotorSpec;
  readonly calibration: MotorCalibration;
  readonly scale: JointScale;
  /** Bits of the error byte that are not told. */
  readonly toleratedErrors: number;
}

/**
 * The motors of an arm, in the order of its joints. The address of a motor is the one in the calibration: that is of this very
 * arm. Throws UnknownNameError for a servo model nobody knows, ArmatureError E_NO_SERIAL for a robot without a serial block,
 * E_SERVO_MODEL for servos that cannot be driven.
 */
export function armMotors(robot: RobotSpec, calibration: Calibration): ArmMotor[] {
  const serial = requireSerial(robot);
  const convention = ENCODER_CONVENTIONS[serial.protocol];
  return robot.joints.map((joint) => {
    const spec = serial.motors[joint.name] as SerialMotorSpec;
    const motor = calibration[joint.name] as MotorCalibration;
    const model = servoModel(spec.model);
    requireDrivable(model, { joint, serial, robot });
    return {
      id: motor.id,
      model,
      joint,
      spec,
      calibration: motor,
      scale: jointScale(joint, motor, { unit: spec.unit, convention }),
      toleratedErrors: errorBits(serial.protocol, spec.toleratedErrors),
    };
  });
}

/**
 * A calibration is in steps of 4096 a turn with its homing offset in the servo, and one cycle is a sync read: the SCS series has none
 * of the three.
 */
function requireDrivable(
  model: ServoModel,
  { joint, serial, robot }: { readonly joint: JointSpec; readonly serial: SerialSpec; readonly robot: RobotSpec },
): void {
  if (model.protocol === serial.protocol && model.ticksPerTurn === TICKS_PER_TURN) return;
  const isOtherBus = model.protocol !== serial.protocol;
  throw new ArmatureError('E_SERVO_MODEL', `joint "${joint.name}" cannot be driven by a ${model.name} on this bus`, {
    expected: `a servo of ${serial.protocol} with ${TICKS_PER_TURN} steps a turn and a homing offset`,
    found: isOtherBus
      ? `one of ${model.protocol}`
      : 'one of the SCS series: 1024 steps over 300 degrees, no homing offset',
    remedy: isOtherBus
      ? `Correct drivers.serial of ${robot.directory}/robot.yaml.`
      : 'Take a servo of the STS or SMS series for an arm. `armature motors` reads and writes the SCS series.',
  });
}

/**
 * By how many whole turns, in steps, a motor that reads `tick` is off those of its calibration: goals have to be in its own turn.
 * Feetech's servos count one turn, whatever sign they show it with.
 */
export function turnsFrom({ model, scale }: ArmMotor, tick: number): number {
  const turns = model.protocol === 'dynamixel' ? Math.round((tick - scale.centreTick) / TICKS_PER_TURN) : 0;
  return turns * TICKS_PER_TURN;
}

/** Throws ArmatureError E_NO_SERIAL. */
export function requireSerial(robot: RobotSpec): SerialSpec {
  const { serial } = robot.drivers;
  if (serial !== undefined) return serial;
  throw new ArmatureError('E_NO_SERIAL', `robot "${robot.name}" cannot be reached by a serial bus`, {
    remedy: `Add a block drivers.serial to ${robot.directory}/robot.yaml, or choose another driver.`,
  });
}

function errorBits(protocol: SerialSpec['protocol'], names: readonly string[]): number {
  const bits: Readonly<Record<string, number>> =
    protocol === 'feetech' ? FEETECH_ERROR_BITS : DYNAMIXEL_HARDWARE_ERROR_BITS;
  return names.reduce((mask, name) => mask | (bits[name] ?? 0), 0);
}
