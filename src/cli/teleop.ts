import type { Command } from 'commander';
import { MonotonicClock } from '../core/clock.ts';
import { closeAll } from '../core/close-all.ts';
import { loadRobot } from '../robot/load-robot.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { EpisodeRun } from '../runtime/workplace.ts';
import type { WorkRequest } from '../runtime/task-request.ts';
import { addArmOptions, isSceneDriver } from './arm-options.ts';
import type { ArmOptions } from './arm-options.ts';
import { countOf } from './count-of.ts';
import { addDashboardOptions } from './dashboard/live-dashboard.ts';
import type { DashboardFlags } from './dashboard/live-dashboard.ts';
import { openSessionDashboard } from './dashboard/session-dashboard.ts';
import type { SessionDashboard } from './dashboard/session-dashboard.ts';
import { driveDesk } from './dashboard/session-desks.ts';
import { Interruption } from './interruption.ts';
import { LiveDisplay } from './live-display.ts';
import { wholeNumber } from './option-values.ts';
import type { PageJog } from '../teleop/page/page-jog.ts';
import { addPersonOptions, openPage, openPerson } from './person.ts';
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
  armature teleop --robot so101 --teleop page
                               from a browser, phone or tablet; its address stands on stderr
  armature teleop --robot so101 --teleop keyboard --dashboard
  armature teleop --robot so101 --teleop keyboard --policy desk --task "lift the blue cube"
                               the policy acts until somebody takes over

Keys beside those that drive: right arrow a new scene, space pause, Escape end. docs/teleoperation.md has all of them.`;

interface TeleopOptions extends ArmOptions, DashboardFlags {
  readonly teleop: string;
  readonly policy?: string;
  readonly task: string;
  readonly scene?: string;
  readonly seed: number;
  readonly json?: boolean;
}

export function addTeleop(program: Command): void {
  const command = program.command('teleop').description('Drive an arm by hand, through the gate');
  addDashboardOptions(addPersonOptions(addArmOptions(command)), 'show it in a browser; --teleop page does so by itself')
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
  const page = openPage(options.teleop);
  const person = await openPerson({ robot, teleop: options.teleop, policy: options.policy, page });
  const interruption = new Interruption();
  let runs: readonly EpisodeRun[] = [];
  let connection: Place['connection'];
  try {
    const place = await openPlace(options, { robot, request });
    const { signal } = interruption;
    ({ connection } = place);
    const isEndless = !isSceneDriver(options.driver);
    const drive = new Drive({ robot, person, place, request, isEndless, signal });
    runs = drive.runs;
    try {
      await drive.show(options, page);
      await drive.run(options.seed);
      await place.end(signal);
    } finally {
      await closeAll([() => drive.close(), () => place.close()]);
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
  #dashboard: SessionDashboard | undefined;
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
    const end = (): void => {
      if (this.#dashboard?.begin() !== true) this.#end();
    };
    this.#unlisten = listenForSession(person.keys, {
      onEnd: end,
      onAgain: end,
      onPause: () => undefined,
      onStop: () => this.#leave(),
      onConsent: () => showConsent(options.place, (line) => this.#terminal.line(line)),
    });
  }

  /** Opens the dashboard, if one is wanted. Throws as openSessionDashboard. */
  async show(options: TeleopOptions, page: PageJog | undefined): Promise<void> {
    const { robot, person, isEndless } = this.#options;
    this.#dashboard = await openSessionDashboard(options, {
      robot,
      driver: options.driver,
      teleop: options.teleop,
      policy: options.policy,
      person,
      page,
      asksFirst: false,
      isAskedAtTerminal: isEndless && options.yes !== true,
      desk: (turn) => driveDesk({ turn, hasScenes: !isEndless, end: () => this.#end(), leave: () => this.#leave() }),
    });
  }

  /** Throws what the arm and the agent throw. */
  async run(firstSeed: number): Promise<void> {
    for (let seed = firstSeed; await this.#mayBegin(); seed += 1) {
      const { result } = await this.#scene(seed);
      if (result.agentFailure !== undefined) throw result.agentFailure;
      // An operator has to look at the arm before it moves again.
      if (result.outcome === 'protective-stop' && this.#dashboard?.outlivesStops !== true) return;
    }
  }

  async close(): Promise<void> {
    this.#unlisten();
    if (this.#terminal.interactive) this.#terminal.finish([]);
    await this.#dashboard?.close();
  }

  async #mayBegin(): Promise<boolean> {
    const { person, place, signal } = this.#options;
    const hasEnded = (): boolean => this.#isStopping || signal.aborted;
    if (hasEnded() || (await this.#dashboard?.mayBegin(signal)) === false) return false;
    return (await place.isReady(person.keys, signal)) && !hasEnded();
  }

  async #scene(seed: number): Promise<EpisodeRun> {
    const { person, place, request, isEndless, signal } = this.#options;
    const watching = [this.#terminal.interactive ? this.#display : undefined, this.#dashboard?.listener];
    this.#isOver = false;
    const run = await place.workplace.run({
      seed,
      mode: 'live',
      judged: false,
      keepsPose: isEndless,
      timeLimitS: Infinity,
      agent: person.agent,
      isOver: () => this.#isOver,
      listeners: watching.filter((listener) => listener !== undefined),
      ...(this.#dashboard?.beginEpisode(signal) ?? { signal }),
      ...(request.instruction === undefined ? {} : { instruction: request.instruction }),
    });
    this.runs.push(run);
    this.#display.endEpisode(run.result);
    this.#dashboard?.endEpisode(run.result);
    return run;
  }

  #end(): void {
    this.#isOver = !this.#options.isEndless;
  }

  #leave(): void {
    this.#isOver = this.#isStopping = true;
    this.#dashboard?.leave();
  }
}
