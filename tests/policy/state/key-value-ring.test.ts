import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyValueRing } from '../../../src/policy/state/key-value-ring.ts';
import type { RingShape } from '../../../src/policy/state/ring-snapshot.ts';

const shape: RingShape = { layers: 2, kvHeads: 3, slots: 5, headWidth: 2 };

/** The trunk's kv output for rows with these serial numbers: every number tells where it belongs. */
function rowsFor(serials: readonly number[], { layers, kvHeads, headWidth }: RingShape): Float32Array {
  const numbers: number[] = [];
  for (let block = 0; block < 2 * layers * kvHeads; block += 1) {
    for (const serial of serials) {
      for (let column = 0; column < headWidth; column += 1) numbers.push(serial * 1000 + block * 10 + column);
    }
  }
  return Float32Array.from(numbers);
}

/** Serial numbers of the visible rows, after checking that each row is whole in all layers and heads. */
function visibleSerials(ring: KeyValueRing): number[] {
  const { layers, kvHeads, slots, headWidth } = ring.shape;
  const serials: number[] = [];
  for (let slot = 0; slot < slots; slot += 1) {
    if (ring.bias[slot] !== 0) {
      expect(ring.bias[slot]).toBe(-1e9);
      continue;
    }
    const serial = Math.floor((ring.keys[slot * headWidth] ?? 0) / 1000);
    serials.push(serial);
    for (let head = 0; head < layers * kvHeads; head += 1) {
      for (let column = 0; column < headWidth; column += 1) {
        const place = (head * slots + slot) * headWidth + column;
        expect(ring.keys[place]).toBe(serial * 1000 + head * 10 + column);
        expect(ring.values[place]).toBe(serial * 1000 + (layers * kvHeads + head) * 10 + column);
      }
    }
  }
  return serials.toSorted((left, right) => left - right);
}

const operation = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), rows: fc.integer({ min: 0, max: shape.slots }) }),
  fc.record({ kind: fc.constant('drop' as const), rows: fc.integer({ min: 0, max: shape.slots + 2 }) }),
  fc.record({ kind: fc.constant('clear' as const), rows: fc.constant(0) }),
);

describe('KeyValueRing', () => {
  it('holds the same rows as a list that drops from its front, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const ring = new KeyValueRing(shape);
        let list: number[] = [];
        let next = 1;
        for (const { kind, rows } of operations) {
          if (kind === 'append') {
            const serials = Array.from({ length: rows }, () => next++);
            ring.append(rowsFor(serials, shape), { rows: rows });
            list = [...list, ...serials].slice(-shape.slots);
          } else if (kind === 'drop') {
            ring.dropOldest(rows);
            list = list.slice(rows);
          } else {
            ring.clear();
            list = [];
          }
          expect(ring.length).toBe(list.length);
          expect(visibleSerials(ring)).toEqual(list);
        }
      }),
    );
  });

  it('goes back to a snapshot, which later appends do not change', () => {
    const ring = new KeyValueRing(shape);
    ring.append(rowsFor([1, 2, 3, 4], shape), { rows: 4 });
    ring.dropOldest(1);
    const snapshot = ring.snapshot();
    ring.append(rowsFor([5, 6, 7, 8], shape), { rows: 4 });
    ring.restore(snapshot);
    expect(visibleSerials(ring)).toEqual([2, 3, 4]);
    ring.append(rowsFor([9, 10, 11], shape), { rows: 3 });
    expect(visibleSerials(ring)).toEqual([3, 4, 9, 10, 11]);
  });

  it('goes back to any of its snapshots any number of times, whatever came between', () => {
    const wide: RingShape = { ...shape, slots: 11 };
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 0, max: 6 }) }),
      },
      fc.record({ kind: fc.constant('drop' as const), count: fc.integer({ min: 0, max: 4 }) }),
      fc.record({ kind: fc.constant('clear' as const), count: fc.constant(0) }),
      fc.record({ kind: fc.constant('snapshot' as const), count: fc.constant(0) }),
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('restore' as const), count: fc.nat(3) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ring = new KeyValueRing(wide);
        const taken = [{ snapshot: ring.snapshot(), list: [] as number[] }];
        let list: number[] = [];
        let next = 1;
        for (const { kind, count } of steps) {
          if (kind === 'append') {
            const serials = Array.from({ length: count }, () => next++);
            ring.append(rowsFor(serials, wide), { rows: count });
            list = [...list, ...serials].slice(-wide.slots);
          } else if (kind === 'drop') {
            ring.dropOldest(count);
            list = list.slice(count);
          } else if (kind === 'clear') {
            ring.clear();
            list = [];
          } else if (kind === 'snapshot') taken.push({ snapshot: ring.snapshot(), list });
          else {
            const chosen = taken[count % taken.length];
            if (chosen === undefined) continue;
            ring.restore(chosen.snapshot);
            list = chosen.list;
          }
          expect(visibleSerials(ring)).toEqual(list);
        }
      }),
    );
  });

  it('takes a range of the rows of an output, also around its end', () => {
    const ring = new KeyValueRing(shape);
    const output = rowsFor([1, 2, 3, 4], shape);
    ring.append(output, { rows: 4, from: 3 });
    ring.append(output, { rows: 4, to: 3 });
    expect(visibleSerials(ring)).toEqual([1, 2, 3, 4]);
    ring.dropOldest(1);
    expect(visibleSerials(ring)).toEqual([1, 2, 3]);
    ring.append(rowsFor([5, 6, 7, 8], shape), { rows: 4, from: 1, to: 3 });
    expect(visibleSerials(ring)).toEqual([1, 2, 3, 6, 7]);
  });

  it('refuses more rows at once than it has slots, and rows of another shape', () => {
    const ring = new KeyValueRing(shape);
    expect(() => ring.append(rowsFor([1, 2, 3, 4, 5, 6], shape), { rows: 6 })).toThrow(
      /E_RING_OVERFLOW.*at most 5 rows/,
    );
    expect(() => ring.append(new Float32Array(7), { rows: 1 })).toThrow(/E_RING_OVERFLOW/);
    expect(ring.length).toBe(0);
  });
});
