import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArmatureError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import type { Sampling } from '../../src/policy/model-manifest.ts';
import { sampleBin } from '../../src/policy/sampling.ts';

const greedy: Sampling = { kind: 'greedy' };

/** Logits and an interval within them. */
const problem = fc
  .array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 64 })
  .chain((values) =>
    fc.record({
      logits: fc.constant(Float32Array.from(values)),
      ends: fc.tuple(fc.nat(values.length - 1), fc.nat(values.length - 1)),
    }),
  )
  .map(({ logits, ends }) => ({ logits, allowed: { low: Math.min(...ends), high: Math.max(...ends) } }));

const anySampling: fc.Arbitrary<Sampling> = fc.oneof(
  fc.constant(greedy),
  fc.record({ kind: fc.constant('expected' as const), windowBins: fc.integer({ min: 1, max: 20 }) }),
  fc.record({
    kind: fc.constant('temperature' as const),
    temperature: fc.double({ min: 0.05, max: 5, noNaN: true }),
    topK: fc.integer({ min: 1, max: 80 }),
  }),
);

describe('sampleBin', () => {
  it('never leaves the allowed bins, and its probability is one', () => {
    fc.assert(
      fc.property(problem, anySampling, fc.nat(), ({ logits, allowed }, sampling, seed) => {
        const { bin, probability } = sampleBin(logits, { allowed, sampling, rng: new Rng(seed) });
        expect(Number.isInteger(bin)).toBe(true);
        expect(bin).toBeGreaterThanOrEqual(allowed.low);
        expect(bin).toBeLessThanOrEqual(allowed.high);
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('takes the highest allowed logit when greedy, the lower bin of equal ones', () => {
    fc.assert(
      fc.property(problem, ({ logits, allowed }) => {
        const inside = [...logits.subarray(allowed.low, allowed.high + 1)];
        const { bin } = sampleBin(logits, { allowed, sampling: greedy, rng: new Rng(0) });
        expect(bin).toBe(allowed.low + inside.indexOf(Math.max(...inside)));
      }),
    );
  });

  it('says whether the first choice of all bins was allowed', () => {
    const logits = Float32Array.of(0, 3, 1, 2);
    const masked = (low: number, high: number): boolean =>
      sampleBin(logits, { allowed: { low, high }, sampling: { kind: 'greedy' }, rng: new Rng(0) }).masked;
    expect([masked(0, 3), masked(1, 1), masked(2, 3), masked(0, 0)]).toEqual([false, false, true, true]);
  });

  it('gives what lies outside the allowed bins no influence', () => {
    fc.assert(
      fc.property(problem, anySampling, fc.nat(), ({ logits, allowed }, sampling, seed) => {
        const others = logits.map((logit, bin) => (bin < allowed.low || bin > allowed.high ? 1000 - bin : logit));
        const choose = (values: Float32Array): unknown => {
          const { bin, probability } = sampleBin(values, { allowed, sampling, rng: new Rng(seed) });
          return { bin, probability };
        };
        expect(choose(others)).toEqual(choose(logits));
      }),
    );
  });

  it('stays within the window of the best bin when it takes the expected one', () => {
    fc.assert(
      fc.property(problem, fc.integer({ min: 1, max: 20 }), ({ logits, allowed }, windowBins) => {
        const sampling: Sampling = { kind: 'expected', windowBins };
        const best = sampleBin(logits, { allowed, sampling: greedy, rng: new Rng(0) }).bin;
        const { bin } = sampleBin(logits, { allowed, sampling, rng: new Rng(0) });
        expect(Math.abs(bin - best)).toBeLessThanOrEqual(windowBins);
      }),
    );
  });

  it('puts the expected bin between two equal neighbours, and ignores a second peak outside the window', () => {
    const logits = new Float32Array(64).fill(-20);
    logits[10] = 5;
    logits[14] = 5;
    logits[50] = 4.9;
    const allowed = { low: 0, high: 63 };
    const sampling: Sampling = { kind: 'expected', windowBins: 6 };
    expect(sampleBin(logits, { allowed, sampling, rng: new Rng(0) }).bin).toBe(12);
  });

  it('becomes greedy as the temperature goes to zero, and with a top 1', () => {
    fc.assert(
      fc.property(problem, fc.nat(), ({ logits, allowed }, seed) => {
        // Logits a millionth apart would still share the probability; + 0 makes -0 a 0.
        const apart = logits.map((logit) => Math.round(logit) + 0);
        const best = sampleBin(apart, { allowed, sampling: greedy, rng: new Rng(0) });
        const cold: Sampling = { kind: 'temperature', temperature: 1e-3, topK: 1 };
        expect(sampleBin(apart, { allowed, sampling: cold, rng: new Rng(seed) })).toEqual(best);
        const { bin } = sampleBin(apart, {
          allowed,
          sampling: { kind: 'temperature', temperature: 1e-3 },
          rng: new Rng(seed),
        });
        expect(apart[bin]).toBe(apart[best.bin]);
      }),
    );
  });

  it('draws each bin as often as its probability says, and the same ones from the same seed', () => {
    const logits = Float32Array.from([Math.log(1), Math.log(2), Math.log(5), 9]);
    const draws = (seed: number): number[] => {
      const rng = new Rng(seed);
      const sampling: Sampling = { kind: 'temperature', temperature: 1 };
      return Array.from({ length: 8000 }, () => sampleBin(logits, { allowed: { low: 0, high: 2 }, sampling, rng }).bin);
    };
    const bins = draws(3);
    expect(draws(3)).toEqual(bins);
    expect(draws(4)).not.toEqual(bins);
    const shares = [0, 1, 2, 3].map((bin) => bins.filter((drawn) => drawn === bin).length / bins.length);
    [1 / 8, 2 / 8, 5 / 8, 0].forEach((share, bin) => expect(Math.abs((shares[bin] ?? 1) - share)).toBeLessThan(0.02));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'emits no token when a logit is %d, even outside the allowed bins',
    (broken) => {
      const logits = Float32Array.from([0, 1, broken]);
      const context = { allowed: { low: 0, high: 1 }, sampling: greedy, rng: new Rng(0) };
      expect(() => sampleBin(logits, context)).toThrow(/E_POLICY_OUTPUT.*bin 2/);
      expect(() => sampleBin(logits, context)).toThrow(ArmatureError);
    },
  );

  it.each([
    { low: 2, high: 1 },
    { low: -1, high: 1 },
    { low: 0, high: 3 },
    { low: 0.5, high: 2 },
    { low: Number.NaN, high: 2 },
  ])('refuses $low to $high as allowed bins of three', (allowed) => {
    const context = { allowed, sampling: greedy, rng: new Rng(0) };
    expect(() => sampleBin(new Float32Array(3), context)).toThrow(/E_ALLOWED_BINS/);
  });
});
