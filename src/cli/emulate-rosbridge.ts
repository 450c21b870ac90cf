import { createInterface } from 'node:readline';
import { MonotonicClock } from '../core/clock.ts';
import { ArmatureError, UnknownNameError } from '../core/errors.ts';
import { ROS_ARM_FAULTS, RosArmEmulator } from '../emulation/ros-arm/ros-arm-emulator.ts';
import type { RosArmFault } from '../emulation/ros-arm/ros-arm-emulator.ts';
import { inRealTime } from '../emulation/ros-arm/real-time.ts';
import { loadRobot } from '../robot/load-robot.ts';
import { loadTask } from '../sim/load-task.ts';
import { preferThread, threadId } from '../runtime/arm/thread-priority.ts';
import { describeFailure } from './failure.ts';
import { Interruption } from './interruption.ts';

export interface RosbridgeEmulationOptions {
  readonly robot: string;
  /** Port on loopback; 0: a free one. */
  readonly rosbridge: number;
  readonly ros?: '1' | '2';
  /** Name of a task. Default, and `none`: the arm alone. */
  readonly scene?: string;
  readonly seed: number;
  readonly cameras: boolean;
  readonly json?: boolean;
}

export const ROSBRIDGE_HELP = `
Lines on stdin act on an arm behind ROS:
  fault <name>      ${ROS_ARM_FAULTS.join(', ')}
  fault clear       all faults end; a robot that stopped by itself needs its recovery (armature ros recover)
  reset <seed>      a new scene
  outcome           running, success or failure; also on the topic /armature_emulator/outcome
  quit`;

/** Offers a simulated arm behind a rosbridge server on loopback until it is interrupted. */
export async function emulateRosbridge(options: RosbridgeEmulationOptions): Promise<void> {
  const clock = new MonotonicClock();
  const interruption = new Interruption();
  const emulator = await RosArmEmulator.start({
    robot: loadRobot(options.robot),
    port: options.rosbridge,
    seed: options.seed,
    cameras: options.cameras,
    clock,
    wallNs: () => Date.now() * 1e6,
    log: (line) => console.error(`rosbridge: ${line}`),
    ...(options.ros === undefined ? {} : { rosVersion: options.ros === '1' ? 1 : 2 }),
    ...(options.scene === undefined || options.scene === 'none' ? {} : { task: loadTask(options.scene) }),
  });
  // It stands for an arm of metal, which does not wait for its turn.
  preferThread(threadId() ?? 0);
  const say = (line: string): void => (options.json === true ? console.error(line) : console.log(line));
  say(
    `ready ${emulator.url} (ROS ${emulator.ros.rosVersion})${emulator.instruction === '' ? '' : `: ${emulator.instruction}`}`,
  );
  let outcome = emulator.outcome;
  const counts = { success: 0, failure: 0 };
  const stop = inRealTime(clock, () => {
    emulator.advance();
    if (emulator.outcome === outcome) return;
    outcome = emulator.outcome;
    if (outcome === 'running') return;
    counts[outcome] += 1;
    say(`outcome ${outcome}`);
  });
  await listen(emulator, interruption.signal, say);
  stop();
  const { url } = emulator;
  await emulator.close();
  interruption.close();
  if (options.json === true) console.log(JSON.stringify({ url, robot: options.robot, ...counts }));
}

/** Performs the lines of the standard input until one of them is quit, or the process is interrupted. */
function listen(emulator: RosArmEmulator, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin });
    let performed = Promise.resolve();
    const end = (): void => {
      lines.close();
      process.stdin.destroy();
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    lines.on('line', (line) => {
      if (line.trim() === 'quit') return void performed.then(end);
      // One after the other: a fault takes effect before the next line is read.
      performed = performed
        .then(() => perform(emulator, line.trim(), say))
        .catch((error: unknown) => console.error(describeFailure(error).text));
    });
  });
}

async function perform(emulator: RosArmEmulator, line: string, say: (line: string) => void): Promise<void> {
  const [verb = '', word = ''] = line.split(/\s+/);
  if (verb === 'outcome') say(`outcome ${emulator.outcome}`);
  else if (verb === 'reset' && /^\d+$/.test(word)) {
    emulator.reset(Number(word));
    say(`reset ${word}: ${emulator.instruction}`);
  } else if (verb === 'fault' && word === 'clear') {
    await emulator.clearFaults();
    say('faults cleared');
  } else if (verb === 'fault') {
    if (!isFault(word)) throw new UnknownNameError('fault', word, ROS_ARM_FAULTS);
    await emulator.inject(word);
    say(`fault ${word}`);
  } else if (verb !== '') {
    throw new ArmatureError('E_EMULATOR_LINE', `the emulator does not know "${line}"`, {
      expected: 'fault <name>, fault clear, reset <seed>, outcome or quit',
      remedy: 'Run armature emulate --help for the lines it takes.',
    });
  }
}

function isFault(name: string): name is RosArmFault {
  return (ROS_ARM_FAULTS as readonly string[]).includes(name);
}
