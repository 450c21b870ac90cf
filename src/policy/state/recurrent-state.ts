import type { PolicyState, StateSnapshot, StateTensor, TrunkRun } from './policy-state.ts';
import { outputOf } from './run-output.ts';

/** One tensor that a recurrent trunk carries from run to run. */
export interface StateTensorSpec {
  /** The trunk takes `state_<name>` and gives `next_<name>`. */
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * Named tensors that a trunk replaces in each run (RetNet, Mamba): float32, zero in the beginning, of the same size
 * however long the past. Rows of a run are taken in the order they have.
 */
export class RecurrentState implements PolicyState {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly rowOrder = 'tokens-first';
  readonly #tensors: readonly { readonly spec: StateTensorSpec; readonly data: Float32Array }[];

  constructor(specs: readonly StateTensorSpec[]) {
    this.inputNames = specs.map(({ name }) => `state_${name}`);
    this.outputNames = specs.map(({ name }) => `next_${name}`);
    const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
    this.#tensors = specs.map((spec) => ({ spec, data: new Float32Array(size(spec.shape)) }));
  }

  inputs(): Readonly<Record<string, StateTensor>> {
    return Object.fromEntries(
      this.#tensors.map(({ spec, data }) => [`state_${spec.name}`, { data, shape: spec.shape }]),
    );
  }

  newestSlots(): readonly number[] {
    return [];
  }

  /** The past fades by itself. */
  makeRoom(): void {
    return;
  }

  /** Every row of the run is in the tensors it gave, kept or not. */
  keep(run: TrunkRun): void {
    // All are looked at before one is replaced, so that a wrong run leaves no half state.
    const next = this.#tensors.map(({ spec, data }) => outputOf(run, `next_${spec.name}`, data.length));
    next.forEach((output, index) => this.#tensors[index]?.data.set(output));
  }

  clear(): void {
    for (const { data } of this.#tensors) data.fill(0);
  }

  erase(): void {
    this.clear();
  }

  snapshot(): StateSnapshot {
    const copies = this.#tensors.map(({ data }) => data.slice());
    return { restore: () => copies.forEach((copy, index) => this.#tensors[index]?.data.set(copy)) };
  }
}
