import type { StateTensor } from './state/policy-state.ts';

/**
 * One view per layer of a tensor whose first dimension is the layers: shape (layers, ...) becomes (1, ...) each, named
 * `name_0`, `name_1` and so on. Nothing is copied, whereas a graph that takes the whole has to copy it to split it: of 79M
 * parameters with full attention 50 MB in every run.
 */
export function layerInputs(name: string, { data, shape }: StateTensor): Record<string, StateTensor> {
  const [layers = 1, ...rest] = shape;
  const size = data.length / layers;
  return Object.fromEntries(
    Array.from({ length: layers }, (_, layer) => [
      `${name}_${layer}`,
      { data: data.subarray(layer * size, (layer + 1) * size), shape: [1, ...rest] },
    ]),
  );
}

/** The name of the tensor that an input of one layer is part of. */
export function wholeName(layerName: string): string {
  return layerName.replace(/_\d+$/, '');
}
