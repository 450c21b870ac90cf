import { setTimeout } from 'node:timers/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import { pageDirectory } from '../../core/data-directory.ts';
import { ArmatureError } from '../../core/errors.ts';
import { MonotonicClock } from '../../core/clock.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { ClearanceWatch } from '../../runtime/clearance-watch.ts';
import type { EpisodeControl } from '../../runtime/episode-control.ts';
import type { StepListener } from '../../runtime/step-listener.ts';
import { TokenStripReader } from '../../runtime/token-strip.ts';
import { DashboardServer } from '../../serve/dashboard-server.ts';
import type { DashboardActions } from '../../serve/dashboard-server.ts';
import type { FrameMessage } from '../../serve/messages.ts';
import { Telemetry } from '../../serve/telemetry.ts';
import { exampleInstructions } from '../../sim/instruction.ts';
import { listTasks, loadTask } from '../../sim/load-task.ts';
import { readGeometry, readThings } from '../../sim/scene-geometry.ts';
import { World } from '../../sim/world.ts';
import type { StepLayout } from '../../tokens/layout.ts';
import { encodeText } from '../../tokens/text.ts';
import { requestOf } from '../place.ts';
import type { RunJob } from '../run-episodes.ts';
import { THIS_COMPUTER, addressText } from './addresses.ts';
import { helloOf } from './hello.ts';
import { listenAddress } from './listen-address.ts';
import type { ListenAddress } from './listen-address.ts';
import { PageControl } from './page-control.ts';
import type { PageControlOptions } from './page-control.ts';

export interface DashboardFlags {
  readonly dashboard?: boolean;
  readonly listen?: ListenAddress;
}

/** The options of every verb that shows itself in a browser. */
export function addDashboardOptions(
  command: Command,
  words = 'show it in a browser, in real time; stays until Ctrl-C',
): Command {
  const listen = new Option(
    '--listen <address>',
    'where the dashboard listens, as in 0.0.0.0:8080; default: this computer alone',
  );
  // Whoever says where it listens wants it.
  return command.option('--dashboard', words).addOption(listen.argParser(listenAddress).implies({ dashboard: true }));
}

/** How often it is looked whether a page is open, ms. */
const LOOK_MS = 200;

/** Whose episodes are shown. */
export interface LiveSubject {
  readonly robot: RobotSpec;
  readonly driver: string;
  /** Who drives. */
  readonly agent: string;
  /** Of the tokens of its policy; undefined where there are none. */
  readonly layout: StepLayout | undefined;
  /** How a person works the arm from the page; default: not at all. */
  readonly control?: Pick<PageControlOptions, 'jog' | 'person' | 'session'>;
  /** Somebody there stopped the arm. */
  readonly onStop?: () => void;
  /** The operator there left a latched stop. */
  readonly onReset?: () => void;
}

/** Opens the dashboard and says on stderr where it is; undefined where none is wanted. Throws as DashboardServer.open. */
export async function openLiveDashboard(
  flags: DashboardFlags,
  subject: LiveSubject,
): Promise<LiveDashboard | undefined> {
  if (flags.dashboard !== true) return undefined;
  const dashboard = await LiveDashboard.open(flags.listen ?? THIS_COMPUTER, subject);
  process.stderr.write(`${dashboard.text}\n`);
  return dashboard;
}

/** Live episodes in the browser, of a policy or of a person: what happens, and what people there may do about it. */
export class LiveDashboard {
  readonly #subject: LiveSubject;
  readonly #address: string;
  readonly #watch: ClearanceWatch | undefined;
  readonly #telemetry: Telemetry;
  #server: DashboardServer | undefined;
  #control: EpisodeControl | undefined;
  #episode: AbortController | undefined;
  #begin: ((job: RunJob) => void) | undefined;
  #speedShare = 1;
  #seed = 0;
  /** Somebody stopped the arm there: what was planned does not go on by itself. */
  #isHeld = false;
  #isLatched = false;

  private constructor(address: string, subject: LiveSubject, watch: ClearanceWatch | undefined) {
    this.#subject = subject;
    this.#address = address;
    this.#watch = watch;
    const reader = subject.layout === undefined ? undefined : new TokenStripReader(subject.layout);
    this.#telemetry = new Telemetry({
      robot: subject.robot,
      strip: (observation, decision) => reader?.read(observation, decision),
      things: () => (this.#control?.world === undefined ? [] : readThings(this.#control.world)),
      clearances: (measuredRad) => watch?.nearest(measuredRad, this.#control?.world) ?? [],
    });
  }

