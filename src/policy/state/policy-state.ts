/** A tensor of the trunk graph: its numbers, row-major, and its shape. */
export interface StateTensor {
  readonly data: Float32Array | BigInt64Array;
  readonly shape: readonly number[];
  /** Of a ring, whose slots are the third dimension: see KeyValueRing. */
  readonly slotVersions?: Uint32Array;
}

/** Consecutive rows of a run of the trunk, [from, to), which are consecutive positions of the sequence too. */
export interface RowSegment {
  readonly from: number;
  readonly to: number;
  /** Position in the sequence of the first of them. */
  readonly position: number;
  /** Whether a time step begins with them; if not, they are the newest of the step under way. */
  readonly beginsStep: boolean;
}

/** What a run of the trunk left behind. */
export interface TrunkRun {
  /** Float32 outputs of the graph by name; the runtime's own memory, to be copied from. */
  readonly outputs: ReadonlyMap<string, Float32Array>;
  /** Rows of the run in all. */
  readonly rows: number;
  /** The rows that stay, in the order of the sequence. */
  readonly kept: readonly RowSegment[];
}

/** A copy of a state at one moment, independent of what becomes of the state. */
export interface StateSnapshot {
  /** Brings the state it was taken of back to that moment, to the bit; any number of times. */
  restore(): void;
}

/**
 * What a policy remembers of its past: inputs of its trunk graph, made from what earlier runs gave. Kinds are in
 * create-state.ts; the manifest says which one a policy has.
 */
export interface PolicyState {
  /** Inputs of the trunk beside embeddings, tokens and positions. */
  readonly inputNames: readonly string[];
  /** Outputs of the trunk beside logits. */
  readonly outputNames: readonly string[];
  /**
   * Which rows come first in a run that has both. A new observation is later in the sequence than the tokens that run
   * with it: where the order of rows matters to a trunk, tokens come first.
   */
  readonly rowOrder: 'embeddings-first' | 'tokens-first';
  /** The inputs as they stand, by name; valid until the next change. */
  inputs(): Readonly<Record<string, StateTensor>>;
  /** Slots of the inputs where the newest rows are, the newest last; -1 for one that is not there any more. None where rows have no slots. */
  newestSlots(rows: number): readonly number[];
  /** Before the run that begins a time step: forgets what that step does not see. */
  makeRoom(): void;
  /** Takes what a run gave. Throws E_STATE_OUTPUT, E_RING_OVERFLOW for outputs of another size. */
  keep(run: TrunkRun): void;
  /** Forgets everything. */
  clear(): void;
  /** Forgets everything and overwrites it: what a failed run left may be NaN, which hiding does not hide. */
  erase(): void;
  snapshot(): StateSnapshot;
}
