import { parentPort } from 'node:worker_threads';
import { ArmatureError } from '../core/errors.ts';
import type { Refusal } from './worker-pool.ts';

type Message<Job> = { readonly job: Job } | { readonly close: true };

/**
 * The worker's side of runInWorkers: one job after another, until told to close.
 * @param run may tell news of a job while it is at it
 */
export function serveJobs<Job, Result, News = never>(
  run: (job: Job, tell: (news: News) => void) => Promise<Result>,
  close: () => Promise<void>,
): void {
  const port = parentPort;
  if (port === null) {
    throw new ArmatureError('E_NOT_A_WORKER', 'this module is the entry of a worker thread', {
      remedy: 'Start it through runInWorkers.',
    });
  }
  const tell = (news: News): void => port.postMessage({ news });
  let queue = Promise.resolve();
  port.on('message', (message: Message<Job>) => {
    queue = queue.then(async () => {
      if ('close' in message) {
        await close();
        port.close();
        return;
      }
      try {
        port.postMessage({ result: await run(message.job, tell) });
      } catch (error) {
        port.postMessage(error instanceof ArmatureError ? { refusal: refusalOf(error) } : { error });
      }
    });
  });
}

/** Between threads an error loses its class and its fields; its values go through. */
function refusalOf({ code, problem, expected, found, remedy }: ArmatureError): Refusal {
  const details = {
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
    remedy,
  };
  return { code, problem, details };
}
