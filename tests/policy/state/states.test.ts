import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyValueRing } from '../../../src/policy/state/key-value-ring.ts';
import type { PolicyState, RowSegment, StateSnapshot, TrunkRun } from '../../../src/policy/state/policy-state.ts';
import { RecurrentState } from '../../../src/policy/state/recurrent-state.ts';
import { RelativeRingState } from '../../../src/policy/state/relative-ring-state.ts';
import { RingState } from '../../../src/policy/state/ring-state.ts';

const shape = { layers: 2, kvHeads: 1, slots: 6, headWidth: 2 };
const tensors = [
  { name: 'sum', shape: [2, 3] },
  { name: 'scale', shape: [2] },
];

const kinds: readonly (readonly [string, () => PolicyState])[] = [
  ['ring', () => new RingState(new KeyValueRing(shape), 2)],
  ['relative-ring', () => new RelativeRingState(new KeyValueRing(shape))],
  ['relative-ring full of zeros', () => new RelativeRingState(new KeyValueRing(shape), 'zeros')],
  ['recurrent', () => new RecurrentState(tensors)],
];

/** A run of rows whose numbers all tell the position of their row; a recurrent trunk's tell the last one's. */
function runOf(position: number, rows: number, beginsStep: boolean): TrunkRun {
  const kv: number[] = [];
  for (let block = 0; block < 2 * shape.layers * shape.kvHeads; block += 1) {
    for (let row = 0; row < rows; row += 1) kv.push(...Array<number>(shape.headWidth).fill(position + row));
  }
  const last = position + rows - 1;
  const outputs = new Map([
    ['kv', Float32Array.from(kv)],
    ['next_sum', new Float32Array(6).fill(last)],
    ['next_scale', new Float32Array(2).fill(-last)],
  ]);
  const kept: RowSegment[] = [{ from: 0, to: rows, position, beginsStep }];
  return { outputs, rows, kept };
}

function numbersOf(state: PolicyState): Record<string, unknown> {
  return Object.fromEntries(Object.entries(state.inputs()).map(([name, { data }]) => [name, data.slice()]));
}

/** Positions that a ring shows, in order. */
function visible(state: PolicyState): number[] {
  const { cache_bias: bias, key_cache: keys } = state.inputs();
  return Array.from({ length: shape.slots }, (_, slot) => slot)
    .filter((slot) => bias?.data[slot] === 0)
    .map((slot) => Number(keys?.data[slot * shape.headWidth]))
    .toSorted((left, right) => left - right);
}

const someRuns = fc.array(fc.record({ rows: fc.integer({ min: 1, max: 3 }), beginsStep: fc.boolean() }), {
  maxLength: 12,
});

function go(state: PolicyState, runs: readonly { rows: number; beginsStep: boolean }[], from = 0): number {
  let position = from;
  for (const { rows, beginsStep } of runs) {
    if (beginsStep) state.makeRoom();
    state.keep(runOf(position, rows, beginsStep));
    position += rows;
  }
  return position;
}

