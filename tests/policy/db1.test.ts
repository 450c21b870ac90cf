import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import type { LoadedPolicy } from '../../src/policy/load-policy.ts';
import type { StateSpec } from '../../src/policy/model-manifest.ts';
import { openEngine } from './open-engine.ts';
import { everyBin, goldenFrame, tinyWith } from './tiny-policy.ts';

/** One episode as the released code decodes it, which projects all of its memory again for every token. */
interface GoldenEpisode {
  readonly beforeStart: 'zeros' | 'nothing';
  readonly frames: readonly { textIds: readonly number[]; stateIds: readonly number[]; patchSeed: number }[];
  /** Shape (steps, actions), as is probabilities. */
  readonly tokens: readonly (readonly number[])[];
  readonly probabilities: readonly (readonly number[])[];
}

/** Written by training/tests/write_tiny_policy.py. */
const directory = fileURLToPath(new URL('../fixtures/tiny-db1', import.meta.url));
const tinyDb1 = loadPolicy(directory);
const episodes = JSON.parse(readFileSync(`${directory}/golden.json`, 'utf8')) as GoldenEpisode[];

function startingWith(beforeStart: 'zeros' | 'nothing'): LoadedPolicy {
  const state: StateSpec = { kind: 'relative-ring', beforeStart };
  return tinyWith({ state }, tinyDb1);
}

describe('family db1', () => {
  it.each(episodes)(
    'decides what the released decoding does, far beyond its memory, with $beforeStart before the start',
    async ({ beforeStart, frames, tokens, probabilities }) => {
      const engine = await openEngine(startingWith(beforeStart));
      expect(frames.length * tinyDb1.layout.positionsPerStep).toBeGreaterThan(
        4 * tinyDb1.manifest.context.ringPositions,
      );
      for (const episode of [1, 2]) {
        await engine.reset(episode);
        for (const [step, frame] of frames.entries()) {
          const decision = await engine.decide(goldenFrame(frame), everyBin);
          expect(decision.tokens).toEqual(tokens[step]);
          decision.probabilities.forEach((probability, slot) =>
            expect(probability).toBeCloseTo(probabilities[step]?.[slot] ?? Number.NaN, 4),
          );
        }
      }
    },
  );

  it('tells a memory of zeros from none', () => {
    const [zeros, nothing] = episodes;
    expect(zeros?.probabilities[0]).not.toEqual(nothing?.probabilities[0]);
    expect(tinyDb1.manifest.state).toEqual({ kind: 'relative-ring', beforeStart: 'zeros' });
  });
});
