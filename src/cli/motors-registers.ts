import type { Command } from 'commander';
import { ArmatureError } from '../core/errors.ts';
import { registerOf } from '../drivers/serial/servo-address.ts';
import type { Register } from '../drivers/serial/register.ts';
import { dangerOfWriting, valueInUnit } from '../runtime/motors/dangerous-register.ts';
import { writeRegister } from '../runtime/motors/write-register.ts';
import { addMotorOptions, identify, nameOf, withMotors } from './motors-options.ts';
import type { MotorOptions, MotorTarget } from './motors-options.ts';
import { formatTable } from './table.ts';

interface ReadValue {
  readonly target: MotorTarget;
  readonly register: Register;
  readonly value: number;
}

export function addRead(motors: Command): void {
  const verb = motors
    .command('read')
    .description('Read registers of servos by name; all of them when none is named')
    .argument('[register...]', 'for example Present_Position Torque_Enable');
  addMotorOptions(verb).action(async (names: readonly string[], options: MotorOptions) => {
    const values = await withMotors(options, async ({ bus, targets }) => {
      const read: ReadValue[] = [];
      for (const target of targets) {
        const servo = await identify(bus, target);
        const wanted = names.length === 0 ? Object.keys(servo.model.registers) : names;
        for (const register of wanted.map((name) => registerOf(servo.model, name))) {
          read.push({ target, register, value: await bus.read(servo, register.name) });
        }
      }
      return read;
    });
    console.log(options.json ? JSON.stringify({ servos: byServo(values) }) : table(values));
  });
}

function byServo(values: readonly ReadValue[]): object[] {
  const ids = [...new Set(values.map(({ target }) => target.id))];
  return ids.map((id) => {
    const own = values.filter(({ target }) => target.id === id);
    return {
      ...own[0]?.target,
      registers: Object.fromEntries(own.map(({ register, value }) => [register.name, value])),
    };
  });
}

function table(values: readonly ReadValue[]): string {
  return formatTable(
    ['servo', 'register', 'address', 'value', '', 'area', 'access'],
    values.map(({ target, register, value }) => [
      nameOf(target),
      register.name,
      String(register.address),
      String(value),
      valueInUnit(register, value) ?? '',
      register.area,
      register.access === 'r' ? 'read' : `${register.minimum} to ${register.maximum}`,
    ]),
  );
}

export function addWrite(motors: Command): void {
  const verb = motors
    .command('write')
    .description('Write one register of servos by name, and read it back')
    .argument('<register>', 'for example LED or P_Coefficient')
    .argument('<value>', "in the servo's own steps, as armature motors read shows it")
    .option('--yes', 'for registers that move the arm, let it fall, or are kept without power');
  addMotorOptions(verb).action(
    async (name: string, text: string, options: MotorOptions & { readonly yes?: boolean }) => {
      const value = registerValue(text, name);
      const written = await withMotors(options, async ({ bus, targets }) => {
        const servos = [];
        for (const target of targets) servos.push({ target, servo: await identify(bus, target) });
        for (const { servo } of servos) requireWord(registerOf(servo.model, name), options.yes === true);
        if (name === 'ID' && servos.length > 1) throw severalIds();
        for (const { servo } of servos) await writeRegister(bus, servo, name, value);
        return targets;
      });
      if (options.json) console.log(JSON.stringify({ register: name, value, servos: written }));
      else console.log(`${name} is ${value} in ${written.map(nameOf).join(', ')}`);
    },
  );
}

function registerValue(text: string, name: string): number {
  if (/^(-?\d+|0x[\da-f]+)$/i.test(text.trim())) return Number(text);
  throw new ArmatureError('E_OPTION', `"${text}" is no value for register ${name}`, {
    expected: "a whole number in the servo's own steps",
    remedy: '`armature motors read` shows the range of each register.',
  });
}

function requireWord(register: Register, isConfirmed: boolean): void {
  const danger = register.access === 'r' ? undefined : dangerOfWriting(register);
  if (danger === undefined || isConfirmed) return;
  throw new ArmatureError('E_NOT_CONFIRMED', `writing ${register.name} wants a person's word: ${danger}`, {
    remedy: 'Look at the arm, hold it where it could fall, and say it again with --yes.',
  });
}

function severalIds(): ArmatureError {
  return new ArmatureError('E_OPTION', 'two servos cannot have one id', {
    remedy: 'Name one servo with --joint or --id; `armature motors setup` sets up a whole arm.',
  });
}
