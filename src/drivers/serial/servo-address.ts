import { ArmatureError, UnknownNameError } from '../../core/errors.ts';
import type { Register } from './register.ts';
import { SERVO_MODELS } from './servo-models.ts';
import type { ProtocolName, ServoModel } from './servo-models.ts';

/** A servo to speak to: its address and what it is. */
export interface ServoAddress {
  readonly id: number;
  readonly model: ServoModel;
}

/** The model of this name. Throws UnknownNameError `E_UNKNOWN_SERVO_MODEL`. */
export function servoModel(name: string): ServoModel {
  const model = Object.hasOwn(SERVO_MODELS, name) ? SERVO_MODELS[name as keyof typeof SERVO_MODELS] : undefined;
  if (model === undefined) throw new UnknownNameError('servo model', name, Object.keys(SERVO_MODELS));
  return model;
}

/** The register of this name. Throws UnknownNameError `E_UNKNOWN_REGISTER`, which lists those of the model. */
export function registerOf(model: ServoModel, name: string): Register {
  const register = Object.hasOwn(model.registers, name) ? model.registers[name] : undefined;
  if (register === undefined) throw new UnknownNameError('register', name, Object.keys(model.registers));
  return register;
}

/** Feetech's error byte tells of the servo's health; Dynamixel's low bits tell that the instruction was refused. */
export function isRefusal(protocol: ProtocolName, { error }: { readonly error: number }): boolean {
  return protocol === 'dynamixel' && (error & 0x7f) !== 0;
}

export function silent(servo: Pick<ServoAddress, 'id'>, while_: string): ArmatureError {
  return new ArmatureError('E_SERVO_SILENT', `the servo with id ${servo.id} does not answer (${while_})`, {
    remedy: 'Check its cable and its power, and that id and baud rate are right; `armature ports` finds servos.',
  });
}

export function notWritten(servo: ServoAddress, name: string, value: number, found: number): ArmatureError {
  return new ArmatureError('E_SERVO_REGISTER', `the servo with id ${servo.id} does not take register ${name}`, {
    expected: String(value),
    found: String(found),
    remedy:
      'Registers of EEPROM are taken without torque, and Feetech servos must be unlocked. Is it the model it should be?',
  });
}

export function refused(servo: ServoAddress, while_: string, error: number): ArmatureError {
  return new ArmatureError('E_SERVO_REFUSED', `the servo with id ${servo.id} refused the instruction (${while_})`, {
    found: `error 0x${error.toString(16).padStart(2, '0')}`,
    remedy: 'Take its torque off, and check the value against the manual of the servo.',
  });
}
