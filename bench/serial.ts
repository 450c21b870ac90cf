import { fork, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loaderArguments, moduleEntry } from '../src/core/module-worker.ts';
import { requireSerial } from '../src/drivers/serial/arm-motors.ts';
import { loadRobot } from '../src/robot/load-robot.ts';
import { raisePriority } from '../src/runtime/arm/thread-priority.ts';
import type { EmulatorMessage } from './serial/emulator-process.ts';
import { measureBus } from './serial/measure-bus.ts';
import type { CycleFigures } from './serial/measure-bus.ts';
import { readOptions } from './options.ts';

const { values } = readOptions({
  purpose: `How many full cycles of a servo bus a second, on the emulated arm with real wire time, beside Feetech's own SDK on the same arm.

The Python needs \`pip install feetech-servo-sdk\`. Both take turns; the round in the middle counts.`,
  options: {
    robot: { type: 'string', default: 'so101', value: 'name', words: 'robot, by name or folder' },
    seconds: { type: 'string', default: '10', value: 's', words: 'of each turn' },
    rounds: { type: 'string', default: '3', value: 'count', words: 'turns of each' },
    python: { type: 'string', default: 'python3', value: 'command', words: 'one that has the SDK' },
    fifo: { type: 'boolean', default: false, words: "give both the priority that the gate's thread asks for" },
    json: { type: 'boolean', default: false, words: 'print one JSON object' },
  },
});

if (values.fifo && raisePriority(process.pid) !== 'fifo') throw new Error('this user may not set SCHED_FIFO');
const directory = mkdtempSync(join(tmpdir(), 'armature-serial-'));
const calibration = join(directory, 'calibration.json');
const entry = moduleEntry(import.meta.url, 'serial/emulator-process');
const emulator = fork(entry.path, [values.robot, calibration], { execArgv: loaderArguments(entry) });
try {
  const { path } = await new Promise<EmulatorMessage>((resolve, reject) => {
    emulator.once('message', resolve);
    emulator.once('exit', () => reject(new Error('the emulated arm did not start')));
  });
  const seconds = Number(values.seconds) / Number(values.rounds);
  const ours: (CycleFigures & { wireUs: number })[] = [];
  const theirs: CycleFigures[] = [];
  let problem = '';
  for (let round = 0; round < Number(values.rounds); round += 1) {
    ours.push(await measureBus({ robot: values.robot, port: path, calibration, seconds }));
    const sdk = runSdk(path, seconds);
    if (typeof sdk === 'string') problem = sdk;
    else theirs.push(sdk);
  }
  tell(typical(ours), theirs.length === 0 ? undefined : typical(theirs), problem);
} finally {
  emulator.disconnect();
  rmSync(directory, { recursive: true });
}

function runSdk(port: string, seconds: number): CycleFigures | string {
  const { protocol, motors } = requireSerial(loadRobot(values.robot));
  if (protocol !== 'feetech') return 'its SDK is another one';
  const script = fileURLToPath(new URL('serial/sdk_cycles.py', import.meta.url));
  const ids = Object.values(motors).map(({ id }) => String(id));
  // As started from here it has the priority of this thread; without the option nothing is changed.
  const run = spawnSync(values.python, [script, port, String(seconds), ...ids], { encoding: 'utf8' });
  if (run.status === 0) return JSON.parse(run.stdout) as CycleFigures;
  return run.error?.message ?? run.stderr.trim().split('\n').at(-1) ?? 'it ended without a word';
}

/** The round in the middle by rate. */
function typical<Figures extends CycleFigures>(rounds: readonly Figures[]): Figures {
  const sorted = rounds.toSorted((first, second) => first.cyclesPerS - second.cyclesPerS);
  return sorted[Math.floor(sorted.length / 2)] as Figures;
}

function tell(ours: CycleFigures & { wireUs: number }, sdk: CycleFigures | undefined, problem: string): void {
  const { cyclesPerS, p50Us, p99Us, wireUs, cpuPercent, incomplete } = ours;
  if (values.json) {
    console.log(JSON.stringify({ cyclesPerS, p50Us, p99Us, wireUs, cpuPercent, incomplete, python: sdk ?? null }));
    return;
  }
  console.log(`on the wire    ${wireUs.toFixed(0)} us a cycle, at most ${(1e6 / wireUs).toFixed(0)} a second`);
  console.log(lineOf('Armature', ours));
  console.log(sdk === undefined ? `Python's SDK   not run: ${problem}` : lineOf("Python's SDK", sdk));
  console.log(`p50 is ${(p50Us / wireUs).toFixed(3)} x the time on the wire`);
}

function lineOf(name: string, { cyclesPerS, p50Us, p99Us, cpuPercent, incomplete }: CycleFigures): string {
  const times = `p50 ${p50Us.toFixed(0)} us  p99 ${p99Us.toFixed(0)} us`;
  return `${name.padEnd(14)} ${cyclesPerS.toFixed(1)} cycles/s  ${times}  CPU ${cpuPercent.toFixed(1)} %  incomplete ${incomplete}`;
}
