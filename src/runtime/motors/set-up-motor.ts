import { ArmatureError } from '../../core/errors.ts';
import type { SetupBus } from '../../drivers/serial/setup-bus.ts';
import type { ServoAddress } from '../../drivers/serial/servo-address.ts';
import { SERVO_MODELS } from '../../drivers/serial/servo-models.ts';
import { findServos } from './find-servos.ts';
import type { LocatedServo } from './find-servos.ts';
import { writeRegister } from './write-register.ts';

/** Ids that are asked at every rate; new servos have 1. */
const LIKELY_IDS = Array.from({ length: 21 }, (_, id) => id);
const CLEAR_READINGS = 5;
const ALL_IDS = Array.from({ length: 253 }, (_, id) => id);

export interface MotorSetup {
  readonly path: string;
  readonly joint: string;
  /** What it shall be. */
  readonly wanted: ServoAddress;
  readonly baudRate: number;
  /** SetupBus.open. */
  readonly open: (options: Parameters<typeof SetupBus.open>[0]) => Promise<SetupBus>;
  readonly onRate?: (baudRate: number) => void;
}

/**
 * Gives the one servo that is connected its id and baud rate, in EEPROM, and makes sure that it answers there. Returns what it was
 * before. Throws ArmatureError: E_SERVO_MISSING, E_SEVERAL_SERVOS, E_SERVO_MODEL, and what writing throws.
 */
export async function setUpMotor(setup: MotorSetup): Promise<LocatedServo> {
  const { path, joint, wanted, baudRate, open } = setup;
  const found = await findTheOne(setup);
  if (found.modelNumber !== wanted.model.modelNumber) {
    throw new ArmatureError('E_SERVO_MODEL', `the servo for joint "${joint}" is another model`, {
      expected: wanted.model.name,
      found: found.model?.name ?? `model number ${found.modelNumber}`,
      remedy: 'Connect the servo for this joint; some arms have servos of several models that look alike.',
    });
  }
  const { model } = wanted;
  const bus = await open({ path, baudRate: found.baudRate, protocol: model.protocol });
  try {
    await requireClearAnswers(bus, { id: found.id, model }, joint);
    await bus.write({ id: found.id, model }, 'Torque_Enable', 0);
    if (found.id !== wanted.id) await writeRegister(bus, { id: found.id, model }, 'ID', wanted.id);
    if (found.baudRate !== baudRate) {
      await writeRegister(bus, wanted, 'Baud_Rate', model.baudRates.indexOf(baudRate));
      await bus.setBaudRate(baudRate);
      if (model.protocol === 'feetech') await bus.write(wanted, 'Lock', 1);
    }
    if ((await bus.ping(wanted.id)) === undefined) throw missing(joint, `id ${wanted.id} at ${baudRate} bit/s`);
    return found;
  } finally {
    await bus.close();
  }
}

/** Two servos of one id answer a ping with the same bytes at the same time; where they are, they say differently. */
async function requireClearAnswers(bus: SetupBus, servo: ServoAddress, joint: string): Promise<void> {
  try {
    for (let count = 0; count < CLEAR_READINGS; count += 1) await bus.read(servo, 'Present_Position');
  } catch (cause) {
    throw new ArmatureError('E_SEVERAL_SERVOS', `the servo with id ${servo.id} cannot be read clearly`, {
      expected: `only the servo for joint "${joint}"`,
      remedy: 'Are two servos of the same id connected? Connect one alone; otherwise check its cable.',
      cause,
    });
  }
}

async function findTheOne({ path, joint, wanted, baudRate, open, onRate }: MotorSetup): Promise<LocatedServo> {
  const { protocol } = wanted.model;
  const scan = {
    path,
    protocols: [protocol],
    open,
    onRate: (_: string, rate: number) => onRate?.(rate),
  };
  const likely = await findServos({ ...scan, baudRates: [baudRate], ids: LIKELY_IDS });
  if (likely.length > 1) throw several(joint, likely);
  const rates = ratesOf(protocol, baudRate);
  // Where none has a usual id, every id is asked; where one has, a second one would be at the rate of the arm.
  const seldom = { ...scan, ids: ALL_IDS.slice(LIKELY_IDS.length), onlyThese: true };
  const other = await findServos({ ...seldom, baudRates: likely.length === 0 ? rates : [baudRate] });
  const [one, ...more] = [...likely, ...other];
  if (one === undefined) throw missing(joint, 'any id, at any rate');
  if (more.length === 0) return one;
  throw several(joint, [one, ...more]);
}

function several(joint: string, found: readonly LocatedServo[]): ArmatureError {
  const ids = found.map(({ id }) => id).join(', ');
  return new ArmatureError('E_SEVERAL_SERVOS', `several servos are connected: ids ${ids}`, {
    expected: `only the servo for joint "${joint}"`,
    remedy: 'Take the others off the bus: two servos with one id cannot be told apart any more.',
  });
}

function ratesOf(protocol: LocatedServo['protocol'], first: number): number[] {
  const models = Object.values(SERVO_MODELS).filter((model) => model.protocol === protocol);
  return [...new Set([first, ...models.flatMap((model) => model.baudRates)])];
}

function missing(joint: string, where: string): ArmatureError {
  return new ArmatureError('E_SERVO_MISSING', `no servo answers for joint "${joint}" (${where})`, {
    remedy: 'Connect this one servo to the adapter, give it its power, and try again.',
  });
}
