import type { Command } from 'commander';
import { ArmatureError } from '../core/errors.ts';
import type { ServoAddress } from '../drivers/serial/servo-address.ts';
import type { SetupBus } from '../drivers/serial/setup-bus.ts';
import { valueInUnit } from '../runtime/motors/dangerous-register.ts';
import { countOf } from './count-of.ts';
import { addMotorOptions, identify, nameOf, withMotors } from './motors-options.ts';
import type { MotorOptions, MotorTarget } from './motors-options.ts';
import { formatTable } from './table.ts';

/** How long a servo may take to start anew, and how often it is asked meanwhile. */
const RESTART_ATTEMPTS = 40;

const NOBODY =
  'None answers: check power and cable; `armature ports --port <path>` asks by both protocols at all rates.';

export function addPing(motors: Command): void {
  addMotorOptions(motors.command('ping').description('Ask servos who they are')).action(
    async (options: MotorOptions) => {
      const rows = await withMotors(options, async ({ bus, targets }) => {
        const answers = [];
        for (const target of targets) answers.push({ target, found: await bus.ping(target.id) });
        return answers;
      });
      if (rows.some(({ found }) => found === undefined)) process.exitCode = 1;
      const servos = rows.map(({ target, found }) => ({
        ...target,
        answers: found !== undefined,
        model: found?.model?.name ?? null,
        modelNumber: found?.modelNumber ?? null,
        firmware: found?.firmware ?? null,
      }));
      if (options.json) console.log(JSON.stringify({ servos }));
      else {
        const cells = servos.map(({ joint, id, answers, model, modelNumber, firmware }) => [
          joint ?? '-',
          String(id),
          answers ? (model ?? `unknown (number ${modelNumber})`) : 'does not answer',
          firmware ?? '',
        ]);
        console.log(formatTable(['joint', 'id', 'model', 'firmware'], cells));
        if (servos.every(({ answers }) => !answers)) console.error(NOBODY);
      }
    },
  );
}

/** What tells how a servo fares; those a model has not are left out. */
const STATE = [
  'Present_Temperature',
  'Present_Voltage',
  'Present_Input_Voltage',
  'Present_Current',
  'Present_Load',
  'Hardware_Error_Status',
  'Status',
] as const;

export function addTemperature(motors: Command): void {
  const verb = motors
    .command('temperature')
    .description('Read temperature, voltage, current, load and errors of servos');
  addMotorOptions(verb).action(async (options: MotorOptions) => {
    const servos = await withMotors(options, async ({ bus, targets }) => {
      const states = [];
      for (const target of targets) states.push(await stateOf(bus, target));
      return states;
    });
    if (options.json)
      console.log(JSON.stringify({ servos: servos.map(({ target, values }) => ({ ...target, ...values })) }));
    else {
      const names = STATE.filter((name) => servos.some(({ values }) => name in values));
      const heading = [
        'joint',
        'id',
        ...names.map((name) =>
          name
            .replace(/^Present_/, '')
            .replaceAll('_', ' ')
            .toLowerCase(),
        ),
      ];
      const rows = servos.map(({ target, texts }) => [
        target.joint ?? '-',
        String(target.id),
        ...names.map((name) => texts[name] ?? '-'),
      ]);
      console.log(formatTable(heading, rows));
    }
  });
}

async function stateOf(
  bus: SetupBus,
  target: MotorTarget,
): Promise<{
  readonly target: MotorTarget;
  readonly values: Readonly<Record<string, number>>;
  readonly texts: Readonly<Record<string, string>>;
}> {
  const servo = await identify(bus, target);
  const values: Record<string, number> = {};
  const texts: Record<string, string> = {};
  for (const name of STATE) {
    const register = servo.model.registers[name];
    if (register === undefined) continue;
    const value = await bus.read(servo, name);
    values[name] = value;
    texts[name] = valueInUnit(register, value) ?? (value === 0 ? 'none' : `0x${value.toString(16)}`);
  }
  return { target, values, texts };
}

export function addReboot(motors: Command): void {
  const verb = motors
    .command('reboot')
    .description('Start servos anew, which clears an overload: their torque goes off, and the arm sinks')
    .option('--yes', 'the arm is held, or cannot fall');
  addMotorOptions(verb).action(async (options: MotorOptions & { readonly yes?: boolean }) => {
    if (!options.yes) {
      throw new ArmatureError('E_NOT_CONFIRMED', 'servos that start anew lose their torque, and the arm falls', {
        remedy: 'Hold the arm, and say it again with --yes.',
      });
    }
    const rebooted = await withMotors(options, async ({ bus, targets }) => {
      for (const target of targets) await reboot(bus, target);
      return targets;
    });
    if (options.json) console.log(JSON.stringify({ rebooted }));
    else console.log(`${countOf(rebooted.length, 'servo')} started anew: ${rebooted.map(nameOf).join(', ')}`);
  });
}

async function reboot(bus: SetupBus, target: MotorTarget): Promise<void> {
  const servo: ServoAddress = await identify(bus, target);
  await bus.reboot(servo);
  for (let attempt = 0; attempt < RESTART_ATTEMPTS; attempt += 1) {
    if ((await bus.ping(servo.id)) !== undefined) return;
  }
  await identify(bus, target);
}
