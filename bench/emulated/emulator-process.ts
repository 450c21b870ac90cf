import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { loaderArguments, moduleEntry } from '../../src/core/module-worker.ts';

/** Loading a scene on a busy machine, ms. */
const PATIENCE_MS = 60_000;

/** `armature emulate` in a process of its own, spoken to as a person would: lines in, lines out. */
export class EmulatorProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #watchers = new Set<() => void>();
  #outcome = 'running';

  private constructor(words: readonly string[]) {
    const entry = moduleEntry(import.meta.url, '../../src/cli/main');
    const argv = [...loaderArguments(entry), entry.path, 'emulate', ...words];
    this.#child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    // Whatever ends this process, nothing is left behind.
    process.on('exit', () => this.#child.kill());
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.#lines.push(line);
      this.#outcome = /^outcome (\w+)/.exec(line)?.[1] ?? this.#outcome;
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** Resolves when it offers the arm. @param words of the command line */
  static async start(words: readonly string[]): Promise<EmulatorProcess> {
    const emulator = new EmulatorProcess(words);
    await emulator.line(/^ready /);
    return emulator;
  }

  /** How the task stands in the scene now. */
  get outcome(): string {
    return this.#outcome;
  }

  /** A new scene; returns what it is asked for, in words. */
  async reset(seed: number): Promise<string> {
    this.#lines.length = 0;
    this.#child.stdin?.write(`reset ${seed}\n`);
    const [, instruction = ''] = await this.line(new RegExp(`^reset ${seed}: (.*)$`));
    this.#outcome = 'running';
    return instruction;
  }

  /** The first line that fits, of those that came since the last reset. */
  line(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        settle();
      };
      const watcher = (): void => {
        for (const line of this.#lines) {
          const match = pattern.exec(line);
          if (match !== null) return finish(() => resolve(match));
        }
      };
      const timer = setTimeout(
        () => finish(() => reject(new Error(`no line like ${pattern} after ${PATIENCE_MS} ms`))),
        PATIENCE_MS,
      );
      this.#watchers.add(watcher);
      watcher();
    });
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin?.write('quit\n');
    await ended;
  }
}
