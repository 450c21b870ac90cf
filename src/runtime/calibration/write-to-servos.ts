import type { Calibration, MotorCalibration } from '../../calibration/calibration-problems.ts';
import { ENCODER_CONVENTIONS, encoderTick } from '../../calibration/encoder-convention.ts';
import { shortWay } from '../../calibration/ticks.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { SerialSpec } from '../../robot/serial-spec.ts';
import { calibrationRegisters, readHeld } from './arm-servos.ts';
import type { ArmServo, CalibrationBus, HeldRegisters } from './arm-servos.ts';

/** A joint held by hand stays within this of itself while its servo is written, ticks (20 degrees). */
const STILL_TICKS = 228;
/** Attempts to give a servo back what it held: its cable may have a bad contact. */
const RESTORE_ATTEMPTS = 5;

export interface WriteOptions {
  readonly bus: CalibrationBus;
  readonly protocol: SerialSpec['protocol'];
  readonly servos: readonly ArmServo[];
  /** Asked between servos; aborted: what was written is taken back. */
  readonly signal: AbortSignal;
}

/**
 * Writes a calibration into the EEPROM of the servos, their torque off, and reads back register by register; last, each
 * servo has to report the position that follows from its new homing offset. All servos hold the calibration afterwards, or all
 * hold what they held before. Returns how to take it back; undefined when it was aborted.
 * Throws ArmatureError E_CALIBRATION_WRITE, which names the joint, and those that could not be given back what they held.
 */
export async function writeToServos(
  calibration: Calibration,
  options: WriteOptions,
): Promise<(() => Promise<string[]>) | undefined> {
  const { bus, protocol, servos, signal } = options;
  const before: { readonly servo: ArmServo; readonly held: HeldRegisters }[] = [];
  const restore = async (): Promise<string[]> => {
    const lost: string[] = [];
    for (const { servo, held } of before.toReversed()) {
      if (!(await restoreServo(options, servo, held))) lost.push(servo.joint);
    }
    return lost;
  };
  for (const servo of servos) {
    const motor = calibration[servo.joint];
    if (motor === undefined) continue;
    if (signal.aborted) {
      failIfLost(servo.joint, await restore(), undefined);
      return undefined;
    }
    try {
      const held = await readHeld(bus, protocol, servo);
      before.push({ servo, held });
      await writeServo(options, servo, { motor, held });
    } catch (cause) {
      throw writeFailure(servo.joint, await restore(), cause);
    }
  }
  return restore;
}

async function writeServo(
  { bus, protocol }: WriteOptions,
  servo: ArmServo,
  { motor, held }: { readonly motor: MotorCalibration; readonly held: HeldRegisters },
): Promise<void> {
  const convention = ENCODER_CONVENTIONS[protocol];
  const positionBefore = await bus.read(servo.address, 'Present_Position');
  const encoder = encoderTick(convention, positionBefore, held['Homing_Offset'] ?? 0);
  const wanted = wantedRegisters(servo, motor, held);
  await writeRegisters({ bus, protocol }, servo, wanted);
  const isTurned = convention.reversesItself && ((held['Drive_Mode'] ?? 0) & 1) !== motor.drive_mode;
  const found = encoderTick(convention, await bus.read(servo.address, 'Present_Position'), motor.homing_offset);
  const expected = isTurned ? -encoder : encoder;
  if (Math.abs(shortWay(found - expected)) <= STILL_TICKS) return;
  throw new ArmatureError('E_SERVO_REGISTER', `the servo with id ${motor.id} does not follow its homing offset`, {
    expected: `its encoder near ${Math.round(expected)}`,
    found: String(found),
    remedy: 'Hold the arm still while it is written; is the servo in the mode robot.yaml says?',
  });
}

/** Registers whose value stays are not written: EEPROM wears. */
async function writeRegisters(
  { bus, protocol }: Pick<WriteOptions, 'bus' | 'protocol'>,
  { address }: ArmServo,
  wanted: readonly (readonly [name: string, value: number])[],
): Promise<void> {
  await bus.write(address, 'Torque_Enable', 0);
  const isLocking = protocol === 'feetech';
  if (isLocking) await bus.write(address, 'Lock', 0);
  for (const [name, value] of wanted) {
    if ((await bus.read(address, name)) !== value) await bus.write(address, name, value);
  }
  if (isLocking) await bus.write(address, 'Lock', 1);
}

function wantedRegisters(servo: ArmServo, motor: MotorCalibration, held: HeldRegisters): [string, number][] {
  const values: HeldRegisters = {
    Operating_Mode: servo.operatingMode ?? 0,
    // Bit 0 turns the servo round; the others stay.
    Drive_Mode: ((held['Drive_Mode'] ?? 0) & ~1) | motor.drive_mode,
    Homing_Offset: motor.homing_offset,
    Min_Position_Limit: motor.range_min,
    Max_Position_Limit: motor.range_max,
  };
  return Object.keys(held).map((name) => [name, values[name] ?? 0]);
}

async function restoreServo(options: WriteOptions, servo: ArmServo, held: HeldRegisters): Promise<boolean> {
  const order = calibrationRegisters(options.protocol, servo);
  const wanted = order.map((name) => [name, held[name] ?? 0] as const);
  for (let attempt = 0; attempt < RESTORE_ATTEMPTS; attempt += 1) {
    try {
      await writeRegisters(options, servo, wanted);
      return true;
    } catch (error) {
      if (!(error instanceof ArmatureError)) throw error;
    }
  }
  return false;
}

function failIfLost(joint: string, lost: readonly string[], cause: unknown): void {
  if (lost.length > 0) throw writeFailure(joint, lost, cause);
}

/** @param lost joints whose servos could not be given back what they held. */
export function writeFailure(joint: string, lost: readonly string[], cause: unknown): ArmatureError {
  const remedy =
    lost.length === 0
      ? 'All servos hold what they held before. Check the cable to this servo, hold the arm still and calibrate again.'
      : `The servos of ${lost.join(', ')} could not be given back what they held: the arm must be calibrated again before it is used.`;
  return new ArmatureError('E_CALIBRATION_WRITE', `the calibration was not written, at the servo of joint "${joint}"`, {
    ...(cause === undefined ? {} : { found: causeText(cause) }),
    remedy,
    cause,
  });
}

function causeText(cause: unknown): string {
  if (cause instanceof ArmatureError) return cause.problem;
  return cause instanceof Error ? cause.message : 'a failure';
}
