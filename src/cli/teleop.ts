import type { Command } from 'commander';
import { MonotonicClock } from '../core/clock.ts';
import { loadRobot } from '../robot/load-robot.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { SimulatedTask } from '../runtime/simulated-task.ts';
import type { SimulatedRun } from '../runtime/simulated-task.ts';
import { resolveTask } from '../runtime/task-request.ts';
import type { TaskRequest } from '../runtime/task-request.ts';
import { Interruption } from './interruption.ts';
import { LiveDisplay } from './live-display.ts';
import { wholeNumber } from './option-values.ts';
import { DRIVER_NAMES, openPerson } from './person.ts';
import type { Person } from './person.ts';
import { listenForSession } from './session-keys.ts';
import { Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  armature teleop --robot so101 --teleop keyboard
  armature teleop --robot so101 --teleop gamepad --task stack
  armature teleop --robot so101 --driver mirror --teleop keyboard:mode=joint
  armature teleop --robot so101 --teleop keyboard --policy desk --task "lift the blue cube"
                               the policy acts until somebody takes over

Keys beside those that drive: right arrow a new scene, space pause, Escape end. docs/teleoperation.md has all of them.`;

interface TeleopOptions {
  readonly robot: string;
  readonly driver: 'sim' | 'mirror';
  readonly teleop: string;
  readonly policy?: string;
  readonly task: string;
  readonly scene?: string;
  readonly seed: number;
  readonly json?: boolean;
}

export function addTeleop(program: Command): void {
  program
    .command('teleop')
    .description('Drive an arm by hand, through the gate')
    .requiredOption('--robot <name>', 'robot, by name or folder')
    .option('--driver <name>', 'how to reach it: sim, or mirror for a dry run', 'sim')
    .requiredOption(
      '--teleop <name>',
      `who drives it: ${DRIVER_NAMES}; options after a colon, see docs/teleoperation.md`,
    )
    .option('--policy <folder>', 'let this policy act until the person takes over')
    .option('--task <words>', 'scene and instruction: name of a task, or an instruction in words', 'lift')
    .option('--scene <task>', 'scene of this task, for words that no task asks for')
    .option('--seed <number>', 'what the first scene is drawn from', wholeNumber(0), 0)
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(teleop);
}

async function teleop(options: TeleopOptions): Promise<void> {
  const robot = loadRobot(options.robot);
  const request = resolveTask(options.task, options.scene);
  const person = await openPerson({ robot, teleop: options.teleop, policy: options.policy });
  const interruption = new Interruption();
  let runs: readonly SimulatedRun[] = [];
  try {
    const task = await SimulatedTask.load(robot, request.task);
    const drive = new Drive({ robot, person, task, request, driver: options.driver, signal: interruption.signal });
    runs = drive.runs;
    try {
      await drive.run(options.seed);
    } finally {
      drive.close();
      await task.close();
    }
  } finally {
    interruption.close();
    await person.close();
  }
  const durationS = runs.reduce((sum, { result }) => sum + result.durationS, 0);
  const changedTicks = runs.reduce((sum, { result }) => sum + result.changedTicks, 0);
  if (options.json === true) console.log(JSON.stringify({ scenes: runs.length, durationS, changedTicks }));
  else console.log(`${runs.length} scenes, ${durationS.toFixed(1)} s, ${changedTicks} ticks changed by the gate`);
}

interface DriveOptions {
  readonly robot: RobotSpec;
  readonly person: Person;
  readonly task: SimulatedTask;
  readonly request: TaskRequest;
  readonly driver: 'sim' | 'mirror';
  readonly signal: AbortSignal;
}

/** Scenes one after another, until the person has had enough. */
class Drive {
  readonly runs: SimulatedRun[] = [];
  readonly #options: DriveOptions;
  readonly #terminal: Terminal;
  readonly #display: LiveDisplay;
  readonly #unlisten: () => void;
  #isOver = false;
  #isStopping = false;

  constructor(options: DriveOptions) {
    const { robot, person } = options;
    const clock = new MonotonicClock();
    this.#options = options;
    this.#terminal = new Terminal(process.stderr, () => clock.nowNs());
    this.#display = new LiveDisplay({
      terminal: this.#terminal,
      robot,
      agent: 'a person',
      total: 1,
      limitS: Infinity,
      notes: () => person.notes(),
    });
    const end = (): void => void (this.#isOver = true);
    const stop = (): void => void (this.#isOver = this.#isStopping = true);
    this.#unlisten = listenForSession(person.keys, {
      onEnd: end,
      onAgain: end,
      onPause: () => undefined,
      onStop: stop,
    });
  }

  /** Throws what the arm and the agent throw. */
  async run(firstSeed: number): Promise<void> {
    const { person, task, request, driver, signal } = this.#options;
    for (let seed = firstSeed; !this.#isStopping && !signal.aborted; seed += 1) {
      this.#isOver = false;
      const run = await task.run({
        seed,
        mode: 'live',
        driver,
        judged: false,
        timeLimitS: Infinity,
        agent: (episode) => person.agent(episode),
        isOver: () => this.#isOver,
        listeners: this.#terminal.interactive ? [this.#display] : [],
        signal,
        ...(request.instruction === undefined ? {} : { instruction: request.instruction }),
      });
      this.runs.push(run);
      this.#display.endEpisode(run.result);
      if (run.result.agentFailure !== undefined) throw run.result.agentFailure;
      // An operator has to look at the arm before it moves again.
      if (run.result.outcome === 'protective-stop') return;
    }
  }

  close(): void {
    this.#unlisten();
    if (this.#terminal.interactive) this.#terminal.finish([]);
  }
}
