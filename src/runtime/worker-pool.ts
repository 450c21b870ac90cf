import type { Worker } from 'node:worker_threads';
import { ArmatureError } from '../core/errors.ts';
import type { ErrorDetails } from '../core/errors.ts';
import { startWorker } from '../core/module-worker.ts';
import type { ModuleEntry } from '../core/module-worker.ts';

/** The values of an ArmatureError. */
export interface Refusal {
  readonly code: string;
  readonly problem: string;
  readonly details: ErrorDetails;
}

/** What a worker answers: the result of one job, or why it failed; and before that what it tells of it. */
export type WorkerReply<Result, News = never> =
  | { readonly news: News }
  | { readonly result: Result }
  | { readonly refusal: Refusal }
  | { readonly error: unknown };

export interface PoolOptions<News = never> {
  readonly entry: ModuleEntry;
  readonly workers: number;
  /** Structured-cloneable; every worker gets it as workerData. */
  readonly workerData: unknown;
  /** Called with what workers tell while they are at a job. */
  readonly onNews?: (news: News) => void;
}

/**
 * Runs jobs in worker threads and yields the results in the order of the jobs, whatever order they
 * finish in, so that what is made of them does not depend on scheduling. At most two jobs a worker are
 * under way or waiting to be yielded. Workers end by themselves: terminating one in the middle of an
 * inference would abort the process.
 */
export async function* runInWorkers<Job, Result, News = never>(
  jobs: readonly Job[],
  options: PoolOptions<News>,
): AsyncGenerator<Result> {
  const workers = Array.from({ length: Math.min(options.workers, Math.max(1, jobs.length)) }, () => {
    return new PooledWorker<Job, Result, News>(startWorker(options.entry, options.workerData), options.onNews);
  });
  try {
    const pending: Promise<Result>[] = [];
    let next = 0;
    for (let yielded = 0; yielded < jobs.length; yielded += 1) {
      while (next < jobs.length && next < yielded + 2 * workers.length) {
        const worker = workers.reduce((least, candidate) => (candidate.load < least.load ? candidate : least));
        const promise = worker.run(jobs[next] as Job);
        promise.catch(() => undefined);
        pending.push(promise);
        next += 1;
      }
      yield await (pending.shift() as Promise<Result>);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
}

class PooledWorker<Job, Result, News> {
  readonly #worker: Worker;
  readonly #waiting: { resolve: (result: Result) => void; reject: (cause: unknown) => void }[] = [];
  readonly #exited: Promise<void>;

  constructor(worker: Worker, onNews?: (news: News) => void) {
    this.#worker = worker;
    worker.on('message', (reply: WorkerReply<Result, News>) => {
      if ('news' in reply) {
        onNews?.(reply.news);
        return;
      }
      const job = this.#waiting.shift();
      if ('refusal' in reply) job?.reject(revived(reply.refusal));
      else if ('error' in reply) job?.reject(reply.error);
      else job?.resolve(reply.result);
    });
    this.#exited = new Promise((resolve) => {
      worker.on('exit', (code) => {
        this.#failAll(new Error(`a worker thread ended with code ${code}`));
        resolve();
      });
    });
    worker.on('error', (cause) => this.#failAll(cause));
  }

  get load(): number {
    return this.#waiting.length;
  }

  run(job: Job): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage({ job });
    });
  }

  close(): Promise<void> {
    this.#worker.postMessage({ close: true });
    return this.#exited;
  }

  #failAll(cause: unknown): void {
    for (const job of this.#waiting.splice(0)) job.reject(cause);
  }
}

function revived({ code, problem, details }: Refusal): ArmatureError {
  return new ArmatureError(code, problem, details);
}
