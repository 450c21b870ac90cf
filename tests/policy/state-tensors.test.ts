import { describe, expect, it } from 'vitest';
import { StateTensors } from '../../src/policy/state-tensors.ts';

describe('StateTensors', () => {
  const keys = Float32Array.from({ length: 12 }, (_, index) => index);

  it('gives a trunk that takes layers a view for each', () => {
    const made = new StateTensors(['keys_0', 'keys_1']).tensors('keys', { data: keys, shape: [2, 3, 2] });
    expect(Object.keys(made)).toEqual(['keys_0', 'keys_1']);
    expect(made['keys_1']?.dims).toEqual([1, 3, 2]);
    expect(made['keys_1']?.data).toEqual(keys.subarray(6));
  });

  it('gives a trunk that takes it whole one tensor', () => {
    const made = new StateTensors(['keys']).tensors('keys', { data: keys, shape: [2, 3, 2] });
    expect(made['keys']?.dims).toEqual([2, 3, 2]);
  });

  it('makes tensors over the same array once, which show what is written there later', () => {
    const tensors = new StateTensors(['bias']);
    const bias = new Float32Array(2);
    const first = tensors.tensors('bias', { data: bias, shape: [2] });
    bias[1] = 7;
    expect(tensors.tensors('bias', { data: bias, shape: [2] })).toBe(first);
    expect(first['bias']?.data).toEqual(Float32Array.of(0, 7));
  });

  it('makes other tensors over another array, as after going back to a snapshot', () => {
    const tensors = new StateTensors(['steps']);
    const first = tensors.tensors('steps', { data: BigInt64Array.of(1n), shape: [1] });
    const other = tensors.tensors('steps', { data: BigInt64Array.of(2n), shape: [1] });
    expect(other['steps']?.data).toEqual(BigInt64Array.of(2n));
    expect(first['steps']?.data).toEqual(BigInt64Array.of(1n));
  });
});
