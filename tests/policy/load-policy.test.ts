import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { InvalidFileError, UnknownNameError } from '../../src/core/errors.ts';
import { listPolicies } from '../../src/policy/find-policy.ts';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import { tinyDirectory } from './tiny-policy.ts';
import { temporaryFolder } from '../temporary-folder.ts';

let directory: string;

beforeEach(() => {
  directory = temporaryFolder();
  cpSync(tinyDirectory, directory, { recursive: true });
});

type Json = Record<string, unknown>;

/** Rewrites policy.json; returns its path. */
function change(edit: (manifest: Json) => void): string {
  const path = join(directory, 'policy.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Json;
  edit(manifest);
  writeFileSync(path, JSON.stringify(manifest));
  return path;
}

describe('loadPolicy', () => {
  it('loads a policy from its folder and from its policy.json', () => {
    const fromFolder = loadPolicy(directory);
    expect(fromFolder).toEqual(loadPolicy(join(directory, 'policy.json')));
    expect(fromFolder.directory).toBe(directory);
    expect(fromFolder.manifest.model.layers).toBeGreaterThan(0);
  });

  it('names the valid policies when a name is unknown', () => {
    expect(() => loadPolicy('no-such-policy')).toThrow(UnknownNameError);
    expect(() => loadPolicy('no-such-policy')).toThrow(/E_UNKNOWN_POLICY.*"no-such-policy".*one of/);
    for (const name of listPolicies()) expect(() => loadPolicy('no-such-policy')).toThrow(name);
  });

  it('takes a manifest without chunk and actionTokens for one tick of tokens one after another', () => {
    change((manifest) => {
      delete (manifest['tokens'] as Json)['chunk'];
      delete (manifest['model'] as Json)['actionTokens'];
    });
    const { manifest, layout } = loadPolicy(directory);
    expect(manifest.tokens.chunk).toEqual({ steps: 1, execute: 1 });
    expect(manifest.model.actionTokens).toBe('autoregressive');
    expect([layout.actionTokens, layout.executedTokens]).toEqual([3, 3]);
  });

  it('takes chunks in a longer context where the past is in tensors and no action token is pushed alone', () => {
    const edit = (actionTokens: string) => (manifest: Json) => {
      manifest['family'] = 'retnet';
      manifest['state'] = { kind: 'recurrent', tensors: [{ name: 'latents', shape: [9, 16] }] };
      manifest['context'] = { steps: 3, ringPositions: 0 };
      (manifest['tokens'] as Json)['chunk'] = { steps: 2, execute: 1 };
      (manifest['model'] as Json)['actionTokens'] = actionTokens;
    };
    change(edit('parallel'));
    expect(loadPolicy(directory).layout.executedTokens).toBe(3);
    change(edit('autoregressive'));
    expect(() => loadPolicy(directory)).toThrow(/one of them must be 1/);
  });

  it('checks the files that weights lie in beside their graph', () => {
    const bytes = Buffer.from('weights');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    change((manifest) => {
      const graphs = Object.values(manifest['files'] as Json)[0] as { trunk: Json };
      graphs.trunk['data'] = [{ path: 'trunk.data', sha256 }];
    });
    expect(() => loadPolicy(directory)).toThrow(/trunk\.data: is missing/);
    writeFileSync(join(directory, 'trunk.data'), bytes);
    expect(() => loadPolicy(directory)).not.toThrow();
    writeFileSync(join(directory, 'trunk.data'), bytes.subarray(1));
    expect(() => loadPolicy(directory)).toThrow(/trunk\.data: is not the file the manifest was written for/);
  });

  it('takes a manifest without state for one of keys and values in a ring, and holds families to their state', () => {
    expect(loadPolicy(directory).manifest.state).toEqual({ kind: 'ring' });
    change((manifest) => (manifest['state'] = { kind: 'relative-ring' }));
    expect(() => loadPolicy(directory)).toThrow(/state\.kind is relative-ring, but family "gato" has ring/);
    change((manifest) => {
      manifest['family'] = 'retnet';
      manifest['state'] = { kind: 'recurrent', tensors: [{ name: 'sum', shape: [2, 3] }] };
      manifest['context'] = { steps: 4, ringPositions: 0 };
    });
    expect(loadPolicy(directory).manifest.state).toMatchObject({ tensors: [{ name: 'sum' }] });
    change((manifest) => (manifest['family'] = 'mystery'));
    expect(() => loadPolicy(directory)).toThrow(/family/);
  });

  it('says so when policy.json is not JSON', () => {
    writeFileSync(join(directory, 'policy.json'), '{"name": ');
    expect(() => loadPolicy(directory)).toThrow(InvalidFileError);
    expect(() => loadPolicy(directory)).toThrow(/policy\.json: is not valid JSON\. Found Unexpected end of JSON input/);
  });

  it('lists every entry that does not fit', () => {
    change((manifest) => {
      manifest['controlHz'] = -10;
      manifest['colour'] = 'green';
      delete manifest['robot'];
    });
    expect(() => loadPolicy(directory)).toThrow(/does not describe a policy[^]*robot[^]*controlHz|controlHz[^]*robot/);
    expect(() => loadPolicy(directory)).toThrow(/colour/);
  });

  it.each([
    ['files lists no precision', (manifest: Json) => (manifest['files'] = {})],
    ['but tokens.actions move [', (manifest: Json) => (manifest['joints'] as string[]).reverse()],
    ['ringPositions is 3', (manifest: Json) => ((manifest['context'] as Json)['ringPositions'] = 3)],
    [
      'which takes 4000000 GB',
      (manifest: Json) => {
        Object.assign(manifest['model'] as Json, { layers: 1, heads: 1, kvHeads: 1, headWidth: 500 });
        (manifest['context'] as Json)['ringPositions'] = 1e12;
      },
    ],
    [
      'one of them must be 1',
      (manifest: Json) => {
        (manifest['context'] as Json)['steps'] = 2;
        (manifest['tokens'] as Json)['chunk'] = { steps: 2, execute: 1 };
      },
    ],
    ['chunk.execute is 3, but', (manifest: Json) => ((manifest['tokens'] as Json)['chunk'] = { steps: 2, execute: 3 })],
    ['kvHeads does not divide', (manifest: Json) => ((manifest['model'] as Json)['kvHeads'] = 7)],
    ['not a whole number of patches', (manifest: Json) => ((manifest['tokens'] as Json)['patchSize'] = 15)],
    ['a low and a high for each', (manifest: Json) => (manifest['tokens'] as { actions: unknown[] }).actions.pop()],
  ])('finds entries that contradict each other: %s', (problem, edit) => {
    change(edit);
    expect(() => loadPolicy(directory)).toThrow(problem);
  });

  it('tells the expected and the found digest of a damaged graph, and what to do', () => {
    const path = join(directory, 'trunk.fp32.onnx');
    const bytes = readFileSync(path);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    expect(() => loadPolicy(directory)).toThrow(InvalidFileError);
    expect(() => loadPolicy(directory)).toThrow(
      /trunk\.fp32\.onnx: is not the file.*Expected sha256 [0-9a-f]{64}\. Found sha256 [0-9a-f]{64}\. Fetch the model again/,
    );
  });

  it('names a graph that is missing', () => {
    rmSync(join(directory, 'embed.int8.onnx'));
    expect(() => loadPolicy(directory)).toThrow(/embed\.int8\.onnx: is missing/);
  });

  it('refuses a graph outside the folder of the policy', () => {
    change((manifest) => {
      const files = manifest['files'] as { fp32: { embed: { path: string } } };
      files.fp32.embed.path = '../embed.fp32.onnx';
    });
    expect(() => loadPolicy(directory)).toThrow(/outside its own folder/);
  });
});
