import { describe, expect, it } from 'vitest';
import type { PolicyEngine } from '../../src/policy/engine.ts';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import { promptSteps } from '../../src/policy/prompt.ts';
import type { DemonstratedStep } from '../../src/policy/prompt.ts';
import { openEngine } from './open-engine.ts';
import { everyBin, fixture, frameOf, tiny, tinyWith, tinyWithSteps } from './tiny-policy.ts';

/** A policy of each kind of state, which draws. */
const families = (['gato', 'db1', 'retnet'] as const).map((family) => {
  const policy = family === 'gato' ? tinyWithSteps(3) : loadPolicy(fixture(`tiny-${family}`));
  return [family, tinyWith({ sampling: { kind: 'temperature', temperature: 1 } }, policy)] as const;
});

const { textVocabulary } = tiny.manifest.tokens.codec;
const sampled = { kind: 'temperature', temperature: 1 } as const;

function demonstrated(seeds: readonly number[]): DemonstratedStep[] {
  return seeds.map((seed) => ({
    frame: frameOf(seed),
    actionTokens: [seed, 2 * seed, 3 * seed].map((bin) => textVocabulary + bin),
  }));
}

async function episode(engine: PolicyEngine, seeds: readonly number[]): Promise<unknown[]> {
  const decisions: unknown[] = [];
  for (const seed of seeds) {
    const { tokens, probabilities } = await engine.decide(frameOf(seed), everyBin);
    decisions.push({ tokens, probabilities });
  }
  return decisions;
}

describe('PolicyEngine.prompt', () => {
  it('makes every episode begin as if the policy had been there and done what was demonstrated', async () => {
    const engine = await openEngine(tinyWithSteps(3));
    const demonstration = demonstrated([4, 5]);
    for (const { frame, actionTokens } of demonstration) {
      const forced = actionTokens.map((token) => ({ low: token - textVocabulary, high: token - textVocabulary }));
      await engine.decide(frame, forced);
    }
    const expected = await engine.decide(frameOf(6), everyBin);
    await engine.prompt(demonstration);
    const prompted = await engine.decide(frameOf(6), everyBin);
    expect(prompted.tokens).toEqual(expected.tokens);
    prompted.probabilities.forEach((value, slot) => expect(value).toBeCloseTo(expected.probabilities[slot] ?? NaN, 5));
    await engine.prompt(undefined);
    const plain = await engine.decide(frameOf(6), everyBin);
    expect(plain.probabilities).not.toEqual(prompted.probabilities);
  });

  it.each(families)(
    'is gone back to by a reset, to the bit, however long and bad the episode was: %s',
    async (_, policy) => {
      const engine = await openEngine(policy);
      await engine.prompt(demonstrated([4, 5]));
      await engine.reset(7);
      const first = await episode(engine, [1, 2, 3]);
      for (const between of [[], [8], [1, 2, 3, 4, 5, 6, 7, 8]]) {
        await episode(engine, between);
        await engine.reset(7);
        expect(await episode(engine, [1, 2, 3])).toEqual(first);
      }
      const broken = { ...frameOf(1), patches: frameOf(1).patches.map(() => Number.NaN) };
      await expect(engine.decide(broken, everyBin)).rejects.toThrow(/E_POLICY_OUTPUT/);
      await engine.reset(7);
      expect(await episode(engine, [1, 2, 3])).toEqual(first);
    },
  );

  it('is refused by a policy that sees its own tick only, and where it does not fit', async () => {
    const single = await openEngine(tiny);
    await expect(single.prompt(demonstrated([1]))).rejects.toThrow(/E_NO_PROMPT.*sees its own tick only/);
    const engine = await openEngine(tinyWithSteps(3));
    expect(promptSteps(tinyWithSteps(3))).toBe(2);
    await expect(engine.prompt([])).rejects.toThrow(/E_PROMPT_LENGTH.*1 to 2 control ticks.*Found 0/);
    await expect(engine.prompt(demonstrated([1, 2, 3]))).rejects.toThrow(/E_PROMPT_LENGTH.*Found 3/);
    const [step] = demonstrated([1]) as [DemonstratedStep];
    await expect(engine.prompt([{ ...step, actionTokens: [textVocabulary] }])).rejects.toThrow(
      /one of 1 action tokens/,
    );
    const foreign = { ...step, frame: { ...step.frame, stateIds: new Int32Array(1) } };
    const before = await episode(engine, [1]);
    await expect(engine.prompt([foreign])).rejects.toThrow(/E_POLICY_FRAME/);
    expect(await episode(engine, [1])).toEqual(before);
  });
});

describe('PolicyEngine.snapshot', () => {
  it.each([['gato of one step', tinyWith({ sampling: sampled })] as const, ...families])(
    'is gone back to, to the bit, with the draws that follow: %s',
    async (_, policy) => {
      const engine = await openEngine(policy);
      await engine.reset(3);
      await episode(engine, [1, 2]);
      const snapshot = await engine.snapshot();
      const first = await episode(engine, [3, 4, 5, 6]);
      for (const between of [[], [9], [9, 8, 7, 6, 5]]) {
        await episode(engine, between);
        await snapshot.restore();
        expect(await episode(engine, [3, 4, 5, 6])).toEqual(first);
      }
      await engine.reset(4);
      await snapshot.restore();
      expect(await episode(engine, [3, 4, 5, 6])).toEqual(first);
    },
  );
});
