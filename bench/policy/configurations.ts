import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataDirectory } from '../../src/core/data-directory.ts';

/** A policy to measure: a shipped one, or one of training/sizes.py that has learnt nothing. */
export interface Configuration {
  readonly name: string;
  /** Name of a shipped policy. */
  readonly shipped?: string;
  readonly size?: string;
  /** Key and value heads; full attention without it. */
  readonly kvHeads?: number;
  /** Tokens looked back on. */
  readonly contextTokens?: number;
}

/** What `npm run bench:policy` measures: as shipped, and at Gato's full context. */
export const configurations: readonly Configuration[] = [
  { name: 'desk', shipped: 'desk' },
  { name: '10M', size: '10M', kvHeads: 2 },
  { name: '79M grouped', size: '79M', kvHeads: 4 },
  { name: '79M full attention', size: '79M' },
];

const sizesAtFullContext: readonly Configuration[] = [
  { name: '1M', size: '1M', kvHeads: 2 },
  { name: '10M', size: '10M', kvHeads: 2 },
  { name: '79M', size: '79M', kvHeads: 4 },
  { name: '364M', size: '364M', kvHeads: 4 },
  { name: '1.18B', size: '1.18B', kvHeads: 4 },
];

/** What the plot shows: cost against size, and against context with grouped and with full attention. */
export const sweeps = {
  size: sizesAtFullContext,
  groupedContext: contexts({ name: 'grouped', size: '79M', kvHeads: 4 }),
  fullContext: contexts({ name: 'full attention', size: '79M' }),
};

function contexts(configuration: Configuration): Configuration[] {
  return [64, 256, 512, 1024].map((contextTokens) => ({
    ...configuration,
    name: `${configuration.name} ${contextTokens}`,
    contextTokens,
  }));
}

const training = fileURLToPath(new URL('../../training/', import.meta.url));
const work = join(tmpdir(), 'armature-bench-policy');

/** The command that runs a script of training/. */
export function pythonScript(python: string, script: string): string[] {
  return [python, join(training, script)];
}

/** The policy's folder; what is not shipped is written once, into the folder for temporary files. */
export function prepare(python: string, configuration: Configuration): string {
  const { shipped, size, kvHeads, contextTokens } = configuration;
  if (shipped !== undefined) return join(dataDirectory('models'), shipped);
  const options = [
    ...(kvHeads === undefined ? [] : ['--kv-heads', String(kvHeads)]),
    ...(contextTokens === undefined ? [] : ['--context', String(contextTokens)]),
  ];
  const folder = join(work, ['policy', size, ...options].join('-').replaceAll('--', ''));
  if (!existsSync(join(folder, 'policy.json')))
    runPython(python, 'untrained.py', [folder, '--size', size ?? '', ...options]);
  return folder;
}

/** The plain export of a policy. */
export function preparePlain(python: string, policyFolder: string, name: string): string {
  const folder = join(work, `plain-${name.replaceAll(' ', '-')}`);
  if (!existsSync(join(folder, 'step.onnx'))) runPython(python, 'plain_export.py', ['--policy', policyFolder, folder]);
  return folder;
}

export function prepareProbes(python: string): string {
  const folder = join(work, 'probes');
  if (!existsSync(join(folder, 'fp32.onnx'))) runPython(python, 'probe_graphs.py', [folder]);
  return folder;
}

function runPython(python: string, script: string, words: readonly string[]): void {
  mkdirSync(work, { recursive: true });
  const [program = '', path = ''] = pythonScript(python, script);
  try {
    execFileSync(program, [path, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (cause) {
    throw new Error(
      `${script} failed. It needs Python with the packages of training/requirements.txt: name it with --python.`,
      { cause },
    );
  }
}
