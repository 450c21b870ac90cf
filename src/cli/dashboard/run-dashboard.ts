import type { Command } from 'commander';
import { pageDirectory } from '../../core/data-directory.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { EpisodeControl } from '../../runtime/episode-control.ts';
import type { SessionPlan } from '../../runtime/policy-session.ts';
import type { StepListener } from '../../runtime/step-listener.ts';
import { TokenStripReader } from '../../runtime/token-strip.ts';
import { isLoopback } from '../../serve/access.ts';
import { DashboardServer } from '../../serve/dashboard-server.ts';
import type { DashboardActions } from '../../serve/dashboard-server.ts';
import { Telemetry } from '../../serve/telemetry.ts';
import { exampleInstructions } from '../../sim/instruction.ts';
import { listTasks, loadTask } from '../../sim/load-task.ts';
import { readGeometry, readThings } from '../../sim/scene-geometry.ts';
import { World } from '../../sim/world.ts';
import { encodeText } from '../../tokens/text.ts';
import { requestOf } from '../place.ts';
import type { RunJob } from '../run-episodes.ts';
import { listenAddress } from './listen-address.ts';
import type { ListenAddress } from './listen-address.ts';

export interface DashboardFlags {
  readonly dashboard?: boolean;
  readonly listen?: ListenAddress;
}

/** The options of every verb that shows itself in a browser. */
export function addDashboardOptions(command: Command): Command {
  return command
    .option('--dashboard', 'show it in a browser, in real time; stays until Ctrl-C')
    .option(
      '--listen <address>',
      'where the dashboard listens, as in 0.0.0.0:8080; default: this computer alone',
      listenAddress,
    );
}

const THIS_COMPUTER: ListenAddress = { address: '127.0.0.1', port: 0 };

/** Opens the dashboard of a run and says on stderr where it is; undefined where none is wanted. Throws as DashboardServer.open. */
export async function openRunDashboard(flags: DashboardFlags, plan: SessionPlan): Promise<RunDashboard | undefined> {
  if (flags.dashboard !== true) return undefined;
  const dashboard = await RunDashboard.open(flags.listen ?? THIS_COMPUTER, plan);
  process.stderr.write(`${dashboard.text}\n`);
  return dashboard;
}

/** A run in the browser: what happens, and what people there may do about it. */
export class RunDashboard {
  readonly #plan: SessionPlan;
  readonly #address: string;
  readonly #telemetry: Telemetry;
  #server: DashboardServer | undefined;
  #control: EpisodeControl | undefined;
  #episode: AbortController | undefined;
  #begin: ((job: RunJob) => void) | undefined;
  #speedShare = 1;
  #seed = 0;
  /** Somebody stopped the arm there: what was planned does not go on by itself. */
  #isHeld = false;

