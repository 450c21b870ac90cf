import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataDirectory } from '../../src/core/data-directory.ts';
import type { Configuration } from './configurations.ts';

const training = fileURLToPath(new URL('../../training/', import.meta.url));

/** Makes what is measured with the scripts of training/: gigabytes of graphs, in a folder for temporary files. */
export class Workshop {
  readonly #python: string;
  /** Where all of it lies. */
  readonly folder: string;
  readonly #isKept: boolean;

  /**
   * @param python the interpreter, with the packages of training/requirements.txt
   * @param isKept whether to use what an earlier run has kept, and to leave it for a later one
   */
  constructor(python: string, isKept: boolean) {
    const name = join(tmpdir(), 'armature-bench-policy');
    this.#python = python;
    this.#isKept = isKept;
    this.folder = isKept ? name : mkdtempSync(`${name}-`);
    mkdirSync(this.folder, { recursive: true });
  }

  /** Removes what was made, unless it is to be kept. */
  close(): void {
    if (this.#isKept) console.error(`kept for the next run with --keep: ${this.folder}`);
    else rmSync(this.folder, { recursive: true, force: true });
  }

  /** The command that runs a script of training/. */
  command(script: string): string[] {
    return [this.#python, join(training, script)];
  }

  /** The folder of a policy; what is not shipped is made. */
  policy({ shipped, size, kvHeads, contextTokens }: Configuration): string {
    if (shipped !== undefined) return join(dataDirectory('models'), shipped);
    const options = [
      ...(kvHeads === undefined ? [] : ['--kv-heads', String(kvHeads)]),
      ...(contextTokens === undefined ? [] : ['--context', String(contextTokens)]),
    ];
    const folder = join(this.folder, ['policy', size, ...options].join('-').replaceAll('--', ''));
    return this.#made(folder, 'policy.json', 'untrained.py', [folder, '--size', size ?? '', ...options]);
  }

  /** The plain export of a policy. */
  plain(policyFolder: string, name: string): string {
    const folder = join(this.folder, `plain-${name.replaceAll(' ', '-')}`);
    return this.#made(folder, 'step.onnx', 'plain_export.py', ['--policy', policyFolder, folder]);
  }

  /** The graphs that measure a machine. */
  probes(): string {
    const folder = join(this.folder, 'probes');
    return this.#made(folder, 'fp32.onnx', 'probe_graphs.py', [folder]);
  }

  /** The folder, which the script writes where its last file is not there yet. */
  #made(folder: string, lastFile: string, script: string, words: readonly string[]): string {
    if (existsSync(join(folder, lastFile))) return folder;
    const [program = '', path = ''] = this.command(script);
    try {
      execFileSync(program, [path, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (cause) {
      throw new Error(
        `${script} failed. It needs Python with the packages of training/requirements.txt: name it with --python.`,
        { cause },
      );
    }
    return folder;
  }
}
