import { cpSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidFileError } from '../../src/core/errors.ts';
import type { TokenReview } from '../../src/policy/decide-tokens.ts';
import { PolicyEngine } from '../../src/policy/engine.ts';
import type { LoadedPolicy } from '../../src/policy/load-policy.ts';
import { noEmbeddings, PolicyGraphs } from '../../src/policy/policy-graphs.ts';
import type { Embeddings, TrunkOutput } from '../../src/policy/policy-graphs.ts';
import type { AllowedInterval } from '../../src/policy/sampling.ts';
import { KeyValueRing } from '../../src/policy/state/key-value-ring.ts';
import type { PolicyState } from '../../src/policy/state/policy-state.ts';
import { RingState } from '../../src/policy/state/ring-state.ts';
import { openEngine } from './open-engine.ts';
import {
  everyBin,
  frameOf,
  goldenCases,
  goldenFrame,
  tiny,
  tinyChunk,
  tinyDirectory,
  tinyExecuting,
  tinyParallelChunk,
  tinyWith,
  tinyWithSteps,
} from './tiny-policy.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function everyToken({ layout }: LoadedPolicy): AllowedInterval[] {
  return Array.from({ length: layout.executedTokens }, () => ({ low: 0, high: layout.spec.codec.bins - 1 }));
}

function stateOf(slots: number): { readonly ring: KeyValueRing; readonly state: PolicyState } {
  const { layers, kvHeads, headWidth } = tiny.manifest.model;
  const ring = new KeyValueRing({ layers, kvHeads, headWidth, slots });
  return { ring, state: new RingState(ring, 1) };
}

function keep(ring: KeyValueRing, { outputs, rows }: TrunkOutput): void {
  ring.append(outputs.get('kv') ?? new Float32Array(0), { rows });
}

const firstContinuousId = tiny.manifest.tokens.codec.textVocabulary;
const sampled = { kind: 'temperature', temperature: 1, topK: 50 } as const;

