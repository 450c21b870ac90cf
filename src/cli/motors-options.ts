import type { Command } from 'commander';
import { Option } from 'commander';
import { ArmatureError } from '../core/errors.ts';
import { requireSerial } from '../drivers/serial/arm-motors.ts';
import { SetupBus } from '../drivers/serial/setup-bus.ts';
import type { FoundServo } from '../drivers/serial/setup-bus.ts';
import type { ServoAddress } from '../drivers/serial/servo-address.ts';
import { silent } from '../drivers/serial/servo-address.ts';
import type { ProtocolName } from '../drivers/serial/servo-models.ts';
import { loadRobot } from '../robot/load-robot.ts';
import { indexList, nameList, wholeNumber } from './option-values.ts';

/** Which servos a verb is about. */
export interface MotorOptions {
  readonly port: string;
  readonly robot?: string;
  readonly joint?: readonly string[];
  readonly id?: readonly number[];
  readonly protocol: ProtocolName;
  readonly baudRate: number;
  readonly json?: boolean;
}

/** One servo that is meant; `joint` where the robot is known. */
export interface MotorTarget {
  readonly joint: string | undefined;
  readonly id: number;
}

export interface OpenMotors {
  readonly bus: SetupBus;
  readonly targets: readonly MotorTarget[];
}

/** Nothing is in a hurry here, and adapters that answer late are common, ms. */
export const PATIENCE_MS = 100;
const DEFAULT_BAUD_RATE = 1_000_000;

export function addMotorOptions(command: Command): Command {
  return command
    .requiredOption('--port <path>', 'the port of the servo bus; see armature ports')
    .option('--robot <name>', 'robot whose servos these are: it names them, and says protocol and baud rate')
    .option('--joint <names>', 'with --robot: only the servos of these joints', nameList)
    .option('--id <list>', 'without --robot: ids, for example 1-6', indexList)
    .addOption(new Option('--protocol <name>', 'without --robot').choices(['feetech', 'dynamixel']).default('feetech'))
    .option('--baud-rate <rate>', 'without --robot', wholeNumber(1), DEFAULT_BAUD_RATE)
    .option('--json', 'print one JSON object');
}

/** Opens the bus for the servos that are meant; closes it after `work`. Throws what opening and `work` throw. */
export async function withMotors<T>(options: MotorOptions, work: (motors: OpenMotors) => Promise<T>): Promise<T> {
  const { protocol, baudRate, targets } = meant(options);
  const bus = await SetupBus.open({ path: options.port, baudRate, protocol, patienceMs: PATIENCE_MS });
  try {
    return await work({ bus, targets });
  } finally {
    await bus.close();
  }
}

/** Who a target is, as it says itself. Throws ArmatureError E_SERVO_SILENT and E_SERVO_MODEL. */
export async function identify(bus: SetupBus, { id }: MotorTarget): Promise<ServoAddress & FoundServo> {
  const found = await bus.ping(id);
  if (found === undefined) throw silent({ id }, 'a ping');
  const { model } = found;
  if (model !== undefined) return { ...found, model };
  throw new ArmatureError('E_SERVO_MODEL', `the servo with id ${id} is of a model that is not known`, {
    found: `model number ${found.modelNumber}`,
    remedy: 'Is the protocol right? See `armature ports`.',
  });
}

/** `elbow_flex` or `id 3` */
export function nameOf({ joint, id }: MotorTarget): string {
  return joint ?? `id ${id}`;
}

function meant(options: MotorOptions): {
  readonly protocol: ProtocolName;
  readonly baudRate: number;
  readonly targets: readonly MotorTarget[];
} {
  const { robot: name, joint, id } = options;
  if (name === undefined) {
    if (id === undefined) throw notSaid();
    return {
      protocol: options.protocol,
      baudRate: options.baudRate,
      targets: id.map((one) => ({ joint: undefined, id: one })),
    };
  }
  const robot = loadRobot(name);
  const { protocol, baudRate, motors } = requireSerial(robot);
  const all = robot.joints.map((spec) => ({ joint: spec.name, id: motors[spec.name]?.id ?? 0 }));
  const unknown = joint?.find((wanted) => !all.some((target) => target.joint === wanted));
  if (unknown !== undefined) {
    throw new ArmatureError('E_OPTION', `robot "${robot.name}" has no joint "${unknown}"`, {
      expected: all.map((target) => target.joint).join(', '),
      remedy: 'Use one of these names.',
    });
  }
  const isMeant = (target: MotorTarget): boolean =>
    (joint === undefined || joint.includes(target.joint ?? '')) && (id === undefined || id.includes(target.id));
  const targets = all.filter(isMeant);
  if (targets.length === 0) {
    throw new ArmatureError('E_OPTION', `robot "${robot.name}" has no such servo`, {
      expected: all.map((target) => `${target.joint} ${target.id}`).join(', '),
      remedy: 'Name servos of this robot, or leave --robot out.',
    });
  }
  return { protocol, baudRate, targets };
}

function notSaid(): ArmatureError {
  return new ArmatureError('E_OPTION', 'it is not said which servos are meant', {
    expected: '--robot, with or without --joint, or --id',
    remedy: '`armature ports` shows what is on the bus.',
  });
}
