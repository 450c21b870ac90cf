import { Observable, asyncScheduler, retry, share, timer } from 'rxjs';
import type { SchedulerLike } from 'rxjs';
import type { StampedSource } from '../core/source.ts';

/** Wait before the first new attempt, ms; doubled by every further failure in a row. */
const FIRST_DELAY_MS = 50;
/** Longest wait between attempts, ms: a cable that is plugged in again is noticed within it. */
const LONGEST_DELAY_MS = 5000;

export interface RetryOptions {
  /** Called on every failure, before the wait. */
  readonly onError?: (cause: unknown) => void;
  /** Whose time the waits take; the default is real time. */
  readonly scheduler?: SchedulerLike;
}

/** A cold Observable: each subscription starts the source, unsubscribing ends it. */
export function fromSource<T>(source: StampedSource<T>): Observable<T> {
  return new Observable((subscriber) =>
    source.subscribe({
      next: (value) => subscriber.next(value),
      error: (cause) => subscriber.error(cause),
    }),
  );
}

/**
 * The source for ever: a failure is reported, and the source started again after an exponentially growing
 * wait that falls back once a value arrives. The retry stands below the share, so that several subscribers
 * wait for one attempt; nothing is replayed and nothing queues up.
 */
export function resilient<T>(source$: Observable<T>, options: RetryOptions = {}): Observable<T> {
  const { onError, scheduler = asyncScheduler } = options;
  return source$.pipe(
    retry({
      delay: (cause: unknown, attempt) => {
        onError?.(cause);
        return timer(retryDelayMs(attempt), scheduler);
      },
      resetOnSuccess: true,
    }),
    share({ resetOnError: true, resetOnRefCountZero: true }),
  );
}

/** Wait before attempt number `attempt` (from 1), ms. */
export function retryDelayMs(attempt: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
}