describe.each(kinds)('%s state', (_, create) => {
  it('is after a snapshot was restored what it was, to the bit, however often and whatever came between', () => {
    fc.assert(
      fc.property(someRuns, someRuns, fc.boolean(), (before, between, erases) => {
        const state = create();
        const position = go(state, before);
        const snapshot = state.snapshot();
        const then = numbersOf(state);
        for (let time = 0; time < 2; time += 1) {
          go(state, between, position);
          if (erases) state.erase();
          snapshot.restore();
          expect(numbersOf(state)).toEqual(then);
        }
        const twin = create();
        go(twin, before);
        go(twin, between, position);
        go(state, between, position);
        expect(numbersOf(state)).toEqual(numbersOf(twin));
      }),
    );
  });

  it('goes back to any of several snapshots, in any order, with runs, clearings and erasures between', () => {
    const deed = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('run' as const), count: fc.integer({ min: 1, max: 3 }) }) },
      fc.record({ kind: fc.constantFrom('take' as const, 'clear' as const, 'erase' as const), count: fc.constant(0) }),
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('restore' as const), count: fc.nat(5) }) },
    );
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
        const state = create();
        const taken: { snapshot: StateSnapshot; numbers: unknown }[] = [];
        for (const [index, { kind, count }] of deeds.entries()) {
          const known = taken[count % Math.max(1, taken.length)];
          if (kind === 'run') go(state, [{ rows: count, beginsStep: index % 2 === 0 }], 10 * index);
          else if (kind === 'take') taken.push({ snapshot: state.snapshot(), numbers: numbersOf(state) });
          else if (kind === 'clear') state.clear();
          else if (kind === 'erase') state.erase();
          else if (known !== undefined) {
            known.snapshot.restore();
            expect(numbersOf(state)).toEqual(known.numbers);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is as new once erased', () => {
    const state = create();
    go(state, [{ rows: 3, beginsStep: true }]);
    state.erase();
    expect(numbersOf(state)).toEqual(numbersOf(create()));
  });

  it('has an input for each name it lists, of the size of its shape, and refuses a run without its outputs', () => {
    const state = create();
    expect(Object.keys(state.inputs()).toSorted()).toEqual([...state.inputNames].toSorted());
    for (const { data, shape: lengths } of Object.values(state.inputs()))
      expect(data).toHaveLength(lengths.reduce((product, length) => product * length, 1));
    expect(() => state.keep({ ...runOf(0, 1, true), outputs: new Map() })).toThrow(/E_STATE_OUTPUT/);
  });
});

describe('RingState', () => {
  it('shows the steps it was made for, and no part of an older one', () => {
    const state = new RingState(new KeyValueRing(shape), 2);
    const step = [
      { rows: 2, beginsStep: true },
      { rows: 1, beginsStep: false },
    ];
    go(state, step);
    go(state, step, 3);
    expect(visible(state)).toEqual([0, 1, 2, 3, 4, 5]);
    state.makeRoom();
    expect(visible(state)).toEqual([3, 4, 5]);
  });
});

describe('RelativeRingState', () => {
  it('shows the newest positions, as many as it has slots, and tells which one lies where', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 10 }), (counts) => {
        const state = new RelativeRingState(new KeyValueRing(shape));
        const end = go(
          state,
          counts.map((rows) => ({ rows, beginsStep: true })),
        );
        const expected = Array.from({ length: Math.min(end, shape.slots) }, (_, index) => end - 1 - index);
        expect(visible(state)).toEqual(expected.toReversed());
        const { cache_positions: positions, key_cache: keys, cache_bias: bias } = state.inputs();
        for (let slot = 0; slot < shape.slots; slot += 1) {
          if (bias?.data[slot] === 0) expect(Number(positions?.data[slot])).toBe(keys?.data[slot * shape.headWidth]);
        }
      }),
    );
  });
});

describe('RecurrentState', () => {
  it('holds what the last run gave, and nothing of a run whose outputs have another size', () => {
    const state = new RecurrentState(tensors);
    expect(state.inputNames).toEqual(['state_sum', 'state_scale']);
    expect(state.outputNames).toEqual(['next_sum', 'next_scale']);
    state.keep(runOf(0, 4, true));
    const { state_sum: sum, state_scale: scale } = state.inputs();
    expect([...(sum?.data ?? [])]).toEqual([3, 3, 3, 3, 3, 3]);
    expect(sum?.shape).toEqual([2, 3]);
    expect([...(scale?.data ?? [])]).toEqual([-3, -3]);
    const wrong = new Map([...runOf(9, 1, true).outputs, ['next_scale', new Float32Array(3)] as const]);
    expect(() => state.keep({ outputs: wrong, rows: 1, kept: [] })).toThrow(
      /E_STATE_OUTPUT.*next_scale.*Expected 2 numbers/,
    );
    expect([...(state.inputs()['state_sum']?.data ?? [])]).toEqual([3, 3, 3, 3, 3, 3]);
  });
});
