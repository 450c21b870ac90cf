/** Numbers for an input of a graph, row-major, and their shape. */
interface Numbers {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** The names of an input that a graph takes layer by layer. */
export function layerNames(name: string, layers: number): string[] {
  return Array.from({ length: layers }, (_, layer) => `${name}_${layer}`);
}

/**
 * One view per layer of numbers whose first dimension is the layers: shape (layers, ...) becomes (1, ...) each, named
 * `name_0`, `name_1` and so on. Nothing is copied, whereas a graph that takes the whole has to copy it to split it: of 79M
 * parameters with full attention 50 MB in every run.
 */
export function layerInputs(name: string, { data, shape }: Numbers): Record<string, Numbers> {
  const [layers = 1, ...rest] = shape;
  const size = data.length / layers;
  return Object.fromEntries(
    layerNames(name, layers).map((layerName, layer) => [
      layerName,
      { data: data.subarray(layer * size, (layer + 1) * size), shape: [1, ...rest] },
    ]),
  );
}
