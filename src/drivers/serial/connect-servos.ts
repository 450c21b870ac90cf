import { calibrationDifferences } from '../../calibration/calibration-problems.ts';
import type { Calibration, MotorCalibration } from '../../calibration/calibration-problems.ts';
import { radToTicks } from '../../calibration/joint-scale.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { SerialSpec } from '../../robot/serial-spec.ts';
import { turnsFrom } from './arm-motors.ts';
import type { ArmMotor } from './arm-motors.ts';
import { profileRegisters } from './motion-profile.ts';
import type { Register } from './register.ts';
import { registerOf } from './servo-address.ts';
import type { ServoBus } from './servo-bus.ts';
import { servoModelOfNumber } from './servo-models.ts';
import { readServo, writeServo } from './servo-registers.ts';
import { holdHere, switchTorque } from './servo-torque.ts';

/** What was found out while connecting. */
export interface ConnectedServos {
  /** By joint: such as `3.10`. */
  readonly firmware: Readonly<Record<string, string>>;
  /** Registers that had another value before, by joint: `P_Coefficient 32 -> 16`. */
  readonly changed: readonly string[];
  /** What somebody should know, and what keeps nothing from working. */
  readonly notes: readonly string[];
}

/**
 * Finds every motor, holds model and calibration against what is expected, and writes the registers of robot.yaml. A follower does
 * not move, and its torque stays as it is; a leader becomes limp but for its springs.
 * Throws ArmatureError: E_SERVO_MISSING, E_SERVO_MODEL, E_CALIBRATION, E_SERVO_REGISTER, E_SERVO_SILENT, E_SERIAL_LOST.
 */
export function connectServos(bus: ServoBus, motors: readonly ArmMotor[], serial: SerialSpec): ConnectedServos {
  requireAll(bus, motors);
  for (const motor of motors) requireModel(bus, motor);
  const firmware = Object.fromEntries(motors.map((motor) => [motor.joint.name, firmwareOf(bus, motor)]));
  requireCalibration(bus, motors);
  if (serial.role === 'leader') switchTorque(bus, motors, { isOn: false, watchdogMs: serial.busWatchdogMs });
  const changed = motors.flatMap((motor) => configure(bus, motor, serial));
  if (serial.role === 'leader') tension(bus, motors);
  return { firmware, changed, notes: notesOn(firmware, motors) };
}

function requireAll(bus: ServoBus, motors: readonly ArmMotor[]): void {
  const missing = motors.filter(({ id }) => bus.ping(id) === undefined);
  if (missing.length === 0) return;
  const names = missing.map(({ joint, id }) => `"${joint.name}" (id ${id})`).join(', ');
  const isAll = missing.length === motors.length;
  throw new ArmatureError('E_SERVO_MISSING', `no motor answers for ${isAll ? 'any joint' : `joint ${names}`}`, {
    expected: motors.map(({ joint, id }) => `${joint.name} with id ${id}`).join(', '),
    found: isAll
      ? 'a silent bus'
      : `answers of ${motors
          .filter((motor) => !missing.includes(motor))
          .map(({ id }) => id)
          .join(', ')}`,
    remedy: isAll
      ? 'Give the motors their power, and check the port and the cable to the first motor.'
      : 'Check the cable from the last motor that answers to the next one; `armature motors setup` sets ids.',
  });
}

function requireModel(bus: ServoBus, motor: ArmMotor): void {
  const found = readServo(bus, motor, 'Model_Number');
  if (found === motor.model.modelNumber) return;
  const name = servoModelOfNumber(bus.protocol.name, found)?.name ?? 'one that is not known';
  throw new ArmatureError('E_SERVO_MODEL', `the motor of joint "${motor.joint.name}" is another model`, {
    expected: `${motor.model.name} (model number ${motor.model.modelNumber})`,
    found: `${name} (model number ${found})`,
    remedy: 'Choose the robot this arm is, or correct the model in drivers.serial of its robot.yaml.',
  });
}

function firmwareOf(bus: ServoBus, motor: ArmMotor): string {
  if (bus.protocol.name === 'dynamixel') return String(readServo(bus, motor, 'Firmware_Version'));
  return `${readServo(bus, motor, 'Firmware_Major_Version')}.${readServo(bus, motor, 'Firmware_Minor_Version')}`;
}

function notesOn(firmware: Readonly<Record<string, string>>, motors: readonly ArmMotor[]): string[] {
  const models = new Set(motors.map(({ model }) => model.name));
  return [...models].flatMap((name) => {
    const joints = motors.filter(({ model }) => model.name === name).map(({ joint }) => joint.name);
    const versions = new Set(joints.map((joint) => firmware[joint]));
    if (versions.size < 2) return [];
    return [
      `motors of model ${name} have different firmware: ${joints.map((joint) => `${joint} ${firmware[joint]}`).join(', ')}`,
    ];
  });
}

