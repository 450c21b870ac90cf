import { InferenceSession, Tensor } from 'onnxruntime-node';
import { onnxGraph } from './onnx-graph.ts';
import type { OnnxValue } from './onnx-graph.ts';
import { sessionOptions } from './providers.ts';
import type { SessionSettings } from './providers.ts';
import type { StateTensor } from './state/policy-state.ts';

/** A state tensor that is a ring, by the name of the trunk's input. */
export type RingTensors = Readonly<Record<string, StateTensor & { readonly slotVersions: Uint32Array }>>;

/**
 * Keys and values in the memory of the GPU. The ring here stays the truth, with its snapshots and its way back; of it only
 * slots that were written since the last run go to the GPU, where a graph of our own puts them into their places.
 */
export class DeviceCache {
  readonly #session: InferenceSession;
  readonly #names: readonly string[];
  #tensors: Readonly<Record<string, Tensor>> | undefined;
  /** Versions of the slots as the GPU has them. */
  #versions = new Uint32Array(0);

  private constructor(session: InferenceSession, names: readonly string[]) {
    this.#session = session;
    this.#names = names;
  }

  /** @param names inputs of the trunk that are rings: all of one shape. Throws what the runtime throws. */
  static async open(names: readonly string[], settings: SessionSettings): Promise<DeviceCache> {
    const session = await InferenceSession.create(scatterGraph(names), {
      ...sessionOptions(settings),
      preferredOutputLocation: Object.fromEntries(names.map((name) => [`next_${name}`, 'gpu-buffer' as const])),
    });
    return new DeviceCache(session, names);
  }

  /** The tensors as they stand, in the memory of the GPU, for the next run of the trunk. */
  async inputs(rings: RingTensors): Promise<Readonly<Record<string, Tensor>>> {
    const first = rings[this.#names[0] ?? ''];
    const slotVersions = first?.slotVersions ?? this.#versions;
    const written = [...slotVersions.keys()].filter((slot) => slotVersions[slot] !== this.#versions[slot]);
    const before = this.#tensors;
    if (first === undefined || (before !== undefined && written.length === 0)) return before ?? {};
    // A scatter of no rows would be no run: the first time at least one slot is written over with what it holds.
    const slots = written.length === 0 ? [0] : written;
    const caches = this.#names.map((name) => [name, before?.[name] ?? hostTensor(rings[name] ?? first)] as const);
    const results = await this.#session.run({
      ...Object.fromEntries(caches),
      indices: slotIndices(first.shape, slots),
      rows: rowsOf(
        this.#names.map((name) => rings[name] ?? first),
        slots,
      ),
    });
    const tensors = this.#names.map((name) => [name, results[`next_${name}`]] as const);
    this.#tensors = Object.fromEntries(
      tensors.flatMap(([name, tensor]) => (tensor instanceof Tensor ? [[name, tensor]] : [])),
    );
    this.#versions = slotVersions.slice();
    for (const tensor of Object.values(before ?? {})) tensor.dispose();
    return this.#tensors;
  }

  async close(): Promise<void> {
    for (const tensor of Object.values(this.#tensors ?? {})) tensor.dispose();
    await this.#session.release();
  }
}

/** next_<name> = <name> with rows (names * A, K, N, D) put at indices (A, K, N, 3); a cache has shape (A, K, S, D). */
function scatterGraph(names: readonly string[]): Uint8Array {
  const cache = (name: string): OnnxValue => ({ name, type: 'float32', rank: 4 });
  const parts = names.map((name) => `rows_${name}`);
  return onnxGraph({
    inputs: [...names.map(cache), { name: 'indices', type: 'int64', rank: 4 }, cache('rows')],
    outputs: names.map((name) => cache(`next_${name}`)),
    nodes: [
      { operator: 'Split', inputs: ['rows'], outputs: parts, attributes: { axis: 0, num_outputs: names.length } },
      ...names.map((name) => ({
        operator: 'ScatterND',
        inputs: [name, 'indices', `rows_${name}`],
        outputs: [`next_${name}`],
      })),
    ],
  });
}

function hostTensor({ data, shape }: StateTensor): Tensor {
  return new Tensor('float32', Float32Array.from(data, Number), shape);
}

/** Where the rows of these slots go in a cache of this shape: (A, K, slots, 3). */
function slotIndices([outer = 1, heads = 1]: readonly number[], slots: readonly number[]): Tensor {
  const places: number[] = [];
  for (let layer = 0; layer < outer; layer += 1)
    for (let head = 0; head < heads; head += 1) for (const slot of slots) places.push(layer, head, slot);
  return new Tensor('int64', BigInt64Array.from(places, BigInt), [outer, heads, slots.length, 3]);
}

/** The rows of these slots, of all caches one after another: (caches * A, K, slots, D). */
function rowsOf(caches: readonly StateTensor[], slots: readonly number[]): Tensor {
  const [outer = 1, heads = 1, capacity = 1, width = 1] = caches[0]?.shape ?? [];
  const rows = new Float32Array(caches.length * outer * heads * slots.length * width);
  let at = 0;
  for (const { data } of caches) {
    if (!(data instanceof Float32Array)) continue;
    for (let head = 0; head < outer * heads; head += 1) {
      for (const slot of slots) {
        const from = (head * capacity + slot) * width;
        rows.set(data.subarray(from, from + width), at);
        at += width;
      }
    }
  }
  return new Tensor('float32', rows, [caches.length * outer, heads, slots.length, width]);
}
