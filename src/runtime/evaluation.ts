import { moduleEntry } from '../core/module-worker.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import type { Precision } from '../policy/model-manifest.ts';
import { preferredPrecision } from '../policy/providers.ts';
import { loadRobot } from '../robot/load-robot.ts';
import type { FailurePhase } from '../sim/failure-phase.ts';
import { loadTask } from '../sim/load-task.ts';
import type { TaskConditions } from '../sim/load-task.ts';
import { requireLayoutFitsRobot } from '../tokens/check-layout.ts';
import type { Outcome } from './episode-result.ts';
import type { EpisodeSight } from './episode-sight.ts';
import type { SightRequest } from './sight-request.ts';
import { quantile } from './statistics.ts';
import type { Quantiles } from './statistics.ts';
import { wilsonInterval95 } from './success-rate.ts';
import { runInWorkers } from './worker-pool.ts';

/** What is measured that no demonstration shows. */
type EvaluationConditions = Required<Pick<TaskConditions, 'shifted' | 'paraphrased'>>;

/** What every worker needs to know. */
export interface EvaluationSetup {
  readonly robot: string;
  readonly policy: string;
  /** True: the scripted expert acts, through the policy's tokens; its success is the ceiling. */
  readonly expert: boolean;
  readonly precision: Precision | undefined;
  /** See GatoAgentOptions. */
  readonly safetyMask: boolean;
  readonly conditions: EvaluationConditions;
  /** Where films of failures go; with `successes`, those of all episodes. */
  readonly video: { readonly folder: string; readonly successes: boolean } | undefined;
  /** Of a SightRequest; undefined where nobody can look. */
  readonly sights: SharedArrayBuffer | undefined;
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
  /** Why it failed; absent for a success. */
  readonly phase?: FailurePhase;
  /** A thing was acted upon that the instruction did not name, whatever the outcome. */
  readonly wrongObject: boolean;
  /** File in the folder of videos, if it was kept. */
  readonly clip?: string;
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
  /** Default: the one the policy prefers. */
  readonly precision?: Precision;
  /** See GatoAgentOptions. */
  readonly safetyMask?: boolean;
  /** Default: everything as in training. */
  readonly conditions?: Partial<EvaluationConditions>;
  /** Folder for films of failures, one folder inside for each phase; with keepSuccesses, of all episodes. */
  readonly video?: string;
  readonly keepSuccesses?: boolean;
  readonly onEpisode?: (outcome: EvaluationOutcome, done: number, total: number) => void;
  /** Somebody who may ask for the episode under way of one worker, and gets what was asked for. Changes no result. */
  readonly onlooker?: { readonly request: SightRequest; readonly onSight: (sight: EpisodeSight) => void };
}

export interface TaskEvaluation {
  readonly task: string;
  readonly episodes: number;
  readonly successes: number;
  readonly successRate: number;
  /** 95 % confidence interval of the success rate (Wilson). */
  readonly ci95: readonly [low: number, high: number];
  /** Failures by phase; absent for none. */
  readonly failures: Readonly<Partial<Record<FailurePhase, number>>>;
  /** Episodes in which a thing was acted upon that the instruction did not name, successes included. */
  readonly wrongObjects: number;
  readonly wrongObjectRate: number;
}

export interface Evaluation {
  readonly suite: string;
  /** Name of the policy; `agent` says whether it acted, or the expert through its tokens. */
  readonly policy: string;
  readonly agent: 'policy' | 'expert';
  readonly precision: Precision;
  readonly safetyMask: boolean;
  readonly conditions: EvaluationConditions;
  readonly seed: number;
  readonly tasks: readonly TaskEvaluation[];
  readonly meanSuccessRate: number;
  /** Median over episodes of the median, and largest 99th percentile of an episode. */
  readonly tick: { readonly p50Ms: number; readonly p99Ms: number };
}

/**
 * Success of a policy, in lockstep: everything but the tick times is the same at every repetition.
 * Throws what loadPolicy, loadRobot and loadTask throw, E_NO_SUCH_PRECISION, and what an agent threw in an episode.
 */
export async function evaluate(options: EvaluationOptions): Promise<Evaluation> {
  const { policy, suite, seed, expert = false, safetyMask = true } = options;
  const { manifest } = loadPolicy(policy);
  requireLayoutFitsRobot(manifest.tokens, loadRobot(manifest.robot));
  const conditions = { shifted: false, paraphrased: false, ...options.conditions };
  // Before any worker starts: a task without paraphrases is an error of the call.
  for (const task of options.tasks) loadTask(task, conditions);
  const precision = options.precision ?? preferredPrecision(manifest, 'cpu') ?? 'int8';
  const video =
    options.video === undefined ? undefined : { folder: options.video, successes: options.keepSuccesses ?? false };
  const { onlooker } = options;
  const setup: EvaluationSetup = {
    robot: manifest.robot,
    policy,
    expert,
    precision,
    safetyMask,
    conditions,
    video,
    sights: onlooker?.request.shared,
  };
  const jobs: EvaluationJob[] = options.tasks.flatMap((task) =>
    Array.from({ length: options.episodes }, (_, episode) => ({ task, seed: seed + episode })),
  );
  const pool = {
    entry: moduleEntry(import.meta.url, 'evaluation-worker'),
    workers: options.workers,
    workerData: setup,
    onNews: (sight: EpisodeSight) => onlooker?.onSight(sight),
  };
  const outcomes: EvaluationOutcome[] = [];
  for await (const outcome of runInWorkers<EvaluationJob, EvaluationOutcome, EpisodeSight>(jobs, pool)) {
    outcomes.push(outcome);
    options.onEpisode?.(outcome, outcomes.length, jobs.length);
  }
  return {
    suite,
    policy: manifest.name,
    agent: expert ? 'expert' : 'policy',
    precision,
    safetyMask,
    conditions,
    seed,
    ...summarise(options.tasks, outcomes),
  };
}

function summarise(
  names: readonly string[],
  outcomes: readonly EvaluationOutcome[],
): Pick<Evaluation, 'tasks' | 'meanSuccessRate' | 'tick'> {
  const tasks = names.map((task) =>
    summariseTask(
      task,
      outcomes.filter((outcome) => outcome.task === task),
    ),
  );
  return {
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

/** What the episodes of one task say; a rate of none is not a number. */
export function summariseTask(task: string, outcomes: readonly EvaluationOutcome[]): TaskEvaluation {
  const episodes = outcomes.length;
  const successes = outcomes.filter((outcome) => outcome.success).length;
  const failures: Partial<Record<FailurePhase, number>> = {};
  for (const { phase } of outcomes) if (phase !== undefined) failures[phase] = (failures[phase] ?? 0) + 1;
  const wrongObjects = outcomes.filter((outcome) => outcome.wrongObject).length;
  return {
    task,
    episodes,
    successes,
    successRate: successes / episodes,
    ci95: wilsonInterval95(successes, episodes),
    failures,
    wrongObjects,
    wrongObjectRate: wrongObjects / episodes,
  };
}