/** What the motors hold, in the words of a calibration file. */
export function calibrationInServos(bus: ServoBus, motors: readonly ArmMotor[]): Calibration {
  const entries = motors.map((motor): [string, MotorCalibration] => {
    const { id, calibration } = motor;
    const isReversed = bus.protocol.name === 'dynamixel' && (readServo(bus, motor, 'Drive_Mode') & 1) === 1;
    const found = {
      id,
      // A Feetech servo does not know which way it is mounted.
      drive_mode: bus.protocol.name === 'dynamixel' ? (isReversed ? 1 : 0) : calibration.drive_mode,
      homing_offset: readServo(bus, motor, 'Homing_Offset'),
      range_min: readServo(bus, motor, 'Min_Position_Limit'),
      range_max: readServo(bus, motor, 'Max_Position_Limit'),
    } as const;
    return [motor.joint.name, found];
  });
  return Object.fromEntries(entries);
}

function requireCalibration(bus: ServoBus, motors: readonly ArmMotor[]): void {
  const file = Object.fromEntries(motors.map(({ joint, calibration }) => [joint.name, calibration]));
  const differences = calibrationDifferences(file, calibrationInServos(bus, motors));
  if (differences.length === 0) return;
  throw new ArmatureError('E_CALIBRATION', `the calibration is not the one in the motors: ${differences.join('; ')}`, {
    remedy: 'Give the calibration file of this arm, or calibrate it anew with `armature calibrate`.',
  });
}

/** Writes what differs. EEPROM is worn by writing, so that what is right already is left alone. */
function configure(bus: ServoBus, motor: ArmMotor, serial: SerialSpec): string[] {
  const eeprom = differing(bus, motor, serial, 'eeprom');
  const write = (): void => {
    for (const { name, value } of eeprom) writeServo(bus, motor, name, value);
  };
  if (eeprom.length > 0) unlocked(bus, motor, write);
  // Looked at after that: with another operating mode a Dynamixel takes other gains.
  const ram = differing(bus, motor, serial, 'ram');
  for (const { name, value } of ram) writeServo(bus, motor, name, value);
  return [...eeprom, ...ram].map(({ name, value, found }) => `${motor.joint.name}: ${name} ${found} -> ${value}`);
}

interface Difference {
  readonly name: string;
  readonly value: number;
  readonly found: number;
}

function differing(bus: ServoBus, motor: ArmMotor, serial: SerialSpec, area: Register['area']): Difference[] {
  const wanted = { ...serial.registers, ...motor.spec.registers, ...profileRegisters(motor) };
  return Object.entries(wanted)
    .filter(([name]) => registerOf(motor.model, name).area === area)
    .map(([name, value]) => ({ name, value, found: readServo(bus, motor, name) }))
    .filter(({ value, found }) => found !== value);
}

/** What keeps its values without power is written while it is unlocked, and without torque. */
function unlocked(bus: ServoBus, motor: ArmMotor, write: () => void): void {
  const hasTorque = readServo(bus, motor, 'Torque_Enable') !== 0;
  if (hasTorque && bus.protocol.name === 'dynamixel') {
    throw new ArmatureError(
      'E_SERVO_REGISTER',
      `the motor of joint "${motor.joint.name}" has torque and cannot be set up`,
      {
        remedy: 'Hold the arm, take its torque off with `armature motors write`, and connect again.',
      },
    );
  }
  if (bus.protocol.name === 'dynamixel') return write();
  const wasLocked = readServo(bus, motor, 'Lock') !== 0;
  if (wasLocked) writeServo(bus, motor, 'Lock', 0);
  try {
    write();
  } finally {
    writeServo(bus, motor, 'Lock', 1);
  }
}

/** Joints of a leader that spring back: torque on where they are, then towards their place, with what strength the registers allow. */
function tension(bus: ServoBus, motors: readonly ArmMotor[]): void {
  const springs = motors.filter(({ spec }) => spec.springRad !== undefined);
  if (springs.length === 0) return;
  const ticks = holdHere(bus, springs);
  springs.forEach((motor, place) => {
    const { spec, scale } = motor;
    const turns = turnsFrom(motor, ticks[place] ?? scale.centreTick);
    writeServo(bus, motor, 'Torque_Enable', 1);
    writeServo(bus, motor, 'Goal_Position', radToTicks(scale, spec.springRad ?? scale.centreRad) + turns);
  });
}
