import type { KeyValueRing } from './key-value-ring.ts';
import type { PolicyState, StateSnapshot, StateTensor, TrunkRun } from './policy-state.ts';
import { ringInputs } from './ring-state.ts';
import { outputOf } from './run-output.ts';

/**
 * Keys and values of the newest positions, for attention by distance (TransformerXL): keys carry no position, so the
 * trunk is told which one lies in each slot. A memory of as many positions as the ring has slots; when it is full each new
 * row evicts the oldest. It may begin full of rows of zeros. Inputs as of RingState and `cache_positions`, int64, shape (slots); output `kv`.
 */
export class RelativeRingState implements PolicyState {
  readonly inputNames = ['key_cache', 'value_cache', 'cache_bias', 'cache_positions'];
  readonly outputNames = ['kv'];
  readonly rowOrder = 'embeddings-first';
  readonly #ring: KeyValueRing;
  readonly #beforeStart: 'nothing' | 'zeros';
  readonly #positions: BigInt64Array;

  constructor(ring: KeyValueRing, beforeStart: 'nothing' | 'zeros' = 'nothing') {
    this.#ring = ring;
    this.#beforeStart = beforeStart;
    this.#positions = new BigInt64Array(ring.shape.slots);
    this.clear();
  }

  inputs(): Readonly<Record<string, StateTensor>> {
    const { slots } = this.#ring.shape;
    return { ...ringInputs(this.#ring), cache_positions: { data: this.#positions, shape: [slots] } };
  }

  newestSlots(rows: number): readonly number[] {
    return this.#ring.newestSlots(rows);
  }

  /** The memory counts positions, not steps. */
  makeRoom(): void {
    return;
  }

  keep(run: TrunkRun): void {
    const output = outputOf(run, 'kv');
    const { slots } = this.#ring.shape;
    for (const segment of run.kept) {
      const { to } = segment;
      // Of more rows than fit, the newest.
      const from = Math.max(segment.from, to - slots);
      this.#ring.append(output, { rows: run.rows, from, to });
      const firstSlot = this.#ring.oldestSlot + this.#ring.length - (to - from);
      const first = segment.position + from - segment.from;
      for (let row = 0; row < to - from; row += 1) this.#positions[(firstSlot + row) % slots] = BigInt(first + row);
    }
  }

  clear(): void {
    if (this.#beforeStart === 'zeros') this.#ring.fillWithZeros();
    else this.#ring.clear();
    const { slots } = this.#ring.shape;
    for (let slot = 0; slot < slots; slot += 1) this.#positions[slot] = BigInt(slot - slots);
  }

  erase(): void {
    this.#ring.erase();
    this.clear();
  }

  snapshot(): StateSnapshot {
    const content = this.#ring.snapshot();
    const positions = this.#positions.slice();
    return {
      restore: () => {
        this.#ring.restore(content);
        this.#positions.set(positions);
      },
    };
  }
}
