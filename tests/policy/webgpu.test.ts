import { expect, it } from 'vitest';
import { askProviderProcess } from '../../src/policy/ask-provider-process.ts';
import { chooseProvider } from '../../src/policy/choose-provider.ts';
import { disagreement } from '../../src/policy/probe-policy.ts';
import type { ProbeAnswer } from '../../src/policy/probe-policy.ts';
import { tiny, tinyChunk, tinyParallelChunk } from './tiny-policy.ts';

/**
 * WebGPU decides what the processor decides. It needs an adapter; a software driver is enough:
 *
 *   eval "$(scripts/software-vulkan.sh .vulkan)" && npx vitest run tests/policy/webgpu.test.ts
 */

// A software driver compiles each shader for as long as a graphics card runs it a thousand times.
const LIMIT_MS = 300_000;

const { refusal } = await askProviderProcess({ kind: 'presence', provider: 'webgpu' }, 60_000);
const skipped = refusal === undefined ? '' : ` (skipped: ${refusal})`;

async function answersOf(provider: 'cpu' | 'webgpu', directory: string): Promise<readonly ProbeAnswer[]> {
  const request = { kind: 'policy', provider, precision: 'fp32', directory, threads: 1 } as const;
  const reply = await askProviderProcess(request, LIMIT_MS);
  expect(reply.refusal).toBeUndefined();
  return reply.probe?.answers ?? [];
}

it.skipIf(refusal !== undefined).each([
  ['token after token', tiny],
  ['in chunks', tinyChunk],
  ['all from one run', tinyParallelChunk],
])(`WebGPU decides what cpu decides, %s${skipped}`, { timeout: LIMIT_MS }, async (_, { directory }) => {
  const expected = await answersOf('cpu', directory);
  const found = await answersOf('webgpu', directory);
  expect(expected.length).toBeGreaterThan(0);
  expect(disagreement(expected, found)).toBeUndefined();
  expect(found.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
});

it.skipIf(refusal !== undefined)(
  `auto times WebGPU, and takes the faster one${skipped}`,
  { timeout: LIMIT_MS },
  async () => {
    const { provider, tried } = await chooseProvider(tiny, {
      candidates: ['webgpu'],
      threads: 1,
      timeLimitMs: LIMIT_MS,
    });
    expect(tried.map(({ medianNs }) => medianNs)).toEqual([expect.any(Number), expect.any(Number)]);
    expect(tried[0]?.provider).toBe(provider);
    expect(tried[0]?.medianNs).toBeLessThanOrEqual(tried[1]?.medianNs ?? 0);
  },
);
