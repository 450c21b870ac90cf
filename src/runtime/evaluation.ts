import { moduleEntry } from '../core/module-worker.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import { loadRobot } from '../robot/load-robot.ts';
import { requireLayoutFitsRobot } from '../tokens/check-layout.ts';
import type { Outcome } from './episode-result.ts';
import { quantile } from './statistics.ts';
import type { Quantiles } from './statistics.ts';
import { wilsonInterval95 } from './success-rate.ts';
import { runInWorkers } from './worker-pool.ts';

/** What every worker needs to know. */
export interface EvaluationSetup {
  readonly robot: string;
  readonly policy: string;
  /** True: the scripted expert acts, through the policy's tokens; its success is the ceiling. */
  readonly expert: boolean;
  /** Folder for one video an episode. */
  readonly video: string | undefined;
}

export interface EvaluationJob {
  readonly task: string;
  readonly seed: number;
}

/** One evaluated episode. */
export interface EvaluationOutcome extends EvaluationJob {
  readonly instruction: string;
  readonly success: boolean;
  readonly outcome: Outcome;
  readonly durationS: number;
  /** Gate ticks. */
  readonly ticks: number;
  /** Time of one decision, tokens to target. */
  readonly tickMs: Quantiles;
}

export interface EvaluationOptions {
  readonly policy: string;
  readonly suite: string;
  readonly tasks: readonly string[];
  /** Per task; episode i has seed + i. */
  readonly episodes: number;
  readonly seed: number;
  readonly workers: number;
  readonly expert?: boolean;
  readonly video?: string;
  readonly onEpisode?: (outcome: EvaluationOutcome, done: number, total: number) => void;
}

export interface TaskEvaluation {
  readonly task: string;
  readonly episodes: number;
  readonly successes: number;
  readonly successRate: number;
  /** 95 % confidence interval of the success rate (Wilson). */
  readonly ci95: readonly [low: number, high: number];
}

export interface Evaluation {
  readonly suite: string;
  readonly policy: string;
  readonly seed: number;
  readonly tasks: readonly TaskEvaluation[];
  readonly meanSuccessRate: number;
  /** Median over episodes of the median, and largest 99th percentile of an episode. */
  readonly tick: { readonly p50Ms: number; readonly p99Ms: number };
}

/**
 * Success of a policy, in lockstep: everything but the tick times is the same at every repetition.
 * Throws what loadPolicy and loadRobot throw, and what an agent threw in an episode.
 */
export async function evaluate(options: EvaluationOptions): Promise<Evaluation> {
  const { policy, suite, seed, expert = false, video } = options;
  const { manifest } = loadPolicy(policy);
  requireLayoutFitsRobot(manifest.tokens, loadRobot(manifest.robot));
  const setup: EvaluationSetup = { robot: manifest.robot, policy, expert, video };
  const jobs: EvaluationJob[] = options.tasks.flatMap((task) =>
    Array.from({ length: options.episodes }, (_, episode) => ({ task, seed: seed + episode })),
  );
  const pool = {
    entry: moduleEntry(import.meta.url, 'evaluation-worker'),
    workers: options.workers,
    workerData: setup,
  };
  const outcomes: EvaluationOutcome[] = [];
  for await (const outcome of runInWorkers<EvaluationJob, EvaluationOutcome>(jobs, pool)) {
    outcomes.push(outcome);
    options.onEpisode?.(outcome, outcomes.length, jobs.length);
  }
  const tasks = options.tasks.map((task) =>
    summarise(
      task,
      outcomes.filter((outcome) => outcome.task === task),
    ),
  );
  return {
    suite,
    policy: manifest.name,
    seed,
    tasks,
    meanSuccessRate: tasks.reduce((sum, task) => sum + task.successRate, 0) / tasks.length,
    tick: {
      p50Ms: quantile(
        outcomes.map(({ tickMs }) => tickMs.p50),
        0.5,
      ),
      p99Ms: quantile(
        outcomes.map(({ tickMs }) => tickMs.p99),
        1,
      ),
    },
  };
}

function summarise(task: string, outcomes: readonly EvaluationOutcome[]): TaskEvaluation {
  const episodes = outcomes.length;
  const successes = outcomes.filter((outcome) => outcome.success).length;
  return { task, episodes, successes, successRate: successes / episodes, ci95: wilsonInterval95(successes, episodes) };
}
