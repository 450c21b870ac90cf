import { ArmatureError } from '../../core/errors.ts';
import type { SetupBus } from '../../drivers/serial/setup-bus.ts';
import { registerOf } from '../../drivers/serial/servo-address.ts';
import type { ServoAddress } from '../../drivers/serial/servo-address.ts';

/** What writing needs of a bus. */
export type RegisterBus = Pick<SetupBus, 'protocol' | 'ping' | 'read' | 'write'>;

/**
 * Writes one register of one servo, as the vendor asks for: EEPROM without torque, Feetech's unlocked and locked again. Reads back.
 * Throws ArmatureError: E_REGISTER_READ_ONLY, E_SERVO_TORQUE, E_SERVO_ID_TAKEN, and what SetupBus.write throws.
 */
export async function writeRegister(bus: RegisterBus, servo: ServoAddress, name: string, value: number): Promise<void> {
  const register = registerOf(servo.model, name);
  if (register.access === 'r') {
    throw new ArmatureError('E_REGISTER_READ_ONLY', `register ${name} is only for reading`, {
      remedy: 'Choose another; `armature motors read` says which may be written.',
    });
  }
  if (register.area === 'ram') return bus.write(servo, name, value);
  if (name === 'ID') await requireFree(bus, servo.id, value);
  if ((await bus.read(servo, 'Torque_Enable')) !== 0) {
    throw new ArmatureError('E_SERVO_TORQUE', `the servo with id ${servo.id} has torque, and its EEPROM is shut`, {
      remedy: 'Hold the arm, write Torque_Enable 0, and try again.',
    });
  }
  const isLocking = bus.protocol === 'feetech';
  if (isLocking) await bus.write(servo, 'Lock', 0);
  try {
    await bus.write(servo, name, value);
  } finally {
    // With a new rate the servo is not heard here any more; it locks itself when its power comes on.
    const now = name === 'ID' && (await bus.ping(value)) !== undefined ? { ...servo, id: value } : servo;
    if (isLocking && name !== 'Baud_Rate') await bus.write(now, 'Lock', 1);
  }
}

async function requireFree(bus: RegisterBus, id: number, wanted: number): Promise<void> {
  if (wanted === id || (await bus.ping(wanted)) === undefined) return;
  throw new ArmatureError('E_SERVO_ID_TAKEN', `another servo on this bus has the id ${wanted}`, {
    remedy: 'Choose a free id (`armature ports` lists those in use), or take the other servo off the bus first.',
  });
}
