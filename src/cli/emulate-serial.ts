import { createInterface } from 'node:readline';
import { loadCalibration } from '../calibration/load-calibration.ts';
import { saveCalibration } from '../calibration/save-calibration.ts';
import { MonotonicClock, NS_PER_S } from '../core/clock.ts';
import { parseBusCommand } from '../emulation/servo-bus/bus-command.ts';
import type { BusCommand } from '../emulation/servo-bus/bus-command.ts';
import type { ServoBusState } from '../emulation/servo-bus/bus-messages.ts';
import { startServoBus } from '../emulation/servo-bus/start-servo-bus.ts';
import type { EmulatedServoBus } from '../emulation/servo-bus/start-servo-bus.ts';
import { loadRobot } from '../robot/load-robot.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { raiseWorld } from '../runtime/arm/thread-priority.ts';
import { describeFailure } from './failure.ts';
import { Interruption } from './interruption.ts';
import { Terminal } from './terminal.ts';

/** How often the arm is looked at for the summary line. */
const LOOK_MS = 200;

export interface SerialEmulationOptions {
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

/** Is an arm on a serial port until it is interrupted. */
export async function emulateSerial(options: SerialEmulationOptions): Promise<void> {
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

function specOf(robot: RobotSpec, options: SerialEmulationOptions): Parameters<typeof startServoBus>[0] {
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
