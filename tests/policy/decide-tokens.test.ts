import { describe, expect, it } from 'vitest';
import type { TokenReview } from '../../src/policy/decide-tokens.ts';
import type { PolicyEngine } from '../../src/policy/engine.ts';
import type { LoadedPolicy } from '../../src/policy/load-policy.ts';
import { openEngine } from './open-engine.ts';
import { everyBin, frameOf, tiny, tinyParallelChunk, tinyWithSteps } from './tiny-policy.ts';

const { bins, textVocabulary } = tiny.manifest.tokens.codec;

/** An engine whose clock moves by 10 ns each time it is asked. */
async function timed(policy: LoadedPolicy): Promise<{ engine: PolicyEngine; clock: { time: number } }> {
  const clock = { time: 0, nowNs: () => (clock.time += 10) };
  return { engine: await openEngine(policy, { clock }), clock };
}

const keep = [7, 8, 9];
const kept = keep.map((bin) => textVocabulary + bin);

describe('a deadline', () => {
  it('that does not pass changes nothing', async () => {
    const { engine, clock } = await timed(tiny);
    const whole = await engine.decide(frameOf(1), everyBin);
    const again = await engine.decide(frameOf(1), everyBin, { deadline: { atNs: clock.time + 1000, keep } });
    expect(again.tokens).toEqual(whole.tokens);
    expect([whole.kept, again.kept]).toEqual([0, 0]);
  });

  it.each([
    [20, 1],
    [21, 2],
    // The last token would begin at 30 ns, and take 10 as the one before.
    [40, 2],
    [41, 3],
  ])(
    'that is %d ns away leaves %d tokens to the policy, and the last targets to the other joints',
    async (ns, decided) => {
      const { engine, clock } = await timed(tiny);
      const whole = await engine.decide(frameOf(1), everyBin);
      const cut = await engine.decide(frameOf(1), everyBin, { deadline: { atNs: clock.time + ns, keep } });
      expect(cut.tokens).toEqual([...whole.tokens.slice(0, decided), ...kept.slice(decided)]);
      expect(cut.probabilities.slice(0, decided)).toEqual(whole.probabilities.slice(0, decided));
      expect(cut.probabilities.slice(decided)).toEqual(keep.slice(decided).map(() => 0));
      expect(cut.kept).toBe(3 - decided);
      expect(cut.masked.slice(decided)).toEqual(keep.slice(decided).map(() => false));
    },
  );

  it('that had passed before leaves the first token to the policy, and keeps what is kept in its bins', async () => {
    const { engine } = await timed(tiny);
    const allowed = [
      { low: 0, high: bins - 1 },
      { low: 20, high: 30 },
      { low: 2, high: 4 },
    ] as const;
    const asked: number[] = [];
    const review: TokenReview = { narrow: () => undefined, chose: (slot) => asked.push(slot) };
    const { tokens, kept: count } = await engine.decide(frameOf(1), allowed, { review, deadline: { atNs: 0, keep } });
    expect(tokens.slice(1)).toEqual([textVocabulary + 20, textVocabulary + 4]);
    expect(count).toBe(2);
    expect(asked).toEqual([0]);
  });

  it('cuts nothing of tokens that come from one run', async () => {
    const { engine } = await timed(tinyParallelChunk);
    const { executedTokens } = tinyParallelChunk.layout;
    const allowed = Array.from({ length: executedTokens }, () => ({ low: 0, high: bins - 1 }));
    const whole = await engine.decide(frameOf(1), allowed);
    const deadline = { atNs: 0, keep: allowed.map(() => 0) };
    expect((await engine.decide(frameOf(1), allowed, { deadline })).tokens).toEqual(whole.tokens);
  });

  it('leaves in the context what the joints did, as if the policy had decided it', async () => {
    const policy = tinyWithSteps(2);
    const { engine } = await timed(policy);
    const cut = await engine.decide(frameOf(1), everyBin, { deadline: { atNs: 0, keep } });
    const afterCut = await engine.decide(frameOf(2), everyBin);
    await engine.reset(0);
    const forced = cut.tokens.map((token) => ({ low: token - textVocabulary, high: token - textVocabulary }));
    expect((await engine.decide(frameOf(1), forced)).tokens).toEqual(cut.tokens);
    const afterForced = await engine.decide(frameOf(2), everyBin);
    expect(afterCut.tokens).toEqual(afterForced.tokens);
    afterCut.probabilities.forEach((value, slot) =>
      expect(value).toBeCloseTo(afterForced.probabilities[slot] ?? NaN, 5),
    );
  });
});
