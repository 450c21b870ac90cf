import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TourGuide } from '../../bench/tsp/policy-tour.ts';
import { distance, nearestNeighbour, tourLength, twoOpt } from '../../bench/tsp/tours.ts';
import type { Place } from '../../bench/tsp/tours.ts';
import { ArmatureError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { PolicyEngine } from '../../src/policy/engine.ts';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import type { Sampling } from '../../src/policy/model-manifest.ts';
import { sampleBin } from '../../src/policy/sampling.ts';
import { requireLayoutFitsRobot, requireValidLayout } from '../../src/tokens/check-layout.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';

/** A random db1 that chooses the next of six cities, and the tours PyTorch makes with it; by write_tiny_policy.py. */
const directory = fileURLToPath(new URL('../fixtures/tiny-choice', import.meta.url));
const tinyChoice = loadPolicy(directory);
const golden = JSON.parse(readFileSync(`${directory}/golden.json`, 'utf8')) as { places: Place[]; tour: number[] }[];

const anyPlaces = fc.array(
  fc.record({ x: fc.double({ min: 0, max: 1, noNaN: true }), y: fc.double({ min: 0, max: 1, noNaN: true }) }),
  {
    minLength: 1,
    maxLength: 12,
  },
);

describe('a choice as the action', () => {
  let engine: PolicyEngine;
  beforeAll(async () => {
    engine = await PolicyEngine.create(tinyChoice, { precision: 'fp32', threads: 1 });
  });
  afterAll(() => engine.close());

  it.each(golden)('makes the tour that PyTorch makes: $tour', async ({ places, tour }) => {
    expect(await new TourGuide(engine).tour(places)).toEqual(tour);
  });

  it('has ids from 0 on, and none that is not left', async () => {
    const frame = {
      textIds: new Int32Array(tinyChoice.layout.textTokens),
      stateIds: new Int32Array(tinyChoice.layout.stateTokens).fill(32000),
      patches: new Float32Array(),
    };
    for (const bins of [[3], [0, 5], [1, 2, 4]]) {
      const { tokens } = await engine.decide(frame, [{ bins }]);
      expect(bins).toContain(tokens[0]);
    }
    await expect(engine.decide(frame, [{ bins: [] }])).rejects.toMatchObject({ code: 'E_ALLOWED_BINS' });
    await expect(engine.decide(frame, [{ bins: [6] }])).rejects.toMatchObject({ code: 'E_ALLOWED_BINS' });
    await expect(engine.decide(frame, [{ bins: [2, 1] }])).rejects.toMatchObject({ code: 'E_ALLOWED_BINS' });
  });

  it('is for no arm, and stands in the place of actions', () => {
    const { tokens } = tinyChoice.manifest;
    expect(() => requireLayoutFitsRobot(tokens, loadRobot('so101'))).toThrow(/no arm's/);
    expect(() => requireValidLayout({ ...tokens, choice: undefined })).toThrow(/either actions or a choice/);
    const actions = [{ joint: 'base', kind: 'delta', lowRad: -1, highRad: 1 } as const];
    expect(() => requireValidLayout({ ...tokens, actions })).toThrow(ArmatureError);
  });
});

describe('sampleBin with a set of allowed values', () => {
  const samplings: readonly Sampling[] = [
    { kind: 'greedy' },
    { kind: 'expected', windowBins: 4 },
    { kind: 'temperature', temperature: 1, topK: 3 },
  ];
  const problem = fc
    .array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 40 })
    .chain((values) =>
      fc.tuple(fc.constant(Float32Array.from(values)), fc.subarray([...values.keys()], { minLength: 1 })),
    );

  it('stays inside it, and is masked exactly where the best of all is outside', () => {
    fc.assert(
      fc.property(problem, fc.constantFrom(...samplings), fc.nat(), ([logits, bins], sampling, seed) => {
        const { bin, probability, masked } = sampleBin(logits, { allowed: { bins }, sampling, rng: new Rng(seed) });
        expect(bins).toContain(bin);
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
        expect(masked).toBe(!bins.includes(logits.indexOf(Math.max(...logits))));
      }),
    );
  });

  it('chooses as an interval of the same values does', () => {
    fc.assert(
      fc.property(problem, fc.nat(), ([logits], seed) => {
        const [low, high] = [Math.floor(logits.length / 3), logits.length - 1];
        const bins = [...logits.keys()].slice(low);
        const sampling = { kind: 'temperature', temperature: 1 } as const;
        const [set, interval] = [{ bins }, { low, high }].map((allowed) =>
          sampleBin(logits, { allowed, sampling, rng: new Rng(seed) }),
        );
        expect(set).toEqual(interval);
      }),
    );
  });
});

describe('tours', () => {
  it('2-opt visits every city once and is never longer than what it improves', () => {
    fc.assert(
      fc.property(anyPlaces, (places) => {
        const nearest = nearestNeighbour(places);
        const better = twoOpt(places, nearest);
        expect(better.toSorted((left, right) => left - right)).toEqual([...places.keys()]);
        expect(tourLength(places, better)).toBeLessThanOrEqual(tourLength(places, nearest) + 1e-9);
      }),
    );
  });

  it('2-opt undoes a crossing', () => {
    const square = [
      { x: 0, y: 0 },
      { x: 1, y: 1 },
      { x: 1, y: 0 },
      { x: 0, y: 1 },
    ];
    expect(tourLength(square, twoOpt(square, [0, 1, 2, 3]))).toBeCloseTo(4);
    expect(distance(square, 0, 1)).toBeCloseTo(Math.SQRT2);
  });
});
