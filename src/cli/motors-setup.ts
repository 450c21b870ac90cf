import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { MonotonicClock } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import { requireSerial } from '../drivers/serial/arm-motors.ts';
import { SetupBus } from '../drivers/serial/setup-bus.ts';
import { loadRobot } from '../robot/load-robot.ts';
import { armServos } from '../runtime/calibration/arm-servos.ts';
import type { ArmServo } from '../runtime/calibration/arm-servos.ts';
import { QUIT } from '../runtime/calibration/calibration-operator.ts';
import type { CalibrationOperator } from '../runtime/calibration/calibration-operator.ts';
import { setUpMotor } from '../runtime/motors/set-up-motor.ts';
import { CalibrationTable } from './calibration-view.ts';
import { openOperator } from './calibration-words.ts';
import { countOf } from './count-of.ts';
import { describeFailure } from './failure.ts';
import { Interruption } from './interruption.ts';
import { nameList } from './option-values.ts';
import { Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  armature motors setup --robot so101 --port /dev/ttyACM0
  armature motors setup --robot koch --port /dev/ttyUSB0 --joint elbow_flex

New servos all have the same id. Each is connected alone, and gets the id and the baud rate of its joint.`;

interface SetupOptions {
  readonly robot: string;
  readonly port: string;
  readonly joint?: readonly string[];
  readonly script?: string;
  readonly json?: boolean;
}

export function addSetup(motors: Command): void {
  motors
    .command('setup')
    .description('Give new servos their ids, one after the other')
    .requiredOption('--robot <name>', 'robot whose ids they get')
    .requiredOption('--port <path>', 'the port of the servo bus; see armature ports')
    .option('--joint <names>', 'only these joints; default: all, the gripper first', nameList)
    .option('--script <file>', 'take the words (ready, skip, quit) from this file instead of the terminal')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(setup);
}

async function setup(options: SetupOptions): Promise<void> {
  const robot = loadRobot(options.robot);
  const { baudRate } = requireSerial(robot);
  // From the far end on: each servo that is done may stay on the cable of the next only when the arm is built.
  const servos = armServos(robot)
    .filter(({ joint }) => options.joint === undefined || options.joint.includes(joint))
    .toReversed();
  const clock = new MonotonicClock();
  const terminal = new Terminal(process.stderr, () => clock.nowNs());
  const interruption = new Interruption();
  const operator = openOperator(options.script, clock);
  const done: { joint: string; id: number; formerId: number; formerBaudRate: number }[] = [];
  try {
    for (const [index, servo] of servos.entries()) {
      const what = { ...options, baudRate, terminal, operator, signal: interruption.signal };
      const result = await setUpOne(what, servo, `Motor ${index + 1} of ${servos.length}: ${servo.joint}`);
      if (result === 'ended') break;
      if (result !== 'skipped') done.push(result);
    }
  } finally {
    operator.close();
    interruption.close();
  }
  if (done.length === 0) process.exitCode = 1;
  if (options.json) console.log(JSON.stringify({ robot: robot.name, port: options.port, motors: done }));
  else
    console.log(
      [
        `${done.length} of ${countOf(servos.length, 'motor')} got their id`,
        ...done.map(({ joint, id }) => `${joint} ${id}`),
      ].join(', '),
    );
}

interface Setup {
  readonly port: string;
  readonly baudRate: number;
  readonly terminal: Terminal;
  readonly operator: CalibrationOperator;
  readonly signal: AbortSignal;
}

/** Asks until the servo is set up, or is not to be. */
async function setUpOne(
  { port, baudRate, terminal, operator, signal }: Setup,
  servo: ArmServo,
  title: string,
): Promise<{ joint: string; id: number; formerId: number; formerBaudRate: number } | 'skipped' | 'ended'> {
  const view = new CalibrationTable(terminal);
  const { joint, address } = servo;
  const words = ['ready', 'skip'];
  view.step({
    title,
    instruction: `Connect only the servo of ${joint} (${address.model.name}) to the adapter.`,
    words,
  });
  for (;;) {
    const word = operator.next(words);
    if (signal.aborted || word === QUIT || (word === undefined && operator.isGone)) return 'ended';
    if (word === 'skip') return 'skipped';
    if (word !== 'ready') {
      await sleep(20);
      continue;
    }
    try {
      const open = (how: Parameters<typeof SetupBus.open>[0]): Promise<SetupBus> => SetupBus.open(how);
      const former = await setUpMotor({ path: port, joint, wanted: address, baudRate, open });
      terminal.line(
        `  ${joint}: id ${former.id} at ${former.baudRate} bit/s is now id ${address.id} at ${baudRate} bit/s`,
      );
      return { joint, id: address.id, formerId: former.id, formerBaudRate: former.baudRate };
    } catch (error) {
      if (!(error instanceof ArmatureError)) throw error;
      view.notes([describeFailure(error).text]);
    }
  }
}