  static async open({ address, port }: ListenAddress, subject: LiveSubject): Promise<LiveDashboard> {
    const dashboard = new LiveDashboard(address, subject, await ClearanceWatch.load(subject.robot));
    try {
      dashboard.#server = await DashboardServer.open({
        pageDirectory: pageDirectory(),
        address,
        port,
        hello: helloOf(subject.robot, { ...subject, suggestions: suggestedWords() }),
        actions: dashboard.#actions(),
        frame: () => dashboard.#frame(),
        control: dashboard.#pageControl(),
        pictures: () => dashboard.#telemetry.pictures,
      });
      if (subject.robot.drivers.sim !== undefined) await dashboard.#showArmAlone();
      return dashboard;
    } catch (error) {
      // A server that goes on would keep the process.
      await dashboard.close();
      throw error;
    }
  }

  get listener(): StepListener {
    return this.#telemetry;
  }

  /** Where the page is, and what that means. */
  get text(): string {
    return addressText(this.#address, this.#server ?? {});
  }

  /** Where the operator's page is. */
  get operatorUrl(): string {
    return this.#server?.operatorUrl ?? '';
  }

  /** Waits until somebody looks. */
  async untilSeen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (this.#server?.viewers.count ?? 1) === 0) await setTimeout(LOOK_MS);
  }

  /** The next episode: the one that was planned, or else what the operator begins. Undefined once the run is aborted. */
  next(planned: RunJob | undefined, signal: AbortSignal): Promise<RunJob | undefined> {
    if (planned !== undefined) this.#seed = planned.seed;
    if (planned !== undefined && !this.#isHeld) return Promise.resolve(planned);
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const settle = (job: RunJob | undefined): void => {
        this.#begin = undefined;
        signal.removeEventListener('abort', leave);
        resolve(job);
      };
      const leave = (): void => settle(undefined);
      signal.addEventListener('abort', leave, { once: true });
      this.#begin = settle;
    });
  }

  /** An episode begins: what ends it, and who is told how to control it. */
  beginEpisode(run: AbortSignal): {
    readonly signal: AbortSignal;
    readonly onControl: (control: EpisodeControl) => void;
  } {
    this.#isHeld = false;
    this.#isLatched = false;
    this.#episode = new AbortController();
    this.#telemetry.beginEpisode();
    return { signal: AbortSignal.any([run, this.#episode.signal]), onControl: (control) => this.#take(control) };
  }

  endEpisode(summary: { readonly outcome: string; readonly success: boolean }): void {
    this.#episode = undefined;
    this.#isLatched = summary.outcome === 'protective-stop';
    this.#telemetry.endEpisode(summary);
  }

  /** The arm and the scene of the last episode are about to go. */
  leaveEpisode(): void {
    this.#watch?.leaveWorld();
    this.#control = undefined;
  }

  async close(): Promise<void> {
    await this.#server?.close();
    this.#watch?.dispose();
  }

  async #showArmAlone(): Promise<void> {
    const world = await World.loadArm(this.#subject.robot);
    this.#server?.setScene(readGeometry(world));
    world.dispose();
  }

  #take(control: EpisodeControl): void {
    this.#control = control;
    if (control.world !== undefined) this.#server?.setScene(readGeometry(control.world));
    if (this.#speedShare < 1) control.slowDown(this.#speedShare);
  }

  /** A gate that is reset after an episode is shown as it is now. */
  #frame(): FrameMessage | undefined {
    const frame = this.#telemetry.frame();
    const state = this.#control?.state;
    if (frame === undefined || state === undefined || this.#episode !== undefined) return frame;
    return { ...frame, gate: { ...frame.gate, state } };
  }

  #pageControl(): PageControl {
    return new PageControl({
      ...this.#subject.control,
      clock: new MonotonicClock(),
      isLatched: () => this.#isLatched,
      reset: () => (this.#control?.reset === undefined ? undefined : () => this.#reset()),
    });
  }

  #reset(): string {
    this.#control?.reset?.();
    this.#isLatched = false;
    this.#subject.onReset?.();
    return 'The stop is reset. The next episode arms the arm again.';
  }

  #actions(): DashboardActions {
    return {
      stop: () => {
        this.#isHeld = true;
        this.#control?.stop();
        this.#episode?.abort();
        this.#subject.onStop?.();
      },
      slowDown: (share) => {
        if (share > this.#speedShare) throw notSlower(this.#speedShare);
        this.#setSpeed(share);
        this.#control?.slowDown(share);
      },
      speedUp: (share) => {
        this.#setSpeed(share);
        this.#control?.speedUp(share);
      },
      instruct: (text) => {
        if (this.#subject.control !== undefined) throw isDriven();
        if (this.#episode === undefined) throw noEpisode('no episode is going on', 'Begin one.');
        this.#requireReadable(text);
        this.#control?.instruct(text);
      },
      begin: (text) => {
        if (this.#subject.control !== undefined) throw isDriven();
        if (this.#begin === undefined)
          throw noEpisode('an episode is going on', 'Stop it first, or give it other words.');
        this.#requireReadable(text);
        const request = requestOf({ driver: this.#subject.driver, task: text });
        this.#seed += 1;
        this.#begin({ request, seed: this.#seed });
      },
    };
  }

  /** Throws what encodeText throws. What a server can read, only the server knows. */
  #requireReadable(instruction: string): void {
    const { layout } = this.#subject;
    if (layout !== undefined) encodeText(layout, instruction);
  }

  #setSpeed(share: number): void {
    this.#speedShare = share;
    this.#telemetry.speedShare = share;
  }
}

function suggestedWords(): string[] {
  return exampleInstructions(listTasks().map((name) => loadTask(name)));
}

function noEpisode(problem: string, remedy: string): ArmatureError {
  return new ArmatureError('E_DASHBOARD_EPISODE', problem, { remedy });
}

function isDriven(): ArmatureError {
  return noEpisode('a person drives here, and no words do', 'Give them to armature run with --dashboard.');
}

function notSlower(share: number): ArmatureError {
  return new ArmatureError('E_OPERATOR_TOKEN', 'only the operator lets the arm go faster', {
    expected: `at most ${Math.round(100 * share)} %`,
    remedy: "Open the operator's address, which the terminal shows.",
  });
}
