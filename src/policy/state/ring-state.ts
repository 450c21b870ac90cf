import { outputOf } from './run-output.ts';
import type { KeyValueRing } from './key-value-ring.ts';
import type { PolicyState, StateSnapshot, StateTensor, TrunkRun } from './policy-state.ts';

/**
 * Keys and values of the newest time steps: a sliding window that drops whole steps, the oldest first. Inputs
 * `key_cache`, `value_cache` of shape (layers, kvHeads, slots, headWidth) and `cache_bias` (slots); output `kv`.
 */
export class RingState implements PolicyState {
  readonly inputNames = ['key_cache', 'value_cache', 'cache_bias'];
  readonly outputNames = ['kv'];
  readonly rowOrder = 'embeddings-first';
  readonly #ring: KeyValueRing;
  readonly #steps: number;
  /** Rows of each time step held, oldest first. */
  #stepRows: number[] = [];

  /** @param steps time steps seen, the newest included. */
  constructor(ring: KeyValueRing, steps: number) {
    this.#ring = ring;
    this.#steps = steps;
  }

  inputs(): Readonly<Record<string, StateTensor>> {
    return ringInputs(this.#ring);
  }

  newestSlots(rows: number): readonly number[] {
    return this.#ring.newestSlots(rows);
  }

  makeRoom(): void {
    while (this.#stepRows.length >= this.#steps) this.#ring.dropOldest(this.#stepRows.shift() ?? 0);
  }

  keep(run: TrunkRun): void {
    const output = outputOf(run, 'kv');
    for (const { from, to, beginsStep } of run.kept) {
      this.#ring.append(output, { rows: run.rows, from, to });
      const before = beginsStep ? 0 : (this.#stepRows.pop() ?? 0);
      this.#stepRows.push(before + to - from);
    }
  }

  clear(): void {
    this.#ring.clear();
    this.#stepRows = [];
  }

  erase(): void {
    this.#ring.erase();
    this.#stepRows = [];
  }

  snapshot(): StateSnapshot {
    const content = this.#ring.snapshot();
    const stepRows = [...this.#stepRows];
    return {
      restore: () => {
        this.#ring.restore(content);
        this.#stepRows = [...stepRows];
      },
    };
  }
}

/** The ring's arrays as inputs of a trunk. */
export function ringInputs(ring: KeyValueRing): Readonly<Record<string, StateTensor>> {
  const { slotVersions } = ring;
  const { layers, kvHeads, slots, headWidth } = ring.shape;
  const shape = [layers, kvHeads, slots, headWidth];
  return {
    key_cache: { data: ring.keys, shape, slotVersions },
    value_cache: { data: ring.values, shape, slotVersions },
    cache_bias: { data: ring.bias, shape: [slots] },
  };
}
