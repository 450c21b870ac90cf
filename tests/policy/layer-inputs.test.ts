import { describe, expect, it } from 'vitest';
import { layerInputs, wholeName } from '../../src/policy/layer-inputs.ts';

describe('layerInputs', () => {
  it('names a view of each layer, and copies nothing', () => {
    const data = Float32Array.from({ length: 12 }, (_, index) => index);
    const parts = layerInputs('key_cache', { data, shape: [3, 2, 2] });
    expect(Object.keys(parts)).toEqual(['key_cache_0', 'key_cache_1', 'key_cache_2']);
    expect(Object.keys(parts).map(wholeName)).toEqual(['key_cache', 'key_cache', 'key_cache']);
    expect(parts['key_cache_1']?.shape).toEqual([1, 2, 2]);
    expect([...(parts['key_cache_1']?.data ?? [])]).toEqual([4, 5, 6, 7]);
    data[4] = 99;
    expect(parts['key_cache_1']?.data[0]).toBe(99);
  });
});
