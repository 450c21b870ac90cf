import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askProviderProcess } from '../../src/policy/ask-provider-process.ts';
import { DeviceCache } from '../../src/policy/device-cache.ts';
import type { RingTensors } from '../../src/policy/device-cache.ts';
import { layerInputs } from '../../src/policy/layer-inputs.ts';
import { KeyValueRing } from '../../src/policy/state/key-value-ring.ts';
import { ringInputs } from '../../src/policy/state/ring-state.ts';
import '../property-seed.ts';

const shape = { layers: 2, kvHeads: 3, slots: 5, headWidth: 4 };
const names = ['key_cache_0', 'key_cache_1', 'value_cache_0', 'value_cache_1'];

/** The ring's tensors, layer by layer. */
function tensorsOf(ring: KeyValueRing): RingTensors {
  const { slotVersions } = ring;
  const layers = Object.entries(ringInputs(ring))
    .filter(([name]) => name !== 'cache_bias')
    .flatMap(([name, tensor]) => Object.entries(layerInputs(name, tensor)));
  return Object.fromEntries(layers.map(([name, tensor]) => [name, { ...tensor, slotVersions }]));
}

function rowsFrom(first: number, rows: number): Float32Array {
  const { layers, kvHeads, headWidth } = shape;
  return Float32Array.from({ length: 2 * layers * kvHeads * rows * headWidth }, (_, index) => first + index);
}

describe('DeviceCache', () => {
  it('holds what the ring holds, whatever is written, forgotten and brought back', async () => {
    // The processor keeps its outputs where it wants; the graph and the bookkeeping are the same.
    const step = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), rows: fc.integer({ min: 1, max: shape.slots }) }),
      fc.record({ kind: fc.constantFrom('restore' as const, 'snapshot' as const, 'clear' as const, 'erase' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const ring = new KeyValueRing(shape);
        const cache = await DeviceCache.open(names, { provider: 'cpu', threads: 1 });
        try {
          let snapshot = ring.snapshot();
          for (const [index, action] of steps.entries()) {
            if (action.kind === 'append') ring.append(rowsFrom(1000 * index, action.rows), { rows: action.rows });
            else if (action.kind === 'snapshot') snapshot = ring.snapshot();
            else if (action.kind === 'restore') ring.restore(snapshot);
            else ring[action.kind]();
            const rings = tensorsOf(ring);
            const held = await cache.inputs(rings);
            for (const name of names) expect([...(held[name]?.data ?? [])]).toEqual([...(rings[name]?.data ?? [])]);
          }
        } finally {
          await cache.close();
        }
      }),
      { numRuns: 25 },
    );
  });

  it('gives tensors in the memory of the GPU, where there is one', async ({ skip }) => {
    const { refusal } = await askProviderProcess({ kind: 'presence', provider: 'webgpu' }, 60_000);
    if (refusal !== undefined) return skip(refusal);
    const cache = await DeviceCache.open(names, { provider: 'webgpu', threads: 1 });
    const held = await cache.inputs(tensorsOf(new KeyValueRing(shape)));
    expect(names.map((name) => held[name]?.location)).toEqual(names.map(() => 'gpu-buffer'));
    await cache.close();
  }, 300_000);
});
