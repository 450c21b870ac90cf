import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in a process of its own. */
export function armature(...words: string[]): Promise<Outcome> {
  return runArmature(words, () => undefined);
}

/** The same, and interrupts it (Ctrl-C) when it first writes to stderr. */
export function interruptedArmature(...words: string[]): Promise<Outcome> {
  return runArmature(words, (child) => child.stderr?.once('data', () => child.kill('SIGINT')));
}

function runArmature(words: readonly string[], watch: (child: ChildProcess) => unknown): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...words], { cwd: ROOT });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
    watch(child);
  });
}
