import { Option } from 'commander';
import type { Command } from 'commander';
import { MonotonicClock, NS_PER_S } from '../core/clock.ts';
import { evaluate } from '../runtime/evaluation.ts';
import type { EvaluationOptions, EvaluationOutcome } from '../runtime/evaluation.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import { precisions } from '../policy/model-manifest.ts';
import type { Precision } from '../policy/model-manifest.ts';
import { loadRobot } from '../robot/load-robot.ts';
import { loadSuite } from '../sim/load-suite.ts';
import { addDashboardOptions } from './dashboard/live-dashboard.ts';
import type { DashboardFlags } from './dashboard/live-dashboard.ts';
import { EvaluationDashboard } from './dashboard/evaluation-dashboard.ts';
import { conditionsText, evaluationText, galleryOf } from './evaluation-text.ts';
import { defaultWorkers, taskNames, wholeNumber } from './option-values.ts';
import { formatProgress } from './progress.ts';
import { writeGallery } from './report/report-file.ts';
import { Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  armature eval --policy models/desk --suite desk --episodes 100 --seed 500000
  armature eval --policy desk --tasks reach,lift --episodes 20 --seed 500000 --video clips
                                                          films of the failures, to look at in clips/index.html
  armature eval --policy desk --suite desk --shift --paraphrases
                                                          light, colours, camera mounts and wordings that
                                                          were never trained on
  armature eval --policy desk --suite desk --dashboard    the table in a browser, as it fills up,
                                                          beside the episode under way
  armature eval --policy desk --episodes 50 --expert      the ceiling: the scripted expert through the same
                                                          tokens, decoding and gate`;

interface EvalOptions extends DashboardFlags {
  readonly policy: string;
  readonly suite: string;
  readonly tasks?: string;
  readonly episodes: number;
  readonly seed: number;
  readonly workers: number;
  readonly expert?: boolean;
  readonly shift?: boolean;
  readonly paraphrases?: boolean;
  readonly precision?: Precision;
  readonly safetyMask?: boolean;
  readonly video?: string;
  readonly videoAll?: boolean;
  readonly json?: boolean;
}

export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .description('Measure the success of a policy in simulation, with 95 % confidence intervals')
    .requiredOption('--policy <folder>', 'policy, by name or folder')
    .option('--suite <name>', 'tasks that belong together', 'desk')
    .option('--tasks <names>', 'only these tasks, separated by commas')
    .option('--episodes <count>', 'episodes per task', wholeNumber(1), 100)
    .option('--seed <number>', 'seed of the first episode of each task', wholeNumber(0), 500_000)
    .option('--workers <count>', 'worker threads', wholeNumber(1), defaultWorkers)
    .option('--expert', 'let the scripted expert act, through the tokens of the policy')
    .option('--shift', 'light, colours and camera mounts outside the range of training')
    .option('--paraphrases', 'wordings kept apart from training')
    .addOption(new Option('--precision <name>', 'graphs to run; default: the first the policy has').choices(precisions))
    .option('--no-safety-mask', 'let the policy choose what the gate would have to limit, too')
    .option('--video <folder>', 'keep films of the failures there, with a page to look at them')
    .option('--video-all', 'with --video, keep films of successes as well')
    .option('--json', 'print one JSON object');
  addDashboardOptions(command, 'show the table, and an episode under way, in a browser; stays until Ctrl-C')
    .addHelpText('after', EXAMPLES)
    .action(runEval);
}

async function runEval(options: EvalOptions, command: Command): Promise<void> {
  if (options.videoAll === true && options.video === undefined) command.error('error: --video-all needs --video');
  const clock = new MonotonicClock();
  const terminal = new Terminal(process.stderr, () => clock.nowNs());
  const startNs = clock.nowNs();
  const elapsedNs = (): number => clock.nowNs() - startNs;
  const wanted = wantedOf(options);
  const { episodes, tasks, policy, video } = wanted;
  const dashboard = await openDashboard(options, wanted, () => elapsedNs() / NS_PER_S);
  const outcomes: EvaluationOutcome[] = [];
  const line = (done: number, total: number): string => {
    const successes = outcomes.filter(({ success }) => success).length;
    const note = `${successes} of ${done} succeeded`;
    return formatProgress({ label: 'evaluating', done, total, elapsedNs: elapsedNs(), note });
  };
  try {
    const evaluation = await evaluate({
      ...wanted,
      ...(dashboard === undefined ? {} : { onlooker: dashboard.onlooker }),
      onEpisode: (outcome, done, total) => {
        outcomes.push(outcome);
        dashboard?.add(outcome);
        terminal.update(() => [line(done, total)]);
      },
    });
    terminal.finish([line(episodes * tasks.length, episodes * tasks.length)]);
    const page =
      video === undefined ? undefined : await writeGallery(video, galleryOf(evaluation, outcomes, policy), evaluation);
    if (options.json) console.log(JSON.stringify(evaluation));
    else console.log([evaluationText(evaluation), ...(page === undefined ? [] : ['', `films ${page}`])].join('\n'));
    await dashboard?.untilLeft();
  } finally {
    await dashboard?.close();
  }
}

type Wanted = Omit<EvaluationOptions, 'onEpisode' | 'onlooker'>;

function wantedOf(options: EvalOptions): Wanted {
  const { policy, suite, episodes, seed, workers, expert = false, video, precision, safetyMask = true } = options;
  return {
    policy,
    suite,
    tasks: options.tasks === undefined ? loadSuite(suite).tasks : taskNames(options.tasks),
    episodes,
    seed,
    workers,
    expert,
    safetyMask,
    conditions: { shifted: options.shift ?? false, paraphrased: options.paraphrases ?? false },
    ...(precision === undefined ? {} : { precision }),
    ...(video === undefined ? {} : { video, keepSuccesses: options.videoAll ?? false }),
  };
}

/** Undefined where none is wanted. Throws what loadPolicy and DashboardServer.open throw. */
async function openDashboard(
  flags: DashboardFlags,
  { policy: found, tasks, episodes, workers, expert, seed, conditions, precision, video }: Wanted,
  elapsedS: () => number,
): Promise<EvaluationDashboard | undefined> {
  if (flags.dashboard !== true) return undefined;
  const { manifest, layout } = loadPolicy(found);
  const policy = manifest.name;
  const agent = expert === true ? 'expert' : 'policy';
  const title = conditionsText({
    agent,
    policy,
    conditions: { shifted: false, paraphrased: false, ...conditions },
    seed,
    ...(precision === undefined ? {} : { precision }),
  });
  return EvaluationDashboard.open(flags.listen, {
    robot: loadRobot(manifest.robot),
    policy,
    layout,
    hasCameras: expert !== true || video !== undefined,
    title,
    tasks,
    episodes,
    workers,
    elapsedS,
  });
}