describe('PolicyEngine', () => {
  it('chooses a token again among the bins that a review leaves, tells the review, and says so', async () => {
    const engine = await openEngine(tiny);
    const frame = frameOf(1);
    const highest = tiny.manifest.tokens.codec.bins - 1;
    const [first = 0] = (await engine.decide(frame, everyToken(tiny))).tokens;
    await engine.reset(0);
    const bin = first - firstContinuousId;
    const isLow = bin < highest / 2;
    const left = isLow ? { low: bin + 1, high: highest } : { low: 0, high: bin - 1 };
    const chosen: number[] = [];
    const review: TokenReview = {
      narrow: (slot, choice, allowed) => {
        expect(allowed).toEqual({ low: 0, high: highest });
        return slot === 0 && choice === bin ? left : undefined;
      },
      chose: (slot, choice) => (chosen[slot] = choice),
    };
    const decision = await engine.decide(frame, everyToken(tiny), { review });
    expect(decision.tokens).toEqual(chosen.map((choice) => choice + firstContinuousId));
    expect(chosen[0]).toBeGreaterThanOrEqual(left.low);
    expect(chosen[0]).toBeLessThanOrEqual(left.high);
    expect(decision.masked).toEqual(chosen.map((_, slot) => slot === 0));
  });

  it.each(goldenCases)('emits what PyTorch does without a cache: $name, $steps steps, $tokens', async (golden) => {
    const engine = await openEngine(tinyWithSteps(golden.steps, golden.policy));
    const allowed = everyToken(golden.policy);
    for (const [step, frame] of golden.frames.entries()) {
      const { tokens, probabilities } = await engine.decide(goldenFrame(frame), allowed);
      expect(tokens).toEqual(golden.tokens[step]);
      probabilities.forEach((probability, slot) =>
        expect(probability).toBeCloseTo(golden.probabilities[step]?.[slot] ?? Number.NaN, 4),
      );
    }
  });

  it('decides the same again on the same frame, whatever came between', async () => {
    for (const precision of ['fp32', 'int8'] as const) {
      const engine = await openEngine(tiny, { precision });
      const first = await engine.decide(frameOf(1), everyBin);
      await engine.decide(frameOf(2), everyBin);
      const again = await engine.decide(frameOf(1), everyBin);
      expect(again.tokens).toEqual(first.tokens);
      expect(again.probabilities).toEqual(first.probabilities);
    }
  });

  it('keeps every token inside its allowed bins', async () => {
    const engine = await openEngine(tinyWith({ sampling: sampled }));
    const allowed = everyBin.map((_, index) => ({ low: 80 * index, high: 80 * index + 9 }));
    for (let seed = 0; seed < 10; seed += 1) {
      const { tokens, probabilities } = await engine.decide(frameOf(seed), allowed);
      tokens.forEach((token, index) => {
        expect(token - firstContinuousId).toBeGreaterThanOrEqual(80 * index);
        expect(token - firstContinuousId).toBeLessThanOrEqual(80 * index + 9);
      });
      for (const probability of probabilities) expect(probability).toBeGreaterThan(0);
    }
  });

  it('keeps parallel tokens inside the bins of their own joint', async () => {
    const engine = await openEngine(tinyParallelChunk);
    const allowed = everyToken(tinyParallelChunk).map((_, slot) => ({ low: 20 * slot, high: 20 * slot + 9 }));
    const { tokens } = await engine.decide(frameOf(1), allowed);
    tokens.forEach((token, slot) => expect(Math.floor((token - firstContinuousId) / 10)).toBe(2 * slot));
  });

  it.each([tinyChunk, tinyParallelChunk])(
    'decides the ticks that are carried out as it does when all are: $directory',
    async (policy) => {
      const whole = await (await openEngine(policy)).decide(frameOf(1), everyToken(policy));
      expect(whole.tokens).toHaveLength(9);
      for (const execute of [1, 2]) {
        const fewer = tinyExecuting(execute, policy);
        const { tokens } = await (await openEngine(fewer)).decide(frameOf(1), everyToken(fewer));
        expect(tokens).toEqual(whole.tokens.slice(0, 3 * execute));
      }
    },
  );

  it('draws the same tokens after a reset to the same seed, others after another', async () => {
    const engine = await openEngine(tinyWith({ sampling: sampled }));
    const episode = async (seed: number): Promise<number[]> => {
      await engine.reset(seed);
      const tokens: number[] = [];
      for (let tick = 0; tick < 4; tick += 1) tokens.push(...(await engine.decide(frameOf(tick), everyBin)).tokens);
      return tokens;
    };
    const first = await episode(5);
    expect(await episode(6)).not.toEqual(first);
    expect(await episode(5)).toEqual(first);
  });

  it('serves calls in turn when they overlap', async () => {
    const engine = await openEngine(tiny);
    const alone = [];
    for (const seed of [1, 2, 3]) alone.push((await engine.decide(frameOf(seed), everyBin)).tokens);
    const together = await Promise.all([1, 2, 3].map((seed) => engine.decide(frameOf(seed), everyBin)));
    expect(together.map(({ tokens }) => tokens)).toEqual(alone);
  });

  it('measures inference with the clock it is given', async () => {
    let nowNs = 0;
    const engine = await openEngine(tiny, { clock: { nowNs: () => (nowNs += 250) } });
    expect((await engine.decide(frameOf(1), everyBin)).inferenceNs).toBe(250);
  });

  it('takes a frame in shared memory, and one that its owner overwrites meanwhile', async () => {
    const engine = await openEngine(tiny);
    const frame = frameOf(3);
    const { tokens } = await engine.decide(frame, everyBin);
    const shared = new Float32Array(new SharedArrayBuffer(frame.patches.byteLength));
    shared.set(frame.patches);
    expect((await engine.decide({ ...frame, patches: shared }, everyBin)).tokens).toEqual(tokens);
  });

  it('says so when it has been closed, lets a run in flight finish, and may be closed twice', async () => {
    const engine = await PolicyEngine.create(tiny, { threads: 1 });
    const running = engine.decide(frameOf(1), everyBin);
    await engine.close();
    await engine.close();
    expect((await running).tokens).toHaveLength(everyBin.length);
    await expect(engine.decide(frameOf(1), everyBin)).rejects.toThrow(/E_POLICY_CLOSED.*Create a new engine/);
    await expect(engine.reset(1)).rejects.toThrow(/E_POLICY_CLOSED/);
  });

  it('refuses a frame or an interval list that does not fit, and goes on afterwards', async () => {
    const engine = await openEngine(tiny);
    const { tokens } = await engine.decide(frameOf(1), everyBin);
    const short = { ...frameOf(1), stateIds: new Int32Array(1) };
    await expect(engine.decide(short, everyBin)).rejects.toThrow(/E_POLICY_FRAME.*stateIds.*Expected 6\. Found 1/);
    await expect(engine.decide(frameOf(1), everyBin.slice(1))).rejects.toThrow(/E_ALLOWED_BINS.*3 intervals/);
    const foreign = { ...frameOf(1), stateIds: frameOf(1).stateIds.map((id) => id + 1_000_000) };
    await expect(engine.decide(foreign, everyBin)).rejects.toThrow(/E_POLICY_RUN/);
    const broken = { ...frameOf(1), patches: frameOf(1).patches.map(() => Number.NaN) };
    await expect(engine.decide(broken, everyBin)).rejects.toThrow(/E_POLICY_OUTPUT/);
    expect((await engine.decide(frameOf(1), everyBin)).tokens).toEqual(tokens);
  });

  it('starts with int8 on a processor unless told otherwise', async () => {
    const engine = await openEngine(tiny, { precision: undefined });
    expect(engine.precision).toBe('int8');
    const { fp32 } = tiny.manifest.files;
    expect((await openEngine(tinyWith({ files: { fp32 } }), { precision: undefined })).precision).toBe('fp32');
    await expect(openEngine(tinyWith({ files: { fp32 } }), { precision: 'int8' })).rejects.toThrow(
      /E_NO_SUCH_PRECISION.*Found fp32/,
    );
  });

  it('does not fall back to the processor when a provider cannot be had', async () => {
    await expect(openEngine(tiny, { provider: 'cuda' })).rejects.toThrow(/E_PROVIDER_UNAVAILABLE.*"cuda".*"cpu"/);
  });
});

