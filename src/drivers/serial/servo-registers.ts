import { ArmatureError } from '../../core/errors.ts';
import type { ArmMotor } from './arm-motors.ts';
import { readRegister, writeRegister } from './register.ts';
import type { Register } from './register.ts';
import { isRefusal, notWritten, registerOf, silent } from './servo-address.ts';
import type { ServoBus } from './servo-bus.ts';
import { SyncReader } from './sync-reader.ts';

/** All attempts at one register of all motors, ns. */
const ALL_MOTORS_NS = 60e6;
const WRITE_ATTEMPTS = 3;

/** A register of one motor, signed, in its own steps. Throws ArmatureError E_SERVO_SILENT. */
export function readServo(bus: ServoBus, motor: ArmMotor, name: string): number {
  const register = registerOf(motor.model, name);
  const reply = bus.read(motor.id, { address: register.address, length: register.size });
  if (reply?.data.length !== register.size) throw silent(motor, `reading ${name} of joint "${motor.joint.name}"`);
  return readRegister(register, reply.data, 0);
}

/** Writes a register until the motor says that it holds the value. Throws ArmatureError E_SERVO_SILENT, E_SERVO_REGISTER. */
export function writeServo(bus: ServoBus, motor: ArmMotor, name: string, value: number): void {
  const register = registerOf(motor.model, name);
  const data = new Uint8Array(register.size);
  writeRegister(register, value, data, 0);
  let found = value;
  for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt += 1) {
    const reply = bus.write({ id: motor.id, address: register.address, data }, 1);
    found = readServo(bus, motor, name);
    if (found === value) return;
    if (reply !== undefined && isRefusal(bus.protocol.name, reply)) break;
  }
  throw notWritten(motor, name, value, found);
}

/** One register of all motors; undefined for those that do not answer until a time, monotonic ns. */
export function readServos(
  bus: ServoBus,
  motors: readonly ArmMotor[],
  name: string,
  untilNs: number = bus.clock.nowNs() + ALL_MOTORS_NS,
): (number | undefined)[] {
  const { address, size } = commonRegister(motors, name);
  const reader = new SyncReader(
    bus,
    Uint8Array.from(motors, ({ id }) => id),
    { address, length: size },
  );
  reader.request();
  reader.collect(untilNs);
  return motors.map(({ model }, place) =>
    reader.stampsNs[place] === -Infinity ? undefined : readRegister(registerOf(model, name), reader.data, place * size),
  );
}

/** Writes a value to each motor at once; nobody answers. */
export function writeServos(bus: ServoBus, motors: readonly ArmMotor[], name: string, values: readonly number[]): void {
  const { address, size } = commonRegister(motors, name);
  const data = new Uint8Array(motors.length * size);
  motors.forEach(({ model }, place) => writeRegister(registerOf(model, name), values[place] ?? 0, data, place * size));
  bus.syncWrite({ address, length: size, ids: Uint8Array.from(motors, ({ id }) => id), data });
}

/** The register of this name, where all motors have it. Throws ArmatureError E_SERVO_MODEL where they do not. */
export function commonRegister(motors: readonly ArmMotor[], name: string): Register {
  const [first, ...others] = motors.map(({ model }) => registerOf(model, name));
  const isCommon = others.every(({ address, size }) => address === first?.address && size === first.size);
  if (first !== undefined && isCommon) return first;
  throw new ArmatureError('E_SERVO_MODEL', `the motors of this arm have register ${name} at different places`, {
    remedy: 'Motors of one bus must be of series that are laid out alike.',
  });
}
