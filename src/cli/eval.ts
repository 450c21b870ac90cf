import type { Command } from 'commander';
import { MonotonicClock } from '../core/clock.ts';
import { evaluate } from '../runtime/evaluation.ts';
import type { Evaluation } from '../runtime/evaluation.ts';
import { loadSuite } from '../sim/load-suite.ts';
import { defaultWorkers, taskNames, wholeNumber } from './option-values.ts';
import { formatProgress } from './progress.ts';
import { formatTable } from './table.ts';
import { Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  armature eval --policy models/desk --suite desk --episodes 100 --seed 500000
  armature eval --policy desk --tasks reach,lift --episodes 20 --seed 500000 --video clips
  armature eval --policy desk --episodes 50 --expert      the ceiling: the scripted expert through the same
                                                          tokens, decoding and gate`;

interface EvalOptions {
  readonly policy: string;
  readonly suite: string;
  readonly tasks?: string;
  readonly episodes: number;
  readonly seed: number;
  readonly workers: number;
  readonly expert?: boolean;
  readonly video?: string;
  readonly json?: boolean;
}

export function addEval(program: Command): void {
  program
    .command('eval')
    .description('Measure the success of a policy in simulation, with 95 % confidence intervals')
    .requiredOption('--policy <folder>', 'policy, by name or folder')
    .option('--suite <name>', 'tasks that belong together', 'desk')
    .option('--tasks <names>', 'only these tasks, separated by commas')
    .option('--episodes <count>', 'episodes per task', wholeNumber(1), 100)
    .option('--seed <number>', 'seed of the first episode of each task', wholeNumber(0), 500_000)
    .option('--workers <count>', 'worker threads', wholeNumber(1), defaultWorkers)
    .option('--expert', 'let the scripted expert act, through the tokens of the policy')
    .option('--video <folder>', 'write a video of every episode there')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(runEval);
}

async function runEval(options: EvalOptions): Promise<void> {
  const clock = new MonotonicClock();
  const terminal = new Terminal(process.stderr, () => clock.nowNs());
  const startNs = clock.nowNs();
  let successes = 0;
  const line = (done: number, total: number): string => {
    const note = `${successes} of ${done} succeeded`;
    return formatProgress({ label: 'evaluating', done, total, elapsedNs: clock.nowNs() - startNs, note });
  };
  const tasks = options.tasks === undefined ? loadSuite(options.suite).tasks : taskNames(options.tasks);
  const { policy, suite, episodes, seed, workers, expert = false, video } = options;
  const evaluation = await evaluate({
    policy,
    suite,
    tasks,
    episodes,
    seed,
    workers,
    expert,
    ...(video === undefined ? {} : { video }),
    onEpisode: (outcome, done, total) => {
      successes += outcome.success ? 1 : 0;
      terminal.update(() => [line(done, total)]);
    },
  });
  terminal.finish([line(episodes * tasks.length, episodes * tasks.length)]);
  console.log(options.json ? JSON.stringify(evaluation) : report(evaluation));
}

function report({ tasks, meanSuccessRate, tick }: Evaluation): string {
  const percent = (rate: number): string => `${(100 * rate).toFixed(1)} %`;
  const table = formatTable(
    ['task', 'success', '95 % interval', 'episodes'],
    tasks.map(({ task, successRate, ci95, successes, episodes }) => [
      task,
      percent(successRate),
      `${percent(ci95[0])} to ${percent(ci95[1])}`,
      `${successes} of ${episodes}`,
    ]),
  );
  const times = `decision ${tick.p50Ms.toFixed(1)} ms median, ${tick.p99Ms.toFixed(1)} ms worst 99th percentile`;
  return `${table}\n\nmean ${percent(meanSuccessRate)}, ${times}`;
}
