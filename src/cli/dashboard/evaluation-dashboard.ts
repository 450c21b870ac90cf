import { pageDirectory } from '../../core/data-directory.ts';
import { ArmatureError } from '../../core/errors.ts';
import { summariseTask } from '../../runtime/evaluation.ts';
import type { EpisodeSight } from '../../runtime/episode-sight.ts';
import type { EvaluationOptions, EvaluationOutcome } from '../../runtime/evaluation.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { EvaluationReport } from '../../serve/control-messages.ts';
import { DashboardServer } from '../../serve/dashboard-server.ts';
import type { DashboardActions } from '../../serve/dashboard-server.ts';
import type { StepLayout } from '../../tokens/layout.ts';
import { failuresText } from '../evaluation-text.ts';
import { THIS_COMPUTER, addressText } from './addresses.ts';
import { helloOf } from './hello.ts';
import { SeenEpisode } from './seen-episode.ts';
import { Interruption } from '../interruption.ts';
import type { ListenAddress } from './listen-address.ts';

export interface EvaluationDashboardOptions {
  readonly robot: RobotSpec;
  readonly policy: string;
  /** Of its tokens. */
  readonly layout: StepLayout;
  /** False where nothing is rendered: the expert does not look. */
  readonly hasCameras: boolean;
  /** Who acts, and under which conditions; in words. */
  readonly title: string;
  readonly tasks: readonly string[];
  /** Per task. */
  readonly episodes: number;
  readonly workers: number;
  /** Since the beginning, s. */
  readonly elapsedS: () => number;
}

/** Episodes that the page lists. */
const NEWEST = 12;

/** An evaluation while it goes on: a table that fills up, and the episode under way of one worker as often as a page can show it. */
export class EvaluationDashboard {
  readonly #server: DashboardServer;
  readonly #options: EvaluationDashboardOptions;
  readonly #seen: SeenEpisode;
  readonly #outcomes: EvaluationOutcome[] = [];

  private constructor(server: DashboardServer, options: EvaluationDashboardOptions, seen: SeenEpisode) {
    this.#server = server;
    this.#options = options;
    this.#seen = seen;
  }

  /** Opens it and says on stderr where it is. Throws as DashboardServer.open and SeenEpisode.load. */
  static async open(
    listen: ListenAddress | undefined,
    options: EvaluationDashboardOptions,
  ): Promise<EvaluationDashboard> {
    const { address, port } = listen ?? THIS_COMPUTER;
    const { robot, policy, layout, hasCameras } = options;
    const hello = helloOf(robot, { driver: 'sim', agent: policy, suggestions: [] });
    const seen = await SeenEpisode.load(robot, layout);
    const server = await DashboardServer.open({
      pageDirectory: pageDirectory(),
      address,
      port,
      hello: hasCameras ? hello : { ...hello, cameras: [] },
      actions: NOTHING_MOVES,
      frame: () => seen.frame(),
      pictures: () => seen.pictures,
    });
    process.stderr.write(`${addressText(address, server)}\n`);
    const shown = new EvaluationDashboard(server, options, seen);
    shown.#show();
    return shown;
  }

  add(outcome: EvaluationOutcome): void {
    this.#outcomes.push(outcome);
    this.#show();
  }

  /** For `evaluate`: what pages see of the episodes. */
  get onlooker(): NonNullable<EvaluationOptions['onlooker']> {
    return { request: this.#seen.request, onSight: (sight) => this.#see(sight) };
  }

  /** It stays to be looked at until Ctrl-C. */
  async untilLeft(): Promise<void> {
    const interruption = new Interruption();
    process.stderr.write('The dashboard stays until Ctrl-C.\n');
    await interruption.interrupted;
    interruption.close();
  }

  async close(): Promise<void> {
    await this.#server.close();
    this.#seen.dispose();
  }

  #see(sight: EpisodeSight): void {
    if (sight.scene !== undefined) this.#server.setScene(sight.scene);
    if (this.#seen.take(sight)) this.#show();
  }

  #show(): void {
    const { title, tasks, episodes, workers, elapsedS } = this.#options;
    this.#server.showEvaluation({
      kind: 'evaluation',
      title,
      done: this.#outcomes.length,
      total: tasks.length * episodes,
      elapsedS: elapsedS(),
      workers,
      seen: this.#seen.which,
      tasks: tasks.map((task) => this.#row(task)),
      episodes: this.#outcomes
        .slice(-NEWEST)
        .toReversed()
        .map(({ task, seed, instruction, success, phase = '', durationS }) => ({
          task,
          seed,
          instruction,
          success,
          phase,
          durationS,
        })),
    });
  }

  #row(task: string): EvaluationReport['tasks'][number] {
    const outcomes = this.#outcomes.filter((outcome) => outcome.task === task);
    const { episodes: done, successes, ci95, wrongObjects, failures } = summariseTask(task, outcomes);
    return {
      task,
      done,
      total: this.#options.episodes,
      successes,
      ci95: done === 0 ? null : [...ci95],
      wrongObjects,
      failures: done === 0 ? '' : failuresText(failures),
    };
  }
}

const nothingMoves = (): never => {
  throw new ArmatureError('E_DASHBOARD_EPISODE', 'nothing moves here: an evaluation is simulated, and only looked at', {
    remedy: 'End it with Ctrl-C at the terminal.',
  });
};

const NOTHING_MOVES: DashboardActions = {
  stop: nothingMoves,
  slowDown: nothingMoves,
  speedUp: nothingMoves,
  instruct: nothingMoves,
  begin: nothingMoves,
};
