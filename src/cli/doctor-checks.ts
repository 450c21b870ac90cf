import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { listProviders } from '../policy/list-providers.ts';
import { measureTimerJitter } from './timer-jitter.ts';

/** One finding of `armature doctor`. `bad` means that arms cannot be run, `warning` that something is worse than it could be. */
export interface Check {
  readonly name: string;
  readonly verdict: 'good' | 'warning' | 'bad';
  readonly finding: string;
  readonly remedy?: string;
  /** The figures behind the finding, units in their names. */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface CheckOptions {
  readonly gateHz: number;
  readonly seconds: number;
}

const GIGABYTE = 1e9;
/** Ten minutes of two small cameras and a policy fit well into this. */
const FREE_DISK_WANTED = 2 * GIGABYTE;

export function runChecks(options: CheckOptions): Check[] {
  return [
    checkNode(),
    checkComputer(),
    checkProviders(),
    checkTimer(options),
    checkRealTimePriority(),
    checkVideo(),
    checkDisk(),
  ];
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const finding = process.versions.node;
  if (major > 20 || (major === 20 && minor >= 19)) return { name: 'Node.js', verdict: 'good', finding };
  return { name: 'Node.js', verdict: 'bad', finding, remedy: 'Install Node.js 20.19 or newer.' };
}

function checkComputer(): Check {
  const cores = availableParallelism();
  const memory = (totalmem() / GIGABYTE).toFixed(0);
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const finding = `${process.platform} ${process.arch}, ${cores} cores, ${memory} GB, ${model}`;
  if (cores >= 2) return { name: 'Computer', verdict: 'good', finding };
  const remedy = 'Policy and gate share this core: expect late ticks while the policy thinks.';
  return { name: 'Computer', verdict: 'warning', finding, remedy };
}

function checkProviders(): Check {
  try {
    const providers = listProviders();
    const names = (bundled: boolean): string =>
      providers
        .filter((provider) => provider.bundled === bundled)
        .map((provider) => provider.name)
        .join(', ');
    const finding = `${names(true)} (with a library of their own: ${names(false) || 'none'})`;
    return { name: 'Inference providers', verdict: 'good', finding };
  } catch (error) {
    const finding = error instanceof Error ? error.message : String(error);
    return { name: 'Inference providers', verdict: 'bad', finding, remedy: 'Run npm ci again on this computer.' };
  }
}

function checkTimer({ gateHz, seconds }: CheckOptions): Check {
  const jitter = measureTimerJitter(gateHz, seconds);
  const milliseconds = (ns: number): string => `${(ns / 1e6).toFixed(2)} ms`;
  const [median, high, worst] = [jitter.medianNs, jitter.p99Ns, jitter.worstNs].map(milliseconds);
  const finding = `late by ${median} median, ${high} p99, ${worst} at worst; ${jitter.missed} of ${jitter.ticks} ticks missed`;
  // Beyond half a period a command regularly goes out closer to the next tick than to its own.
  const limitNs = 0.5e9 / gateHz;
  const figures = { gateHz, ...jitter };
  if (jitter.p99Ns <= limitNs && jitter.missed <= jitter.ticks / 100) {
    return { name: 'Timer', verdict: 'good', finding, figures };
  }
  const remedy = 'Close other programs, or allow real-time priority (below).';
  return { name: 'Timer', verdict: 'warning', finding, remedy, figures };
}

function checkRealTimePriority(): Check {
  const name = 'Real-time priority';
  if (process.platform !== 'linux') {
    const finding = `not available to Armature on ${process.platform}`;
    return { name, verdict: 'warning', finding, remedy: 'For an arm, prefer Linux; the simulation does not need it.' };
  }
  // chrt runs `true` at the priority the gate's thread would ask for: a refusal shows here without side effects.
  const attempt = spawnSync('chrt', ['--fifo', '50', 'true'], { encoding: 'utf8' });
  if (attempt.status === 0) return { name, verdict: 'good', finding: 'allowed (SCHED_FIFO 50)' };
  const finding = attempt.error === undefined ? 'refused by the system' : 'chrt is not installed';
  const remedy =
    attempt.error === undefined
      ? 'Set an rtprio limit of 50 for your user in /etc/security/limits.conf and log in again.'
      : 'Install util-linux.';
  return { name, verdict: 'warning', finding, remedy };
}

function checkVideo(): Check {
  const name = 'Video recording';
  try {
    createRequire(import.meta.url).resolve('node-av');
    return { name, verdict: 'good', finding: 'node-av is installed' };
  } catch {
    const remedy = 'npm install node-av; without it datasets hold single images.';
    return { name, verdict: 'warning', finding: 'node-av is not installed', remedy };
  }
}

function checkDisk(): Check {
  const { bavail, bsize } = statfsSync(process.cwd());
  const free = bavail * bsize;
  const finding = `${(free / GIGABYTE).toFixed(1)} GB free here`;
  const figures = { freeBytes: free };
  if (free >= FREE_DISK_WANTED) return { name: 'Disk', verdict: 'good', finding, figures };
  return { name: 'Disk', verdict: 'warning', finding, remedy: 'Make room before you record.', figures };
}
