import { Rng } from '../../core/rng.ts';
import type { Calibration, MotorCalibration } from '../../calibration/calibration-problems.ts';
import { ENCODER_CONVENTIONS } from '../../calibration/encoder-convention.ts';
import { MIDDLE_TICK, RAD_PER_TICK, TICKS_PER_TURN } from '../../calibration/ticks.ts';
import { requireSerial } from '../../drivers/serial/arm-motors.ts';
import type { ArmMotor } from '../../drivers/serial/arm-motors.ts';
import type { ServoModel } from '../../drivers/serial/servo-models.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { DynamixelServo } from './dynamixel-servo.ts';
import { EmulatedArm } from './emulated-arm.ts';
import type { EmulatedServo, Mounting } from './emulated-servo.ts';
import { FeetechServo } from './feetech-servo.ts';
import type { JointMotor, JointPlant, PositionGains } from './plant.ts';

export interface ArmAssembly {
  /** In joint order, as `armMotors` gives them: how the servos sit on their joints follows from their calibration. */
  readonly motors: readonly ArmMotor[];
  readonly plant: JointPlant;
  /** False: an arm as it was screwed together. Its servos hold no homing offset and no limits. Default true. */
  readonly isCalibrated?: boolean;
}

/** The servos of an arm on what they move. */
export function assembleArm({ motors, plant, isCalibrated = true }: ArmAssembly): EmulatedArm {
  const servos = motors.map((motor, joint) => {
    const { id, model } = motor;
    const options = { id, model, mounting: mountingOf(motor), motor: plant.motors[joint] ?? motorOf(model) };
    const servo = model.protocol === 'feetech' ? new FeetechServo(options) : new DynamixelServo(options);
    if (isCalibrated) holdCalibration(servo, motor.calibration);
    servo.powerCycle();
    return servo;
  });
  return new EmulatedArm(servos, plant);
}

/** The mechanics of a servo that nothing is known of but its model. */
export function motorOf(model: ServoModel): JointMotor {
  const { stallTorqueNm, noLoadVelocityRadPerS } = model;
  if (model.protocol === 'feetech') {
    // Those of the published model of the SO-101.
    return { stiffnessNmPerRad: 998.22, dampingNmSPerRad: 2.731, stallTorqueNm, gains: { p: 16, d: 32 } };
  }
  // Position_P_Gain / 128 is the duty's 885ths per tick; what the turning motor induces brakes it.
  const gains = newGains(model);
  return {
    stiffnessNmPerRad: (gains.p / 128 / 885 / RAD_PER_TICK) * stallTorqueNm,
    dampingNmSPerRad: stallTorqueNm / noLoadVelocityRadPerS,
    stallTorqueNm,
    gains,
  };
}

/** The gains that the joints of a robot are driven with: those of its robot.yaml, else those of new servos; in joint order. */
export function drivenGains(robot: RobotSpec, motors: readonly ArmMotor[]): PositionGains[] {
  const serial = requireSerial(robot);
  return motors.map(({ spec, model }) => {
    const registers = { ...serial.registers, ...spec.registers };
    const { p, d } = newGains(model);
    return {
      p: registers['P_Coefficient'] ?? registers['Position_P_Gain'] ?? p,
      d: registers['D_Coefficient'] ?? registers['Position_D_Gain'] ?? d,
    };
  });
}

function newGains({ registers }: ServoModel): PositionGains {
  const initial = (feetech: string, dynamixel: string): number =>
    (registers[feetech] ?? registers[dynamixel])?.initial ?? 1;
  return {
    p: initial('P_Coefficient', 'Position_P_Gain'),
    d: initial('D_Coefficient', 'Position_D_Gain'),
  };
}

/**
 * A calibration that a person could have found on an arm whose encoders were put on at random: the range of each joint's limits
 * around the middle. Throws ArmatureError E_NO_SERIAL.
 */
export function drawCalibration(robot: RobotSpec, seed: number): Calibration {
  const rng = new Rng(seed);
  const serial = requireSerial(robot);
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
function mountingOf({ model, scale, calibration }: ArmMotor): Mounting {
  const convention = ENCODER_CONVENTIONS[model.protocol];
  const turnsRound = calibration.drive_mode === 1 && convention.reversesItself ? -1 : 1;
  const reportedAtZero = scale.centreTick - scale.centreRad / scale.radPerTick;
  return {
    tickAtZero: turnsRound * (reportedAtZero - convention.offsetSign * calibration.homing_offset),
    ticksPerRad: turnsRound / scale.radPerTick,
  };
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