describe('context of several steps', () => {
  it('sees the step before: the same frame decides differently after another past', async () => {
    const engine = await openEngine(tinyWithSteps(2));
    const after = async (past: number): Promise<readonly number[]> => {
      await engine.reset(0);
      await engine.decide(frameOf(past), everyBin);
      return (await engine.decide(frameOf(9), everyBin)).probabilities;
    };
    const afterOne = await after(1);
    expect(await after(2)).not.toEqual(afterOne);
    expect(await after(1)).toEqual(afterOne);
  });

  it('equals one uncached run over both steps with their action tokens', async () => {
    const engine = await openEngine(tinyWithSteps(2));
    const first = await engine.decide(frameOf(1), everyBin);
    const second = await engine.decide(frameOf(2), everyBin);
    const graphs = await PolicyGraphs.open(tiny, stateOf(1).state, { precision: 'fp32', provider: 'cpu', threads: 1 });
    const { ring, state } = stateOf(64);
    const embedded = await graphs.embed(frameOf(1));
    const before = await graphs.trunk(
      { embeddings: embedded, embeddingsAt: 0, tokens: first.tokens, tokensAt: embedded.positions },
      state,
    );
    keep(ring, before);
    const next = await graphs.embed(frameOf(2));
    const { logits } = await graphs.trunk(
      { embeddings: next, embeddingsAt: before.rows, tokens: [], tokensAt: 0 },
      state,
    );
    expect(firstContinuousId + logits.indexOf(Math.max(...logits))).toBe(second.tokens[0]);
    await graphs.close();
  });

  it('keeps deciding, within the same ring, long after the window has filled', async () => {
    const engine = await openEngine(tinyWithSteps(2));
    for (let tick = 0; tick < 20; tick += 1) {
      expect((await engine.decide(frameOf(tick), everyBin)).tokens).toHaveLength(everyBin.length);
    }
  });
});

