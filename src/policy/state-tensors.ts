import { Tensor } from 'onnxruntime-node';
import { layerInputs } from './layer-inputs.ts';
import type { StateTensor } from './state/policy-state.ts';

/**
 * A state as inputs of a trunk, which takes a tensor whole or layer by layer. Tensors over an array that stays are made once:
 * a tick has up to a hundred of them, and each takes a microsecond or two.
 */
export class StateTensors {
  readonly #inputNames: ReadonlySet<string>;
  readonly #made = new WeakMap<StateTensor['data'], Readonly<Record<string, Tensor>>>();

  /** @param inputNames of the trunk */
  constructor(inputNames: readonly string[]) {
    this.#inputNames = new Set(inputNames);
  }

  /** The tensor, or a view of it for each layer, by the trunk's name for it. */
  parts(name: string, tensor: StateTensor): Readonly<Record<string, StateTensor>> {
    return this.#inputNames.has(name) ? { [name]: tensor } : layerInputs(name, tensor);
  }

  /** The same as the runtime takes them: over the memory of the state, not copies. */
  tensors(name: string, tensor: StateTensor): Readonly<Record<string, Tensor>> {
    const known = this.#made.get(tensor.data);
    if (known !== undefined) return known;
    const parts = Object.entries(this.parts(name, tensor));
    const made = Object.fromEntries(parts.map(([part, { data, shape }]) => [part, tensorOver(data, shape)]));
    this.#made.set(tensor.data, made);
    return made;
  }
}

function tensorOver(data: StateTensor['data'], shape: readonly number[]): Tensor {
  return data instanceof Float32Array ? new Tensor('float32', data, shape) : new Tensor('int64', data, shape);
}
