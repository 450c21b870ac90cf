import { afterEach, describe, expect, it } from 'vitest';
import { PolicyEngine } from '../../src/policy/engine.ts';
import type { PolicyEngineOptions } from '../../src/policy/engine.ts';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import type { LoadedPolicy } from '../../src/policy/load-policy.ts';
import { KeyValueRing } from '../../src/policy/state/key-value-ring.ts';
import { fixture, frameOf, goldenCases, goldenFrame, tiny, tinyWith, tinyWithSteps } from './tiny-policy.ts';

const engines: PolicyEngine[] = [];
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
});

async function engineOf(policy: LoadedPolicy, options: PolicyEngineOptions = {}): Promise<PolicyEngine> {
  const engine = await PolicyEngine.create(policy, { precision: 'fp32', threads: 1, attention: true, ...options });
  engines.push(engine);
  return engine;
}

function everyToken({ layout }: LoadedPolicy): { low: number; high: number }[] {
  return Array.from({ length: layout.executedTokens }, () => ({ low: 0, high: layout.spec.codec.bins - 1 }));
}

const sum = (weights: Iterable<number>): number => [...weights].reduce((total, weight) => total + weight, 0);

describe('attention', () => {
  it.each(goldenCases)('is what it is in PyTorch without a cache: $name, $steps steps, $tokens', async (golden) => {
    const engine = await engineOf(tinyWithSteps(golden.steps, golden.policy));
    for (const [step, frame] of golden.frames.entries()) {
      const { attention = [] } = await engine.decide(goldenFrame(frame), everyToken(golden.policy));
      const expected = golden.attention[step] ?? [];
      expect(attention).toHaveLength(golden.policy.layout.observationPositions);
      attention.forEach((weight, position) => expect(weight).toBeCloseTo(expected[position] ?? Number.NaN, 4));
    }
  });

  it.each(['fp32', 'int8'] as const)('changes no decision, to the bit: %s', async (precision) => {
    const policy = tinyWithSteps(3);
    const looked = await engineOf(policy, { precision });
    const plain = await engineOf(policy, { precision, attention: false });
    for (let tick = 0; tick < 8; tick += 1) {
      const { attention = [], inferenceNs: _, ...seen } = await looked.decide(frameOf(tick), everyToken(policy));
      const { inferenceNs: __, ...unseen } = await plain.decide(frameOf(tick), everyToken(policy));
      expect(seen).toEqual(unseen);
      expect(Math.min(...attention)).toBeGreaterThanOrEqual(0);
      expect(sum(attention)).toBeGreaterThan(0);
      expect(sum(attention)).toBeLessThanOrEqual(1 + 1e-5);
    }
  });

  it('is told by a policy with relative positions too, of the positions its memory still holds', async () => {
    const db1 = loadPolicy(fixture('tiny-db1'));
    const engine = await engineOf(db1);
    const decide = async (): Promise<Float32Array | undefined> => {
      const { attention } = await engine.decide(frameOf(1), everyToken(db1));
      return attention;
    };
    for (let tick = 0; tick < 4; tick += 1) {
      const attention = await decide();
      expect(attention).toHaveLength(db1.layout.observationPositions);
      expect(sum(attention ?? [])).toBeGreaterThan(0);
      expect(sum(attention ?? [])).toBeLessThanOrEqual(1 + 1e-5);
    }
  });

  it('is absent where a policy was exported without it, or has no attention', async () => {
    const { fp32 } = tiny.manifest.files;
    const { attention: _, ...before } = fp32 ?? { embed: { path: '', sha256: '' }, trunk: { path: '', sha256: '' } };
    for (const policy of [tinyWith({ files: { fp32: before } }), loadPolicy(fixture('tiny-retnet'))]) {
      const engine = await engineOf(policy, { precision: undefined });
      expect(await engine.decide(frameOf(1), everyToken(policy))).not.toHaveProperty('attention');
    }
  });
});

describe('KeyValueRing', () => {
  it('says where its newest rows are, and which it has let go', () => {
    const ring = new KeyValueRing({ layers: 1, kvHeads: 1, headWidth: 2, slots: 4 });
    const push = (rows: number): void => ring.append(new Float32Array(2 * rows * 2), { rows });
    push(3);
    expect(ring.newestSlots(2)).toEqual([1, 2]);
    push(2);
    expect(ring.newestSlots(3)).toEqual([2, 3, 0]);
    expect(ring.newestSlots(5)).toEqual([-1, 1, 2, 3, 0]);
  });
});
