import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { EpisodeControl } from '../../runtime/episode-control.ts';
import type { EpisodeResult } from '../../runtime/episode-result.ts';
import type { StepListener } from '../../runtime/step-listener.ts';
import { loadPolicy } from '../../policy/load-policy.ts';
import { isRemotePolicy } from '../../remote/load-remote-policy.ts';
import type { PageJog } from '../../teleop/page/page-jog.ts';
import type { StepLayout } from '../../tokens/layout.ts';
import { isSceneDriver } from '../arm-options.ts';
import type { Person } from '../person.ts';
import { EpisodeTurn } from './episode-turn.ts';
import type { SessionDesk } from './page-control.ts';
import { openLiveDashboard } from './live-dashboard.ts';
import type { DashboardFlags, LiveDashboard } from './live-dashboard.ts';

export interface SessionDashboardOptions {
  readonly robot: RobotSpec;
  readonly driver: string;
  /** Words of `--teleop`. */
  readonly teleop: string;
  readonly policy?: string | undefined;
  readonly person: Person;
  /** The page that moves the arm; undefined: something else does. */
  readonly page: PageJog | undefined;
  /** Whether every episode in a scene waits until somebody begins it. */
  readonly asksFirst: boolean;
  /** Whether the terminal asks before every episode, as it does with a real arm. */
  readonly isAskedAtTerminal: boolean;
  /** Made with whose turn it is. */
  readonly desk: (turn: EpisodeTurn) => SessionDesk;
}

/** The dashboard of a person who drives; undefined where none is wanted. Throws as openLiveDashboard. */
export async function openSessionDashboard(
  flags: DashboardFlags,
  options: SessionDashboardOptions,
): Promise<SessionDashboard | undefined> {
  const { robot, driver, teleop, policy, person, page, desk } = options;
  const isScene = isSceneDriver(driver);
  const turn = new EpisodeTurn({ asksFirst: options.asksFirst && isScene, isForPages: isScene });
  const dashboard = await openLiveDashboard(
    { ...flags, dashboard: flags.dashboard === true || page !== undefined },
    {
      robot,
      driver,
      agent: policy === undefined ? teleop : `${policy}, and ${teleop} taking over`,
      layout: layoutOf(policy),
      control: { jog: page, person: () => person.status(), session: desk(turn) },
      onStop: () => turn.hold(),
      onReset: () => turn.reset(),
    },
  );
  return dashboard && new SessionDashboard(dashboard, turn, options.isAskedAtTerminal);
}

/** A person's session in the browser: when an episode begins, and what is shown of it. */
export class SessionDashboard {
  readonly #dashboard: LiveDashboard;
  readonly #turn: EpisodeTurn;
  readonly #isAskedAtTerminal: boolean;

  constructor(dashboard: LiveDashboard, turn: EpisodeTurn, isAskedAtTerminal: boolean) {
    this.#dashboard = dashboard;
    this.#turn = turn;
    this.#isAskedAtTerminal = isAskedAtTerminal;
  }

  get listener(): StepListener {
    return this.#dashboard.listener;
  }

  /** Whether the session goes on after a latched stop: of a simulated arm the operator resets it on the page. */
  get outlivesStops(): boolean {
    return this.#turn.isForPages;
  }

  /** Whether the next episode may begin; asked before the terminal is, which has the last word on a real arm. */
  mayBegin(signal: AbortSignal): Promise<boolean> {
    if (this.#isAskedAtTerminal) this.#turn.skip();
    return this.#turn.until(signal);
  }

  /** What the key does that otherwise ends an episode; false while one goes on. After a latched stop it does nothing. */
  begin(): boolean {
    const { isWaiting, isLatched } = this.#turn;
    if (isWaiting && !isLatched) this.#turn.begin();
    return isWaiting;
  }

  /** No further episode begins. */
  leave(): void {
    this.#turn.leave();
  }

  beginEpisode(run: AbortSignal): {
    readonly signal: AbortSignal;
    readonly onControl: (control: EpisodeControl) => void;
  } {
    this.#turn.isUnderWay = true;
    return this.#dashboard.beginEpisode(run);
  }

  endEpisode(result: EpisodeResult): void {
    this.#turn.isUnderWay = false;
    if (result.outcome === 'protective-stop') this.#turn.latch();
    this.#dashboard.endEpisode(result);
  }

  async close(): Promise<void> {
    this.#dashboard.leaveEpisode();
    await this.#dashboard.close();
  }
}

/** What a policy on a server does with words and pictures, only the server knows. */
function layoutOf(policy: string | undefined): StepLayout | undefined {
  return policy === undefined || isRemotePolicy(policy) ? undefined : loadPolicy(policy).layout;
}
