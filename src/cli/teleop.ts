import type { Command } from 'commander';
import { MonotonicClock } from '../core/clock.ts';
import { loadRobot } from '../robot/load-robot.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { EpisodeRun } from '../runtime/workplace.ts';
import type { WorkRequest } from '../runtime/task-request.ts';
import { addArmOptions, isSceneDriver } from './arm-options.ts';
import type { ArmOptions } from './arm-options.ts';
import { countOf } from './count-of.ts';
import { Interruption } from './interruption.ts';
import { LiveDisplay } from './live-display.ts';
import { wholeNumber } from './option-values.ts';
import { addPersonOptions, openPerson } from './person.ts';
import type { Person } from './person.ts';
import { openPlace, requestOf, showConsent } from './place.ts';
import type { Place } from './place.ts';
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

interface TeleopOptions extends ArmOptions {
  readonly teleop: string;
  readonly policy?: string;
  readonly task: string;
  readonly scene?: string;
  readonly seed: number;
  readonly json?: boolean;
}

export function addTeleop(program: Command): void {
  const command = program.command('teleop').description('Drive an arm by hand, through the gate');
  addPersonOptions(addArmOptions(command))
    .option('--task <words>', 'scene and instruction: name of a task, or an instruction in words', 'lift')
    .option('--scene <task>', 'scene of this task, for words that no task asks for')
    .option('--seed <number>', 'what the first scene is drawn from', wholeNumber(0), 0)
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(teleop);
}

async function teleop(options: TeleopOptions): Promise<void> {
  const robot = loadRobot(options.robot);
  const request = requestOf(options);
  const person = await openPerson({ robot, teleop: options.teleop, policy: options.policy });
  const interruption = new Interruption();
  let runs: readonly EpisodeRun[] = [];
  let connection: Place['connection'];
  try {
    const place = await openPlace(options, { robot, request });
    const { signal } = interruption;
    ({ connection } = place);
    const drive = new Drive({ robot, person, place, request, isEndless: !isSceneDriver(options.driver), signal });
    runs = drive.runs;
    try {
      await drive.run(options.seed);
      await place.end(signal);
    } finally {
      drive.close();
      await place.close();
    }
  } finally {
    interruption.close();
    await person.close();
  }
  const durationS = runs.reduce((sum, { result }) => sum + result.durationS, 0);
  const changedTicks = runs.reduce((sum, { result }) => sum + result.changedTicks, 0);
  if (options.json === true) console.log(JSON.stringify({ scenes: runs.length, durationS, changedTicks, connection }));
  else
    console.log(
      `${countOf(runs.length, 'scene')}, ${durationS.toFixed(1)} s, ${changedTicks} ticks changed by the gate`,
    );
}

interface DriveOptions {
  readonly robot: RobotSpec;
  readonly person: Person;
  readonly place: Place;
  readonly request: WorkRequest;
  /** A real arm has no next scene: the person goes on. */
  readonly isEndless: boolean;
  readonly signal: AbortSignal;
}

/** Scenes one after another, until the person has had enough. */
class Drive {
  readonly runs: EpisodeRun[] = [];
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
    const end = (): void => void (this.#isOver = !options.isEndless);
    const stop = (): void => void (this.#isOver = this.#isStopping = true);
    this.#unlisten = listenForSession(person.keys, {
      onEnd: end,
      onAgain: end,
      onPause: () => undefined,
      onStop: stop,
      onConsent: () => showConsent(options.place, (line) => this.#terminal.line(line)),
    });
  }

  /** Throws what the arm and the agent throw. */
  async run(firstSeed: number): Promise<void> {
    const { person, place, request, signal } = this.#options;
    for (let seed = firstSeed; !this.#isStopping && !signal.aborted; seed += 1) {
      this.#isOver = false;
      if (!(await place.isReady(person.keys, signal))) return;
      const run = await place.workplace.run({
        seed,
        mode: 'live',
        judged: false,
        keepsPose: this.#options.isEndless,
        timeLimitS: Infinity,
        agent: person.agent,
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
