import { spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/** What the system granted: real time (SCHED_FIFO), a niceness before others, or nothing. */
export type ThreadPriority = 'fifo' | 'nice' | 'plain';

/** Above ordinary threads and most drivers, below what the kernel needs itself. */
const GATE_FIFO = 50;
/** A simulated arm stands for one of metal, which does not wait for its turn; but the gate comes first. */
const WORLD_FIFO = 40;
const FIRST_NICENESS = -20;
/** After the gate, before everything else. */
const SECOND_NICENESS = -15;
/** After what decides, before what can wait. */
const HELPER_NICENESS = 5;

/** Number of the calling thread as the system knows it; undefined where it does not say. */
export function threadId(): number | undefined {
  try {
    const id = Number(basename(readlinkSync('/proc/thread-self')));
    return Number.isInteger(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Gives the gate's thread the highest priority that is permitted. Never throws: it is asked for, not required. */
export function raisePriority(thread: number | undefined): ThreadPriority {
  return raise(thread, GATE_FIFO);
}

/** The same for the thread of a simulated arm, below the gate's. */
export function raiseWorld(thread: number | undefined): ThreadPriority {
  return raise(thread, WORLD_FIFO);
}

function raise(thread: number | undefined, fifo: number): ThreadPriority {
  if (thread === undefined) return 'plain';
  if (spawnSync('chrt', ['-f', '-p', String(fifo), String(thread)]).status === 0) return 'fifo';
  return setNiceness(thread, FIRST_NICENESS) ? 'nice' : 'plain';
}

/** For a thread that the gate's work depends on: it comes before ordinary ones, if that is permitted. */
export function preferThread(thread: number): void {
  setNiceness(thread, SECOND_NICENESS);
}

/** For a process that works for others: on a busy machine all its threads come after theirs. */
export function giveWay(): void {
  try {
    for (const thread of readdirSync('/proc/self/task')) setNiceness(Number(thread), HELPER_NICENESS);
  } catch {
    // Where threads have no niceness of their own, the process has one.
    setNiceness(process.pid, HELPER_NICENESS);
  }
}

/** On Linux a thread has a niceness of its own. */
function setNiceness(thread: number, niceness: number): boolean {
  try {
    setPriority(thread, niceness);
    return true;
  } catch {
    return false;
  }
}
