import { statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { chooseProvider, presentProviders } from '../policy/choose-provider.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import { executionProviders } from '../policy/providers.ts';
import { raisePriority, threadId } from '../runtime/arm/thread-priority.ts';
import { checkCameras, checkRosBridge, checkSerialPorts } from './doctor-devices.ts';
import { providerLines } from './provider-choice.ts';
import { measureTimerJitter } from './timer-jitter.ts';
import type { TimerJitter } from './timer-jitter.ts';
import { messageOf } from '../core/errors.ts';

/** One finding of `armature doctor`. `bad` means that arms cannot be run, `warning` that something is worse than it could be. */
export interface Check {
  readonly name: string;
  readonly verdict: 'good' | 'warning' | 'bad';
  readonly finding: string;
  readonly remedy?: string;
  /** The figures behind the finding, units in their names. */
  readonly figures?: Readonly<Record<string, number | string | readonly (number | string)[]>>;
}

export interface CheckOptions {
  readonly gateHz: number;
  readonly seconds: number;
  /** That the providers are timed with, by name or folder. */
  readonly policy: string;
}

const GIGABYTE = 1e9;
/** Ten minutes of two small cameras and a policy fit well into this. */
const FREE_DISK_WANTED = 2 * GIGABYTE;

/** Loop rates arms are run at, Hz. */
const RATES_HZ = [20, 50, 100, 125, 200, 250, 500, 1000] as const;
/** Ticks of the measurement; faster than most gates, so that there are enough of them for a p99.9. */
const MEASURED_HZ = 500;
/** A rate is held when 99.9 % of its ticks come within this share of the period. */
const LATE_SHARE = 0.2;

export async function runChecks(options: CheckOptions): Promise<Check[]> {
  return [
    checkNode(),
    checkComputer(),
    await checkProviders(options.policy),
    // Before the timer: it is measured with the priority that the gate would get.
    checkPriority(),
    checkTimer(options),
    checkSerialPorts(),
    checkCameras(),
    await checkRosBridge(),
    checkVideo(),
    checkDisk(),
  ];
}

/** Rates, Hz, that are held with ticks as late as measured. */
export function heldRates({ p999Ns }: Pick<TimerJitter, 'p999Ns'>): number[] {
  return RATES_HZ.filter((rateHz) => p999Ns < (LATE_SHARE * 1e9) / rateHz);
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

async function checkProviders(policy: string): Promise<Check> {
  const name = 'Inference providers';
  try {
    const [cpu, ...others] = await presentProviders();
    if (cpu?.refusal !== undefined)
      return { name, verdict: 'bad', finding: `cpu: ${cpu.refusal}`, remedy: 'Run npm ci again on this computer.' };
    const { tried } = await chooseProvider(loadPolicy(policy), { candidates: others.map(({ provider }) => provider) });
    const works = tried.filter(({ refusal }) => refusal === undefined).map(({ provider }) => provider);
    const fails = tried.filter(({ refusal }) => refusal !== undefined);
    const figures = { works, fails: fails.map(({ provider }) => provider) };
    const finding = `policy "${policy}" runs on ${works.join(', then ')}\n${providerLines(tried).join('\n')}`;
    const hints = fails.map(({ provider }) => `${provider}: ${executionProviders[provider].remedy}`);
    return { name, verdict: 'good', finding, figures, ...(hints.length === 0 ? {} : { remedy: hints.join('\n') }) };
  } catch (error) {
    const finding = messageOf(error);
    return { name, verdict: 'bad', finding, remedy: 'Run npm ci again on this computer.' };
  }
}

function checkTimer({ gateHz, seconds }: CheckOptions): Check {
  const jitter = measureTimerJitter(MEASURED_HZ, seconds);
  const milliseconds = (ns: number): string => `${(ns / 1e6).toFixed(2)} ms`;
  const [median, high, worst] = [jitter.medianNs, jitter.p999Ns, jitter.worstNs].map(milliseconds);
  const heldHz = heldRates(jitter);
  const rates = heldHz.length === 0 ? 'holds no loop rate' : `holds loops of up to ${heldHz.at(-1)} Hz`;
  const finding = `${rates}: late by ${median} median, ${high} p99.9, ${worst} at worst; ${jitter.missed} of ${jitter.ticks} ticks missed`;
  const figures = { gateHz, measuredHz: MEASURED_HZ, heldRatesHz: heldHz, ...jitter };
  if (jitter.p999Ns < (LATE_SHARE * 1e9) / gateHz) return { name: 'Timer', verdict: 'good', finding, figures };
  const remedy = `The gate's ${gateHz} Hz are not held: close other programs, or allow real-time priority (above).`;
  return { name: 'Timer', verdict: 'warning', finding, remedy, figures };
}

function checkPriority(): Check {
  const name = 'Priority';
  if (process.platform !== 'linux') {
    const finding = `plain; real time is not available to Armature on ${process.platform}`;
    return { name, verdict: 'warning', finding, remedy: 'For an arm, prefer Linux; the simulation does not need it.' };
  }
  const got = raisePriority(threadId());
  const figures = { got };
  if (got === 'fifo') return { name, verdict: 'good', finding: 'real time (SCHED_FIFO 50)', figures };
  const finding =
    got === 'nice'
      ? 'before other programs (nice −20); real time was refused'
      : 'plain; real time and nice were refused';
  const remedy =
    'Install util-linux, set "rtprio 50" and "nice -20" for your user in /etc/security/limits.conf, and log in again.';
  return { name, verdict: 'warning', finding, remedy, figures };
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
