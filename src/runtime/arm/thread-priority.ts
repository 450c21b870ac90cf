import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** What the system granted: real time (SCHED_FIFO), a niceness before others, or nothing. */
export type ThreadPriority = 'fifo' | 'nice' | 'plain';

/** Above ordinary threads and most drivers, below what the kernel needs itself. */
const FIFO_PRIORITY = '50';
const NICENESS = '-20';

/** Number of the calling thread as the system knows it; undefined where it does not say. */
export function threadId(): number | undefined {
  try {
    const id = Number(basename(readlinkSync('/proc/thread-self')));
    return Number.isInteger(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Gives a thread of this process the highest priority that is permitted. Never throws: it is asked for, not required. */
export function raisePriority(thread: number | undefined): ThreadPriority {
  if (thread === undefined) return 'plain';
  const attempt = (command: string, ...words: string[]): boolean => spawnSync(command, words).status === 0;
  if (attempt('chrt', '-f', '-p', FIFO_PRIORITY, String(thread))) return 'fifo';
  return attempt('renice', '-n', NICENESS, '-p', String(thread)) ? 'nice' : 'plain';
}
