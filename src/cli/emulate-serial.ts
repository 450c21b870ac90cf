import { setTimeout as delay } from 'node:timers/promises';
import { loadCalibration } from '../calibration/load-calibration.ts';
import { stageCalibration } from '../calibration/save-calibration.ts';
import { MonotonicClock, NS_PER_MS, NS_PER_S } from '../core/clock.ts';
import { closeAll } from '../core/close-all.ts';
import type { BusCommand } from '../emulation/servo-bus/bus-command.ts';
import type { ServoBusState } from '../emulation/servo-bus/bus-messages.ts';
import { startServoBus } from '../emulation/servo-bus/start-servo-bus.ts';
import type { ServoBusSpec } from '../emulation/servo-bus/start-servo-bus.ts';
import { loadRobot } from '../robot/load-robot.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { raiseWorld } from '../runtime/arm/thread-priority.ts';
import { BusLines, openScene } from './emulated-scene.ts';
import { Interruption } from './interruption.ts';
import { Terminal } from './terminal.ts';

export const SERIAL_HELP = `
Lines on the standard input act on an arm at a serial port: \`fault noise 0.1\`, \`fault silent 3\`, \`fault cut\`, \`fault brown-out\`,
\`fault clear\`, \`move 0 -1.2 1.3 0.5 0 0.8\`, \`let-go\`, \`reset 7\`, \`quit\`; docs/serial.md has all of them.`;

/** How often the arm is looked at for the summary line. */
const LOOK_MS = 200;

export interface SerialEmulationOptions {
  readonly robot: string;
  readonly link: string;
  readonly device?: string;
  readonly scene?: string;
  readonly seed: number;
  readonly calibration?: string;
  readonly saveCalibration?: string;
  readonly uncalibrated?: boolean;
  readonly faults?: readonly BusCommand[];
  /** Port on loopback; 0: a free one. */
  readonly cameraPort?: number;
  readonly leader?: boolean;
  readonly json?: boolean;
}

/** Offers an arm at a serial port until it is interrupted. */
export async function emulateSerial(options: SerialEmulationOptions): Promise<void> {
  const robot = loadRobot(options.robot);
  const clock = new MonotonicClock();
  const interruption = new Interruption();
  const terminal = new Terminal(process.stderr, () => clock.nowNs());
  const say = (line: string): void => (options.json === true ? terminal.line(line) : console.log(line));
  const spec = specOf(robot, options);
  const bus = await startServoBus(spec);
  const scene = spec.task === undefined ? undefined : await openScene(robot, spec.task, options);
  let state = await bus.state();
  const begin = { timeNs: state.timeNs, usage: process.cpuUsage() };
  const lines = new BusLines({ bus, scene, say, onQuit: () => process.kill(process.pid, 'SIGINT') });
  try {
    if (options.saveCalibration !== undefined) stageCalibration(options.saveCalibration, bus.calibration).commit();
    raiseWorld(bus.thread);
    for (const [name, url] of scene?.urls ?? []) say(`camera ${name} ${url}`);
    say(`ready ${bus.path}${scene === undefined ? '' : `: ${scene.watch.instruction}`}`);
    const periodMs = scene === undefined ? LOOK_MS : 1000 / scene.rateHz;
    let shown = state;
    let dueNs = clock.nowNs();
    while (!interruption.signal.aborted) {
      // On deadlines, so that pictures come at their rate; those that were missed are skipped.
      dueNs = Math.max(dueNs + periodMs * NS_PER_MS, clock.nowNs());
      await delay((dueNs - clock.nowNs()) / NS_PER_MS, undefined, { signal: interruption.signal }).catch(
        () => undefined,
      );
      state = await lines.look();
      if (state.timeNs - shown.timeNs < LOOK_MS * NS_PER_MS) continue;
      terminal.update(() => [summaryLine(shown, state)]);
      shown = state;
    }
  } finally {
    lines.close();
    await closeAll([() => scene?.close(), () => bus.close()]);
    interruption.close();
  }
  report(options, { begin, state });
}

interface Span {
  readonly begin: { readonly timeNs: number; readonly usage: NodeJS.CpuUsage };
  readonly state: ServoBusState;
}

function report({ robot, link, json }: SerialEmulationOptions, { begin, state }: Span): void {
  const durationS = (state.timeNs - begin.timeNs) / NS_PER_S;
  const { user, system } = process.cpuUsage(begin.usage);
  const cpuPercent = (user + system) / 1e4 / durationS;
  const { counts, latenessNs } = state;
  if (json === true) console.log(JSON.stringify({ robot, port: link, durationS, cpuPercent, latenessNs, ...counts }));
  else
    console.log(
      `${counts.instructions} instructions, ${counts.replies} answers in ${durationS.toFixed(1)} s, ${cpuPercent.toFixed(0)} % of a core`,
    );
}

function specOf(robot: RobotSpec, options: SerialEmulationOptions): ServoBusSpec {
  const { scene = 'lift' } = options;
  const isLeader = options.leader === true || robot.drivers.serial?.role === 'leader';
  const held: BusCommand[] = isLeader ? [{ kind: 'move', positionsRad: robot.restRad }] : [];
  return {
    robot,
    link: options.link,
    seed: options.seed,
    isCalibrated: options.uncalibrated !== true,
    commands: [...held, ...(options.faults ?? [])],
    ...(options.calibration !== undefined && { calibration: loadCalibration(options.calibration, robot).calibration }),
    ...(options.device !== undefined && { device: options.device }),
    ...(!isLeader && scene !== 'none' && { task: scene }),
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
