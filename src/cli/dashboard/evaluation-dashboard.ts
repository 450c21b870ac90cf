import { pageDirectory } from '../../core/data-directory.ts';
import { ArmatureError } from '../../core/errors.ts';
import { summariseTask } from '../../runtime/evaluation.ts';
import type { EvaluationOutcome } from '../../runtime/evaluation.ts';
import type { EvaluationReport } from '../../serve/control-messages.ts';
import { DashboardServer } from '../../serve/dashboard-server.ts';
import type { DashboardActions } from '../../serve/dashboard-server.ts';
import { failuresText } from '../evaluation-text.ts';
import { THIS_COMPUTER, addressText } from './addresses.ts';
import { Interruption } from '../interruption.ts';
import type { ListenAddress } from './listen-address.ts';

export interface EvaluationDashboardOptions {
  readonly policy: string;
  readonly suite: string;
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

/** A table of an evaluation that fills up while it goes on. The workers do not know of it. */
export class EvaluationDashboard {
  readonly #server: DashboardServer;
  readonly #options: EvaluationDashboardOptions;
  readonly #outcomes: EvaluationOutcome[] = [];

  private constructor(server: DashboardServer, options: EvaluationDashboardOptions) {
    this.#server = server;
    this.#options = options;
  }

  /** Opens it and says on stderr where it is. Throws as DashboardServer.open. */
  static async open(
    listen: ListenAddress | undefined,
    options: EvaluationDashboardOptions,
  ): Promise<EvaluationDashboard> {
    const { address, port } = listen ?? THIS_COMPUTER;
    const hello = { robot: options.suite, driver: 'sim', agent: options.policy, joints: [], cameras: [] };
    const server = await DashboardServer.open({
      pageDirectory: pageDirectory(),
      address,
      port,
      hello: { ...hello, hottestC: null, suggestions: [] },
      actions: NOTHING_MOVES,
      frame: () => undefined,
      pictures: () => [],
    });
    process.stderr.write(`${addressText(address, server)}\n`);
    const shown = new EvaluationDashboard(server, options);
    shown.#show();
    return shown;
  }

  add(outcome: EvaluationOutcome): void {
    this.#outcomes.push(outcome);
    this.#show();
  }

  /** It stays to be looked at until Ctrl-C. */
  async untilLeft(): Promise<void> {
    const interruption = new Interruption();
    process.stderr.write('The dashboard stays until Ctrl-C.\n');
    await interruption.interrupted;
    interruption.close();
  }

  close(): Promise<void> {
    return this.#server.close();
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