  private constructor(address: string, plan: SessionPlan) {
    this.#plan = plan;
    this.#address = address;
    const reader = plan.loaded === undefined ? undefined : new TokenStripReader(plan.loaded.layout);
    this.#telemetry = new Telemetry({
      robot: plan.robot,
      strip: (observation, decision) => reader?.read(observation, decision),
      things: () => (this.#control?.world === undefined ? [] : readThings(this.#control.world)),
    });
  }

  static async open({ address, port }: ListenAddress, plan: SessionPlan): Promise<RunDashboard> {
    const dashboard = new RunDashboard(address, plan);
    dashboard.#server = await DashboardServer.open({
      pageDirectory: pageDirectory(),
      address,
      port,
      hello: helloOf(plan),
      actions: dashboard.#actions(),
      frame: () => dashboard.#telemetry.frame(),
      pictures: () => dashboard.#telemetry.pictures,
    });
    if (plan.robot.drivers.sim !== undefined) await dashboard.#showArmAlone();
    return dashboard;
  }

  get listener(): StepListener {
    return this.#telemetry;
  }

  /** Where the page is, and what that means. */
  get text(): string {
    const { url = '', operatorUrl = '' } = this.#server ?? {};
    const reach = isLoopback(this.#address)
      ? []
      : [
          `The dashboard listens on ${this.#address}: whoever reaches this computer and has an address below can use it.`,
          'Nothing is encrypted: others on the network can read along, addresses included. Use it on networks you trust.',
        ];
    return [
      ...reach,
      `dashboard  ${operatorUrl}`,
      `to look    ${url}   (may look, stop and slow down, and nothing else)`,
    ].join('\n');
  }

  /** The next episode: the one that was planned, or else what the operator begins. Undefined once the run is aborted. */
  next(planned: RunJob | undefined, signal: AbortSignal): Promise<RunJob | undefined> {
    if (planned !== undefined) this.#seed = planned.seed;
    if (planned !== undefined && !this.#isHeld) return Promise.resolve(planned);
    return new Promise((resolve) => {
      const leave = (): void => resolve(undefined);
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) leave();
      this.#begin = (job) => {
        this.#begin = undefined;
        signal.removeEventListener('abort', leave);
        resolve(job);
      };
    });
  }

  /** An episode begins: what ends it, and who is told how to control it. */
  beginEpisode(run: AbortSignal): {
    readonly signal: AbortSignal;
    readonly onControl: (control: EpisodeControl) => void;
  } {
    this.#isHeld = false;
    this.#episode = new AbortController();
    this.#telemetry.beginEpisode();
    return { signal: AbortSignal.any([run, this.#episode.signal]), onControl: (control) => this.#take(control) };
  }

  endEpisode(summary: { readonly outcome: string; readonly success: boolean }): void {
    this.#episode = undefined;
    this.#telemetry.endEpisode(summary);
  }

  /** The arm and the scene of the last episode are about to go. */
  leaveEpisode(): void {
    this.#control = undefined;
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  async #showArmAlone(): Promise<void> {
    const world = await World.loadArm(this.#plan.robot);
    this.#server?.setScene(readGeometry(world));
    world.dispose();
  }

  #take(control: EpisodeControl): void {
    this.#control = control;
    if (control.world !== undefined) this.#server?.setScene(readGeometry(control.world));
    if (this.#speedShare < 1) control.slowDown(this.#speedShare);
  }

  #actions(): DashboardActions {
    return {
      stop: () => {
        this.#isHeld = true;
        this.#control?.stop();
        this.#episode?.abort();
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
        if (this.#episode === undefined) throw noEpisode('no episode is going on', 'Begin one.');
        this.#requireReadable(text);
        this.#control?.instruct(text);
      },
      begin: (text) => {
        if (this.#begin === undefined)
          throw noEpisode('an episode is going on', 'Stop it first, or give it other words.');
        this.#requireReadable(text);
        const request = requestOf({ driver: this.#plan.driver, task: text });
        this.#seed += 1;
        this.#begin({ request, seed: this.#seed });
      },
    };
  }

  /** Throws what encodeText throws. What a server can read, only the server knows. */
  #requireReadable(instruction: string): void {
    if (this.#plan.loaded !== undefined) encodeText(this.#plan.loaded.layout, instruction);
  }

  #setSpeed(share: number): void {
    this.#speedShare = share;
    this.#telemetry.speedShare = share;
  }
}

function helloOf({ robot, driver, manifest }: SessionPlan): Parameters<typeof DashboardServer.open>[0]['hello'] {
  return {
    robot: robot.name,
    driver,
    agent: manifest.name,
    joints: robot.joints.map(({ name, limits }) => ({
      name,
      lowRad: limits.positionRad[0],
      highRad: limits.positionRad[1],
      velocityRadPerS: limits.velocityRadPerS,
      effortNm: limits.effortNm,
    })),
    cameras: robot.cameras.map(({ name }) => name),
    hottestC: robot.monitors.health?.temperatureC ?? null,
    suggestions: exampleInstructions(listTasks().map((name) => loadTask(name))),
  };
}

function noEpisode(problem: string, remedy: string): ArmatureError {
  return new ArmatureError('E_DASHBOARD_EPISODE', problem, { remedy });
}

function notSlower(share: number): ArmatureError {
  return new ArmatureError('E_OPERATOR_TOKEN', 'only the operator lets the arm go faster', {
    expected: `at most ${Math.round(100 * share)} %`,
    remedy: "Open the operator's address, which the terminal shows.",
  });
}
