import type { Command } from 'commander';
import { MonotonicClock } from '../core/clock.ts';
import { recordDemonstrations } from '../runtime/demonstrations.ts';
import { countOf } from './count-of.ts';
import { defaultWorkers, numberBetween, taskNames, wholeNumber } from './option-values.ts';
import { formatProgress } from './progress.ts';
import { Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  armature demos --robot so101 --task all --episodes 200 --seed 0 --out data/desk
  armature demos --robot so101 --task reach,lift --episodes 50 --perturbed 0 --out data/clean
  armature demos --robot so101 --task all --episodes 40 --seed 9000 --policy models/desk --out data/dagger
                               DAgger: the policy acts, what the expert would have done is recorded`;

interface DemosOptions {
  readonly robot: string;
  readonly task: string;
  readonly episodes: number;
  readonly seed: number;
  readonly out: string;
  readonly workers: number;
  readonly perturbed: number;
  readonly policy?: string;
  readonly policyShare: number;
  readonly extreme?: boolean;
  readonly json?: boolean;
}

export function addDemos(program: Command): void {
  program
    .command('demos')
    .description('Record demonstrations of scripted experts in simulation as a LeRobotDataset v3.0')
    .requiredOption('--robot <name>', 'robot, by name or folder')
    .option('--task <names>', 'tasks separated by commas, or all', 'all')
    .option('--episodes <count>', 'episodes per task', wholeNumber(1), 100)
    .option(
      '--seed <number>',
      'seed of the first episode of each task; the next have the next seeds',
      wholeNumber(0),
      0,
    )
    .requiredOption('--out <folder>', 'where the dataset goes; it must not hold one yet')
    .option('--workers <count>', 'worker threads', wholeNumber(1), defaultWorkers)
    .option('--perturbed <share>', 'share of episodes with disturbances executed', numberBetween(0, 1), 0.75)
    .option('--policy <folder>', 'let this policy act while the expert labels (DAgger)')
    .option('--policy-share <share>', 'share of the time that policy acts', numberBetween(0, 1), 0.8)
    .option('--extreme', 'draw light, colours and camera mounts from the outer part of their ranges, all at once')
    .option('--json', 'print a JSON summary')
    .addHelpText('after', EXAMPLES)
    .action(demos);
}

async function demos(options: DemosOptions): Promise<void> {
  const clock = new MonotonicClock();
  const terminal = new Terminal(process.stderr, () => clock.nowNs());
  const startNs = clock.nowNs();
  let successes = 0;
  const line = (done: number, total: number): string =>
    formatProgress({
      label: 'recording',
      done,
      total,
      elapsedNs: clock.nowNs() - startNs,
      note: `${successes} of ${done} succeeded`,
    });
  const summary = await recordDemonstrations({
    robot: options.robot,
    tasks: taskNames(options.task),
    episodes: options.episodes,
    seed: options.seed,
    directory: options.out,
    workers: options.workers,
    perturbedShare: options.perturbed,
    policyShare: options.policyShare,
    extreme: options.extreme ?? false,
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    onEpisode: (result, done, total) => {
      successes += result.success ? 1 : 0;
      terminal.update(() => [line(done, total)]);
    },
  });
  terminal.finish([line(summary.episodes, summary.episodes)]);
  if (options.json) console.log(JSON.stringify(summary));
  else console.log(`${countOf(summary.episodes, 'episode')}, ${countOf(summary.frames, 'frame')} in ${options.out}`);
}