describe('PolicyGraphs', () => {
  let graphs: PolicyGraphs;
  let embeddings: Embeddings;
  beforeAll(async () => {
    graphs = await PolicyGraphs.open(tiny, stateOf(1).state, { precision: 'fp32', provider: 'cpu', threads: 1 });
    embeddings = await graphs.embed(frameOf(4));
  });
  afterAll(() => graphs.close());

  const tokens = [32100, 32200];

  async function uncached(): Promise<Float32Array> {
    return (
      await graphs.trunk({ embeddings, embeddingsAt: 0, tokens, tokensAt: embeddings.positions }, stateOf(1).state)
    ).logits;
  }

  it('gives the same logits with the cache, token by token, as in one run without', async () => {
    const { ring, state } = stateOf(tiny.manifest.context.ringPositions);
    const observation = await graphs.trunk({ embeddings, embeddingsAt: 0, tokens: [], tokensAt: 0 }, state);
    keep(ring, observation);
    let logits = observation.logits;
    for (const [index, token] of tokens.entries()) {
      const tokensAt = embeddings.positions + index;
      const step = await graphs.trunk({ embeddings: noEmbeddings, embeddingsAt: 0, tokens: [token], tokensAt }, state);
      keep(ring, step);
      logits = step.logits;
    }
    expectClose(logits, await uncached());
  });

  it('gives the same logits wherever in the ring the rows lie', async () => {
    const reference = await uncached();
    for (let shift = 1; shift < 20; shift += 3) {
      const { ring, state } = stateOf(20);
      ring.append(new Float32Array(2 * (ring.keys.length / 20) * shift).fill(7), { rows: shift });
      ring.dropOldest(shift);
      const tokensAt = embeddings.positions;
      const prefix = { embeddings, embeddingsAt: 0, tokens: tokens.slice(0, 1), tokensAt };
      const before = await graphs.trunk(prefix, state);
      keep(ring, before);
      const last = { embeddings: noEmbeddings, embeddingsAt: 0, tokens: tokens.slice(1), tokensAt: before.rows };
      expectClose((await graphs.trunk(last, state)).logits, reference);
    }
  });
});

function expectClose(found: Float32Array, expected: Float32Array): void {
  expect(found).toHaveLength(expected.length);
  const worst = found.reduce((most, value, bin) => Math.max(most, Math.abs(value - (expected[bin] ?? Number.NaN))), 0);
  expect(worst).toBeLessThan(1e-4);
}

describe('a damaged policy', () => {
  let directory: string;
  beforeAll(() => {
    directory = temporaryFolder();
    cpSync(tinyDirectory, directory, { recursive: true });
  });

  // The digest would catch these; the engine is asked directly, as after a change behind its back.
  it('is an error that names the file, when a graph is cut short or is something else', async () => {
    const damaged = { ...tiny, directory };
    truncateSync(join(directory, 'trunk.fp32.onnx'), 5000);
    await expect(openEngine(damaged)).rejects.toThrow(InvalidFileError);
    await expect(openEngine(damaged)).rejects.toThrow(/trunk\.fp32\.onnx: is not a graph/);
    writeFileSync(join(directory, 'trunk.int8.onnx'), 'hello');
    await expect(openEngine(damaged, { precision: 'int8' })).rejects.toThrow(/trunk\.int8\.onnx: is not a graph/);
  });

  it('is an error, when embed and trunk are exchanged', async () => {
    const { fp32 } = tiny.manifest.files;
    if (fp32 === undefined) throw new Error('the tiny policy has fp32 graphs');
    const exchanged = tinyWith({ files: { fp32: { embed: fp32.trunk, trunk: fp32.embed } } });
    await expect(openEngine(exchanged)).rejects.toThrow(/its inputs differ.*Expected text, state, patches/);
  });

  it('is an error, when the manifest tells another sequence than the graph makes', async () => {
    const exact = tinyWith({ tokens: { ...tiny.manifest.tokens, layout: 'exact' } });
    await expect(openEngine(exact)).rejects.toThrow(/another sequence than the embed graph makes/);
    const parallel = tinyWith({ model: { ...tiny.manifest.model, actionTokens: 'parallel' } });
    await expect(openEngine(parallel)).rejects.toThrow(/another sequence.*and 2 queries/);
    const { observationPositions } = tiny.layout;
    const compressed = (observationRows: number): LoadedPolicy =>
      tinyWith({ model: { ...tiny.manifest.model, observationRows } });
    await expect(openEngine(compressed(observationPositions - 1))).rejects.toThrow(/another sequence/);
    await expect(openEngine(compressed(observationPositions))).resolves.toBeInstanceOf(PolicyEngine);
  });

  it('is an error, when the manifest tells another shape than the graph has', async () => {
    const wide = tinyWith({ model: { ...tiny.manifest.model, headWidth: 64 } });
    await expect(openEngine(wide)).rejects.toThrow(/E_POLICY_RUN/);
  });
});
