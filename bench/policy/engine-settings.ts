import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { quantile } from '../../src/runtime/statistics.ts';
import { startMeasured } from './measured-process.ts';
import type { MeasuredProcess } from './measured-process.ts';

/** How the engine uses the cores: whether its threads spin or sleep while they wait for each other. */
export interface EngineSettings {
  readonly threads: number;
  readonly waiting: 'spin' | 'sleep';
  /** Whether decisions tell what they attended to. Default false. */
  readonly attention?: boolean;
}

const TRIAL_TICKS = 12;

/** One thread is fastest for small policies and on cores that something else uses, all of them on quiet ones. */
const choices: readonly EngineSettings[] = [
  { threads: 1, waiting: 'sleep' },
  { threads: availableParallelism(), waiting: 'sleep' },
  { threads: availableParallelism(), waiting: 'spin' },
];

export function nodeProcess(script: string, words: readonly string[]): Promise<MeasuredProcess> {
  const path = fileURLToPath(new URL(`./${script}`, import.meta.url));
  return startMeasured([process.execPath, '--import', 'tsx', path, ...words]);
}

export function engineProcess(folder: string, settings: EngineSettings): Promise<MeasuredProcess> {
  const { threads, waiting, attention = false } = settings;
  return nodeProcess('engine-process.ts', [folder, waiting, String(threads), ...(attention ? ['attention'] : [])]);
}

/** The choice with the lowest median over a few ticks, on so many threads only where told. */
export async function fastestSettings(folder: string, threads?: number): Promise<EngineSettings> {
  const candidates: readonly EngineSettings[] =
    threads === undefined
      ? choices
      : [
          { threads, waiting: 'sleep' },
          { threads, waiting: 'spin' },
        ];
  const tried: { readonly settings: EngineSettings; readonly ms: number }[] = [];
  for (const settings of candidates) {
    const engine = await engineProcess(folder, settings);
    const { ms } = await engine.round(TRIAL_TICKS);
    await engine.close();
    tried.push({ settings, ms: quantile(ms, 0.5) });
  }
  return tried.reduce((best, other) => (other.ms < best.ms ? other : best)).settings;
}
