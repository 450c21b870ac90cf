import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { loadCalibration } from '../calibration/load-calibration.ts';
import { saveCalibration } from '../calibration/save-calibration.ts';
import { MonotonicClock, NS_PER_S } from '../core/clock.ts';
import { parseBusCommand, parseFaults } from '../emulation/servo-bus/bus-command.ts';
import type { BusCommand } from '../emulation/servo-bus/bus-command.ts';
import type { ServoBusState } from '../emulation/servo-bus/bus-messages.ts';
import { startServoBus } from '../emulation/servo-bus/start-servo-bus.ts';
import type { EmulatedServoBus } from '../emulation/servo-bus/start-servo-bus.ts';
import { loadRobot } from '../robot/load-robot.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { raiseWorld } from '../runtime/arm/thread-priority.ts';
import { describeFailure } from './failure.ts';
import { Interruption } from './interruption.ts';
import { wholeNumber } from './option-values.ts';
import { Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  armature emulate --robot so101 --link /tmp/arm
                               an SO-101 in the scene of the lift task, at the serial port /tmp/arm
  armature emulate --robot so101 --link /tmp/arm --save-calibration /tmp/arm.json
                               and the calibration file that belongs to it
  armature emulate --robot so101 --link /tmp/arm --uncalibrated
                               an arm as it was screwed together, to try calibrating
  armature emulate --robot so101 --link /tmp/arm --faults noise=0.05,silent=3
  armature emulate --robot so101 --link /tmp/leader --leader
                               a leader: hands move it, as \`move\` lines say

Lines on stdin act on the running arm: \`fault noise 0.1\`, \`fault silent 3\`, \`fault cut\`, \`fault brown-out\`, \`fault clear\`,
\`move 0 -1.2 1.3 0.5 0 0.8\`, \`let-go\`, \`reset 7\`. docs/serial.md has all of them. Ctrl-C ends.`;

/** How often the arm is looked at for the summary line. */
const LOOK_MS = 200;

interface EmulateOptions {
  readonly robot: string;
  readonly link: string;
  readonly device?: string;
  readonly scene: string;
  readonly seed: number;
  readonly calibration?: string;
  readonly saveCalibration?: string;
  readonly uncalibrated?: boolean;
  readonly faults: readonly BusCommand[];
  readonly leader?: boolean;
  readonly json?: boolean;
}

export function addEmulate(program: Command): void {
  program
    .command('emulate')
    .description('Be an arm on a serial port: servos byte for byte, moved by MuJoCo, with faults to inject')
    .requiredOption('--robot <name>', 'robot, by name or folder')
    .requiredOption('--link <path>', 'where the serial port appears')
    .option('--device <path>', 'serve this terminal in place of one of our own, for example an end of socat')
    .option('--scene <task>', 'task in whose scene the arm stands; none: joints without gravity', 'lift')
    .option('--seed <number>', 'what the scene, the encoders and the faults are drawn from', wholeNumber(0), 0)
    .option('--calibration <file>', 'what the servos hold; default: drawn from the seed')
    .option('--save-calibration <file>', 'write the calibration file of this arm')
    .option('--uncalibrated', 'the servos hold no calibration')
    .option('--faults <list>', 'faults from the start, for example noise=0.05,lose=0.01,silent=3', parseFaults, [])
    .option('--leader', 'a leader arm, without a scene: hands hold it, and move it as lines on stdin say')
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', EXAMPLES)
    .action(emulate);
}

async function emulate(options: EmulateOptions): Promise<void> {
  const robot = loadRobot(options.robot);
  const clock = new MonotonicClock();
  const terminal = new Terminal(process.stderr, () => clock.nowNs());
  const interruption = new Interruption();
  const bus = await startServoBus(specOf(robot, options));
  let state = await bus.state();
  const begin = { timeNs: state.timeNs, usage: process.cpuUsage() };
  try {
    if (options.saveCalibration !== undefined) saveCalibration(options.saveCalibration, bus.calibration);
    raiseWorld(bus.thread);
    terminal.line(`${robot.name} at ${options.link}; Ctrl-C ends`);
    const stopListening = listen(bus, terminal);
    while (!interruption.signal.aborted) {
      await pause(LOOK_MS, interruption.signal);
      const before = state;
      state = await bus.state();
      terminal.update(() => [summaryLine(before, state)]);
    }
    stopListening();
  } finally {
    await bus.close();
    interruption.close();
  }
  const durationS = (state.timeNs - begin.timeNs) / NS_PER_S;
  const { user, system } = process.cpuUsage(begin.usage);
  const cpuPercent = (user + system) / 1e4 / durationS;
  const { counts, latenessNs } = state;
  if (options.json === true)
    console.log(
      JSON.stringify({ robot: robot.name, port: options.link, durationS, cpuPercent, latenessNs, ...counts }),
    );
  else
    console.log(
      `${counts.instructions} instructions, ${counts.replies} answers in ${durationS.toFixed(1)} s, ${cpuPercent.toFixed(0)} % of a core`,
    );
}

function specOf(robot: RobotSpec, options: EmulateOptions): Parameters<typeof startServoBus>[0] {
  const isLeader = options.leader === true || robot.drivers.serial?.role === 'leader';
  const held: BusCommand[] = isLeader ? [{ kind: 'move', positionsRad: robot.restRad }] : [];
  return {
    robot,
    link: options.link,
    seed: options.seed,
    isCalibrated: options.uncalibrated !== true,
    commands: [...held, ...options.faults],
    ...(options.calibration !== undefined && { calibration: loadCalibration(options.calibration, robot).calibration }),
    ...(options.device !== undefined && { device: options.device }),
    ...(!isLeader && options.scene !== 'none' && { task: options.scene }),
  };
}

/** Carries out the lines of stdin; returns what ends it. */
function listen(bus: EmulatedServoBus, terminal: Terminal): () => void {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    if (line.trim() === '') return;
    try {
      bus.control(parseBusCommand(line));
      terminal.line(`done: ${line.trim()}`);
    } catch (error) {
      terminal.line(describeFailure(error).text);
    }
  });
  return () => {
    lines.close();
    process.stdin.unref?.();
  };
}

function summaryLine(before: ServoBusState, now: ServoBusState): string {
  const durationS = (now.timeNs - before.timeNs) / NS_PER_S;
  const perS = (name: 'instructions' | 'bytesIn' | 'bytesOut'): number =>
    (now.counts[name] - before.counts[name]) / durationS;
  const bytesPerS = perS('bytesIn') + perS('bytesOut');
  return [
    now.device === undefined ? 'cable cut' : `${perS('instructions').toFixed(0)} instructions/s`,
    `${(bytesPerS / 1000).toFixed(1)} kB/s`,
    `torque ${now.hasTorque.map((isOn) => (isOn ? 'on' : '-')).join(' ')}`,
    `rad ${now.positionsRad.map((position) => position.toFixed(2)).join(' ')}`,
    `${now.supplyV.toFixed(1)} V`,
    `${Math.max(...now.temperaturesC).toFixed(0)} degC`,
  ].join('  ');
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, durationMs);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
    signal.addEventListener('abort', end);
  });
}
