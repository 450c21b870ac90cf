import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import type { LoadedPolicy } from '../../src/policy/load-policy.ts';
import type { ModelManifest } from '../../src/policy/model-manifest.ts';
import { createLayout } from '../../src/tokens/layout.ts';
import { textIdCount } from '../../src/tokens/text.ts';
import type { TokenFrame } from '../../src/tokens/token-frame.ts';

/** The folder of a policy among the fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** A small random policy: real graphs, nothing learnt. */
export const tinyDirectory = fixture('tiny-policy');

export const tiny: LoadedPolicy = loadPolicy(tinyDirectory);

/** The same, with chunks of three control ticks, all carried out: token after token, and from one run. */
export const tinyChunk: LoadedPolicy = loadPolicy(fixture('tiny-chunk'));
export const tinyParallelChunk: LoadedPolicy = loadPolicy(fixture('tiny-parallel-chunk'));

interface GoldenFrame {
  readonly textIds: readonly number[];
  readonly stateIds: readonly number[];
  readonly patchSeed: number;
}

/** What PyTorch decides, fp32 and greedy, running the whole sequence again for every token. */
interface GoldenCase {
  readonly steps: number;
  readonly frames: readonly GoldenFrame[];
  /** Shape (steps, actions), as is probabilities. */
  readonly tokens: readonly (readonly number[])[];
  readonly probabilities: readonly (readonly number[])[];
  /** What the tokens of a step attended to of its observation, shape (steps, positions). */
  readonly attention: readonly (readonly number[])[];
}

/** Written by training/tests/write_tiny_policy.py, together with the policy. */
export const goldenCases: readonly (GoldenCase & { readonly name: string; readonly policy: LoadedPolicy })[] = [
  'tiny-policy',
  'tiny-parallel',
  'tiny-chunk',
  'tiny-parallel-chunk',
].flatMap((name) => {
  const policy = loadPolicy(fixture(name));
  const cases = JSON.parse(readFileSync(`${policy.directory}/golden.json`, 'utf8')) as GoldenCase[];
  return cases.map((golden) => ({ ...golden, name, policy }));
});

/** Patch numbers by the rule of write_tiny_policy.py, so that no file of them is needed. */
function patchesOf(seed: number): Float32Array {
  const { patches, spec } = tiny.layout;
  return Float32Array.from(
    { length: patches * spec.patchSize ** 2 * 3 },
    (_, index) => (((index * 37 + seed) % 101) - 50) / 200,
  );
}

export function goldenFrame({ textIds, stateIds, patchSeed }: GoldenFrame): TokenFrame {
  return {
    textIds: Int32Array.from(textIds),
    stateIds: Int32Array.from(stateIds),
    patches: patchesOf(patchSeed),
  };
}

/** A frame of the tiny policy that differs with the seed. */
export function frameOf(seed: number): TokenFrame {
  const { codec, text } = tiny.manifest.tokens;
  return {
    textIds: Int32Array.from({ length: tiny.layout.textTokens }, (_, index) => (seed + index) % textIdCount(text)),
    stateIds: Int32Array.from(
      { length: tiny.layout.stateTokens },
      (_, index) => codec.textVocabulary + ((seed * 131 + index * 17) % codec.bins),
    ),
    patches: patchesOf(seed),
  };
}

/** Of one control tick. */
export const everyBin = tiny.manifest.tokens.actions.map(() => ({ low: 0, high: tiny.manifest.tokens.codec.bins - 1 }));

/** A policy, the tiny one unless told, with other manifest entries. */
export function tinyWith(changes: Partial<ModelManifest>, policy: LoadedPolicy = tiny): LoadedPolicy {
  const manifest = { ...policy.manifest, ...changes };
  return { ...policy, manifest, layout: createLayout(manifest.tokens) };
}

/** A policy, the tiny one unless told, looking back on several steps: its graphs serve any number. */
export function tinyWithSteps(steps: number, policy: LoadedPolicy = tiny): LoadedPolicy {
  const { context } = policy.manifest;
  return tinyWith({ context: { steps, ringPositions: steps * (context.ringPositions / context.steps) } }, policy);
}

/** A policy with chunks, carrying out only so many of their control ticks. */
export function tinyExecuting(execute: number, policy: LoadedPolicy): LoadedPolicy {
  const { tokens } = policy.manifest;
  return tinyWith({ tokens: { ...tokens, chunk: { ...tokens.chunk, execute } } }, policy);
}
