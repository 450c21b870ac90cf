import { createHash } from 'node:crypto';
import { cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { PolicyEngine } from '../../src/policy/engine.ts';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import { ProcessAgent } from '../../src/runtime/process-agent.ts';
import { tinyRobot } from '../runtime/tiny-robot.ts';
import { tinyDirectory } from './tiny-policy.ts';
import { temporaryFolder } from '../temporary-folder.ts';

interface Manifest {
  files: Record<string, { embed: { path: string; sha256: string }; trunk: { path: string; sha256: string } }>;
  tokens: { layout: string };
  model: { headWidth: number; layers: number };
  family: string;
  state?: unknown;
}

let directory: string;
beforeEach(() => {
  directory = temporaryFolder();
  cpSync(tinyDirectory, directory, { recursive: true });
});

function change(edit: (manifest: Manifest) => void): void {
  const path = join(directory, 'policy.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  edit(manifest);
  writeFileSync(path, JSON.stringify(manifest));
}

/** Replaces the graph, and the digest with it: as if somebody had exported it so. */
function exportTrunk(bytes: Uint8Array): void {
  writeFileSync(join(directory, 'trunk.int8.onnx'), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  change(({ files }) => {
    if (files['int8'] !== undefined) files['int8'].trunk.sha256 = sha256;
  });
}

const trunk = (): Buffer => readFileSync(join(tinyDirectory, 'trunk.int8.onnx'));

/** What is wrong with a policy, and what must be said of it. */
const damages: readonly (readonly [string, () => void, RegExp])[] = [
  [
    'a graph that was cut short',
    () => truncateSync(join(directory, 'trunk.int8.onnx'), 5000),
    /trunk\.int8\.onnx: is not the file.*Expected sha256 [0-9a-f]{64}.*Found sha256/s,
  ],
  [
    'a graph that was exported cut short',
    () => exportTrunk(trunk().subarray(0, 5000)),
    /trunk\.int8\.onnx: is not a graph the runtime can load/,
  ],
  [
    'an operator that the runtime does not know',
    () => exportTrunk(Buffer.from(trunk().toString('latin1').replaceAll('Softmax', 'Hardmux'), 'latin1')),
    /trunk\.int8\.onnx: is not a graph the runtime can load.*Hardmux/s,
  ],
  ['a graph that is no graph', () => exportTrunk(Buffer.from('hello')), /trunk\.int8\.onnx: is not a graph/],
  [
    'another digest than that of the graph',
    () => change(({ files }) => Object.assign(files['int8']?.trunk ?? {}, { sha256: '0'.repeat(64) })),
    /trunk\.int8\.onnx: is not the file.*Expected sha256 0{64}/s,
  ],
  [
    'another token layout than that of the graphs',
    () => change(({ tokens }) => (tokens.layout = 'exact')),
    /another sequence than the embed graph makes|ringPositions/,
  ],
  ['another shape than that of the graph', () => change(({ model }) => (model.headWidth = 64)), /E_POLICY_RUN/],
  [
    'another number of layers than that of the graph',
    () => change(({ model }) => (model.layers += 1)),
    /trunk\.int8\.onnx: takes "key_cache" of another number of layers.*Expected \d+, for model\.layers/s,
  ],
  [
    'another kind of state than that of the graph',
    () =>
      change((manifest) =>
        Object.assign(manifest, {
          family: 'retnet',
          state: { kind: 'recurrent', tensors: [{ name: 'sum', shape: [2] }] },
        }),
      ),
    /trunk\.int8\.onnx: is not the graph of a policy: its inputs differ.*state_sum.*key_cache/s,
  ],
];

describe.each(damages)('a policy with %s', (_, damage, message) => {
  it('is an error that says so, and what to do', async () => {
    damage();
    await expect(Promise.resolve().then(() => PolicyEngine.create(loadPolicy(directory)))).rejects.toThrow(message);
  });
});

describe.each(damages.slice(1, 3))('the policy process, given %s,', (_, damage, message) => {
  it('refuses to start, and this process hears why', { timeout: 60_000 }, async () => {
    damage();
    const started = ProcessAgent.start({ kind: 'policy', directory }, tinyRobot());
    await expect(started).rejects.toThrow(/E_AGENT_PROCESS/);
    await expect(started).rejects.toThrow(message);
  });
});
