import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PATIENCE_MS } from './with-browser.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A command of the runtime that goes on, as the tests started it. */
export interface Program {
  readonly child: ChildProcess;
  /** What it has said on stderr until now. */
  said(): string;
  /** What it has printed until now. */
  printed(): string;
  /** Waits until it has said it. Throws all that it said where it ends before, or does not say it. */
  until(isSaid: (said: string) => boolean): Promise<void>;
  /** Ctrl-C, and waits until it is gone. */
  end(): Promise<void>;
}

/** A run with a dashboard. */
export interface Run extends Program {
  /** For whoever may look, stop and slow down. */
  readonly url: string;
  readonly operatorUrl: string;
}

/** `armature WORDS...`, from its sources. */
export function startProgram(words: readonly string[]): Program {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...words], { cwd: ROOT });
  const texts = { said: '', printed: '' };
  const watchers = new Set<() => void>();
  const note = (which: keyof typeof texts) => (bytes: Buffer) => {
    texts[which] += bytes.toString();
    for (const watcher of watchers) watcher();
  };
  child.stderr.on('data', note('said'));
  child.stdout.on('data', note('printed'));
  const gone = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const until = (isSaid: (said: string) => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const fail = (what: string) => () => reject(new Error(`${what}; it said: ${texts.said}`));
      const timer = setTimeout(fail('it did not say so'), PATIENCE_MS);
      const look = (): void => {
        if (!isSaid(texts.said)) return;
        watchers.delete(look);
        clearTimeout(timer);
        resolve();
      };
      watchers.add(look);
      void gone.then(fail('it ended'));
      look();
    });
  return {
    child,
    said: () => texts.said,
    printed: () => texts.printed,
    until,
    end: async () => {
      child.kill('SIGINT');
      await gone;
    },
  };
}

const OPERATOR_ADDRESS = /^dashboard +(http:\S+)\n/m;
const ADDRESS = /^to look +(http:\S+) .*\n/m;

/** `armature WORDS... --dashboard`, once its addresses are known. */
export async function startRun(words: readonly string[]): Promise<Run> {
  const program = startProgram([...words, '--dashboard']);
  await program.until((said) => OPERATOR_ADDRESS.test(said) && ADDRESS.test(said));
  const find = (pattern: RegExp): string => pattern.exec(program.said())?.[1] ?? '';
  return { ...program, url: find(ADDRESS), operatorUrl: find(OPERATOR_ADDRESS) };
}

/** The words that start the shipped policy on the simulated arm, without a report. */
export function simulatedRun(task: string, seed = 0): readonly string[] {
  const what = ['--robot', 'so101', '--driver', 'sim', '--policy', 'desk', '--task', task];
  // Timing every execution provider first is what no test here is about.
  return ['run', ...what, '--seed', String(seed), '--provider', 'cpu', '--no-report'];
}
