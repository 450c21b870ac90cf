import { moduleEntry } from '../core/module-worker.ts';
import { Rng } from '../core/rng.ts';
import { DatasetWriter } from '../record/dataset-writer.ts';
import type { EpisodeFrames } from '../record/episode-input.ts';
import { loadRobot } from '../robot/load-robot.ts';
import { demonstrationFeatures } from './demonstration-format.ts';
import { runInWorkers } from './worker-pool.ts';

/** What every worker needs to know. */
export interface DemonstrationSetup {
  readonly robot: string;
  /** Folder of the policy that acts in DAgger episodes. */
  readonly policy: string | undefined;
  /** Share of the time the policy acts in those episodes, [0, 1]. */
  readonly policyShare: number;
  /** Light, colours and camera mounts from the outer part of their ranges. */
  readonly extreme: boolean;
}

export interface DemonstrationJob {
  readonly task: string;
  readonly seed: number;
  readonly behaviour: 'clean' | 'perturbed' | 'policy';
}

export interface DemonstrationResult {
  readonly task: string;
  readonly instruction: string;
  readonly success: boolean;
  /** Control ticks. */
  readonly length: number;
  readonly columns: EpisodeFrames;
}

export interface DemonstrationOptions {
  readonly robot: string;
  readonly tasks: readonly string[];
  /** Per task. */
  readonly episodes: number;
  /** The first episode of each task has this seed, the next one more, and so on. */
  readonly seed: number;
  readonly directory: string;
  readonly workers: number;
  /** Share of expert episodes that are disturbed, [0, 1]. */
  readonly perturbedShare: number;
  /** For DAgger: folder of the policy that acts while the expert labels. */
  readonly policy?: string;
  readonly policyShare?: number;
  /** Light, colours and camera mounts from the outer part of their ranges; default false. */
  readonly extreme?: boolean;
  /** Episodes per file of the dataset; default 20. Those of an unfinished file are lost in a crash. */
  readonly episodesPerFile?: number;
  readonly onEpisode?: (result: Omit<DemonstrationResult, 'columns'>, done: number, total: number) => void;
}

export interface DemonstrationSummary {
  readonly episodes: number;
  readonly frames: number;
  readonly successes: number;
}

/**
 * Runs experts in worker threads and writes what they saw and did as a LeRobotDataset v3.0. Failed episodes
 * are kept: their labels are the expert's, and leaving them out would starve the hard states. The dataset
 * does not depend on the number of workers.
 */
export async function recordDemonstrations(options: DemonstrationOptions): Promise<DemonstrationSummary> {
  const robot = loadRobot(options.robot);
  const { directory, workers, policy, policyShare = 0.8, extreme = false, episodesPerFile = 20 } = options;
  const writer = await DatasetWriter.create({
    directory,
    fps: robot.rates.controlHz,
    robotType: robot.name,
    features: demonstrationFeatures(robot),
    episodesPerFile,
  });
  const jobs = planJobs(options);
  const setup: DemonstrationSetup = { robot: options.robot, policy, policyShare, extreme };
  const entry = moduleEntry(import.meta.url, 'demonstration-worker');
  let [episodes, frames, successes] = [0, 0, 0];
  try {
    const pool = { entry, workers, workerData: setup };
    for await (const result of runInWorkers<DemonstrationJob, DemonstrationResult>(jobs, pool)) {
      const { columns, ...summary } = result;
      await writer.saveEpisode({ frames: columns, task: result.instruction });
      episodes += 1;
      frames += result.length;
      successes += result.success ? 1 : 0;
      options.onEpisode?.(summary, episodes, jobs.length);
    }
  } finally {
    await writer.close();
  }
  return { episodes, frames, successes };
}

/** Tasks take turns, so that a dataset that was cut short still holds all of them. */
function planJobs(options: DemonstrationOptions): DemonstrationJob[] {
  const jobs: DemonstrationJob[] = [];
  for (let episode = 0; episode < options.episodes; episode += 1) {
    for (const task of options.tasks) {
      const seed = options.seed + episode;
      const isPerturbed = new Rng(seed).uniform(0, 1) < options.perturbedShare;
      const behaviour = options.policy !== undefined ? 'policy' : isPerturbed ? 'perturbed' : 'clean';
      jobs.push({ task, seed, behaviour });
    }
  }
  return jobs;
}
