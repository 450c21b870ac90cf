import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PolicyEngine } from '../../src/policy/engine.ts';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import type { LoadedPolicy } from '../../src/policy/load-policy.ts';
import { openEngine } from './open-engine.ts';
import { everyBin, frameOf, goldenFrame, tinyWith } from './tiny-policy.ts';

/** One episode as PyTorch decides it, which runs all of the sequence again for every token and has no state. */
interface GoldenEpisode {
  readonly frames: readonly { textIds: readonly number[]; stateIds: readonly number[]; patchSeed: number }[];
  /** Shape (steps, actions), as is probabilities. */
  readonly tokens: readonly (readonly number[])[];
  readonly probabilities: readonly (readonly number[])[];
}

/** Written by training/tests/write_tiny_policy.py. */
const directory = fileURLToPath(new URL('../fixtures/tiny-retnet', import.meta.url));
const tinyRetNet = loadPolicy(directory);
const golden = JSON.parse(readFileSync(`${directory}/golden.json`, 'utf8')) as GoldenEpisode;

/** Decides a step of the golden episode, and expects what PyTorch decided. */
async function follow(engine: PolicyEngine, step: number): Promise<void> {
  const frame = golden.frames[step];
  if (frame === undefined) throw new Error(`the golden episode has no step ${step}`);
  const { tokens, probabilities } = await engine.decide(goldenFrame(frame), everyBin);
  expect(tokens).toEqual(golden.tokens[step]);
  probabilities.forEach((probability, slot) =>
    expect(probability).toBeCloseTo(golden.probabilities[step]?.[slot] ?? Number.NaN, 4),
  );
}

const steps = golden.frames.length;

describe('family retnet', () => {
  it('decides what PyTorch does with all positions at once, far beyond the steps it was trained on', async () => {
    const engine = await openEngine(tinyRetNet);
    expect(steps).toBeGreaterThan(4 * tinyRetNet.manifest.context.steps);
    for (const episode of [1, 2]) {
      await engine.reset(episode);
      for (let step = 0; step < steps; step += 1) await follow(engine, step);
    }
  });

  it('goes on from any snapshot as if what came after it had not been', async () => {
    const engine = await openEngine(tinyRetNet);
    const visit = fc.record({
      to: fc.integer({ min: 0, max: steps - 1 }),
      strays: fc.array(fc.nat(50), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(visit, { minLength: 1, maxLength: 4 }), async (visits) => {
        await engine.reset(0);
        const snapshots = [await engine.snapshot()];
        for (const { to, strays } of visits) {
          for (const seed of strays) await engine.decide(frameOf(seed), everyBin);
          const from = Math.min(to, snapshots.length - 1);
          await snapshots[from]?.restore();
          for (let step = from; step <= to; step += 1) {
            await follow(engine, step);
            snapshots[step + 1] = await engine.snapshot();
          }
          snapshots.length = to + 2;
        }
      }),
      { numRuns: 10 },
    );
  });

  it('remembers: another first step changes the decision of a later one', async () => {
    const engine = await openEngine(tinyRetNet);
    await engine.decide(frameOf(3), everyBin);
    for (let step = 1; step < 3; step += 1) {
      const { probabilities } = await engine.decide(goldenFrame(golden.frames[step] ?? golden.frames[0]!), everyBin);
      expect(probabilities).not.toEqual(golden.probabilities[step]);
    }
  });

  it('begins every tick anew where the manifest says that it sees its own tick only', async () => {
    const engine = await openEngine(tinyWith({ context: { steps: 1, ringPositions: 0 } }, tinyRetNet));
    for (const seed of [7, 8]) {
      await engine.decide(frameOf(seed), everyBin);
      await follow(engine, 0);
    }
  });

  it('forgets a step that failed', async () => {
    const engine = await openEngine(tinyRetNet);
    await follow(engine, 0);
    const broken = { ...frameOf(1), patches: frameOf(1).patches.map(() => Number.NaN) };
    await expect(engine.decide(broken, everyBin)).rejects.toThrow(/E_POLICY_OUTPUT/);
    await follow(engine, 0);
    await follow(engine, 1);
  });

  it('is refused where the manifest tells of another state than the trunk has', async () => {
    const shape = [4, 8, 16];
    const withTensors = (...tensors: { name: string; shape: number[] }[]): LoadedPolicy =>
      tinyWith({ state: { kind: 'recurrent', tensors } }, tinyRetNet);
    await expect(openEngine(withTensors({ name: 'retention_0', shape }))).rejects.toThrow(
      /trunk\.fp32\.onnx: is not the graph of a policy: its inputs differ.*state_retention_1/,
    );
    const narrow = { name: 'retention_1', shape: [4, 8, 15] };
    await expect(openEngine(withTensors({ name: 'retention_0', shape }, narrow))).rejects.toThrow(/E_POLICY_RUN/);
  });
});
