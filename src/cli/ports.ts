import type { Command } from 'commander';
import { Option } from 'commander';
import { MonotonicClock } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import { listPorts } from '../drivers/serial/serial-port.ts';
import type { FoundPort } from '../drivers/serial/serial-port.ts';
import { SetupBus } from '../drivers/serial/setup-bus.ts';
import { listRobots, loadRobot } from '../robot/load-robot.ts';
import { findServos } from '../runtime/motors/find-servos.ts';
import type { LocatedServo } from '../runtime/motors/find-servos.ts';
import { resemblingRobots } from '../runtime/motors/resembling-robots.ts';
import type { ResemblingRobot } from '../runtime/motors/resembling-robots.ts';
import { describeFailure } from './failure.ts';
import { PATIENCE_MS } from './motors-options.ts';
import { indexList, wholeNumber } from './option-values.ts';
import { formatTable } from './table.ts';
import { Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  armature ports                                 every USB adapter: what answers, and which robot it looks like
  armature ports --port /dev/ttyACM0 --ids 0-252  every id there is
  armature ports --baud-rate 1000000 --json      for programs: one rate, one JSON object

Asking moves nothing. A port that another program uses is left alone.`;

/** Rates that arms are used at. */
const USUAL_RATES = [1_000_000, 57_600, 115_200];
/** Arms have low ids. */
const USUAL_IDS = Array.from({ length: 21 }, (_, id) => id);

interface PortsOptions {
  readonly port?: readonly string[];
  readonly all?: boolean;
  readonly ids?: readonly number[];
  readonly protocol?: 'feetech' | 'dynamixel';
  readonly baudRate?: number;
  readonly json?: boolean;
}

/** What is at one port. */
interface PortReport extends FoundPort {
  readonly servos: readonly LocatedServo[];
  readonly robots: readonly ResemblingRobot[];
  /** Why it could not be asked. */
  readonly problem?: string;
}

export function addPorts(program: Command): void {
  program
    .command('ports')
    .description('Find arms: which servos answer at which serial port, and which robot they look like')
    .option('--port <path...>', 'only these ports')
    .option('--all', 'also ports that are no USB adapter')
    .option('--ids <list>', 'ids to ask, for example 1-6,11; default: 0-20', indexList)
    .addOption(new Option('--protocol <name>', 'only this one').choices(['feetech', 'dynamixel']))
    .option('--baud-rate <rate>', 'only this one; default: all that servos know', wholeNumber(1))
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(ports);
}

async function ports(options: PortsOptions): Promise<void> {
  const clock = new MonotonicClock();
  const terminal = new Terminal(process.stderr, () => clock.nowNs());
  const listed = await listPorts({ all: options.all === true || options.port !== undefined });
  const wanted = options.port?.map((path) => listed.find((port) => isAt(port, path)) ?? unlisted(path)) ?? listed;
  const reports: PortReport[] = [];
  for (const port of wanted) reports.push(await look(port, options, terminal));
  const hasFound = reports.some(({ servos }) => servos.length > 0);
  if (!hasFound) process.exitCode = 1;
  if (options.json) console.log(JSON.stringify({ ports: reports.map(toJson) }));
  else console.log(reports.length === 0 ? NO_PORT : reports.map(describe).join('\n\n'));
}

const NO_PORT =
  'There is no serial port of a USB adapter. Plug in the adapter of the arm; --all looks at other ports, too.';

async function look(port: FoundPort, options: PortsOptions, terminal: Terminal): Promise<PortReport> {
  const { protocol, baudRate, ids = USUAL_IDS } = options;
  try {
    const servos = await findServos({
      path: port.path,
      protocols: protocol === undefined ? ['feetech', 'dynamixel'] : [protocol],
      baudRates: baudRate === undefined ? USUAL_RATES : [baudRate],
      onlyThese: baudRate !== undefined,
      ids,
      // One rate leaves time to wait for adapters that are late.
      open: (how) => SetupBus.open(baudRate === undefined ? how : { ...how, patienceMs: PATIENCE_MS }),
      onRate: (name, rate) => terminal.update(() => [`${port.path}: asking ${name} at ${rate} bit/s`]),
    });
    if (terminal.interactive) terminal.finish([]);
    return { ...port, servos, robots: resemblingRobots(servos, listRobots().map(loadRobot)) };
  } catch (error) {
    if (!(error instanceof ArmatureError)) throw error;
    return { ...port, servos: [], robots: [], problem: describeFailure(error).text };
  }
}

function isAt(port: FoundPort, path: string): boolean {
  return port.path === path || port.stablePath === path;
}

/** A pseudo-terminal, or a link to a port. */
function unlisted(path: string): FoundPort {
  return {
    path,
    stablePath: undefined,
    manufacturer: undefined,
    serialNumber: undefined,
    vendorId: undefined,
    productId: undefined,
  };
}

function describe({ path, stablePath, manufacturer, servos, robots, problem }: PortReport): string {
  const title = [path, manufacturer, stablePath].filter((text) => text !== undefined).join('  ');
  if (problem !== undefined) return `${title}\n  ${problem}`;
  if (servos.length === 0) return `${title}\n  no servo answers: has it power?`;
  const table = formatTable(
    ['id', 'model', 'firmware', 'protocol', 'baud rate'],
    servos.map(({ id, model, modelNumber, firmware, protocol, baudRate }) => [
      String(id),
      model?.name ?? `unknown (number ${modelNumber})`,
      firmware,
      protocol,
      String(baudRate),
    ]),
  );
  return [title, ...table.split('\n').map((line) => `  ${line}`), `  ${resemblance(robots)}`].join('\n');
}

function resemblance(robots: readonly ResemblingRobot[]): string {
  const [first] = robots;
  if (first === undefined) return 'looks like none of the robots in `armature robots`';
  const names = robots.map(({ robot }) => robot).join(', ');
  const missing = first.missing.length === 0 ? '' : `, but ${first.missing.join(', ')} does not answer`;
  return `looks like ${names}${missing}`;
}

function toJson({ servos, ...port }: PortReport): object {
  return { ...port, servos: servos.map(({ model, ...servo }) => ({ ...servo, model: model?.name ?? null })) };
}
