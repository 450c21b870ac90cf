import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { SharedRing } from '../../../src/runtime/arm/shared-ring.ts';
import { SharedSlot } from '../../../src/runtime/arm/shared-slot.ts';

/** Writes 1, 2, 3 ... into all numbers of a slot, as another thread does, until the reader has enough. */
const WRITER = `
  const { workerData } = require('node:worker_threads');
  const counter = new Int32Array(workerData, 0, 2);
  const values = new Float64Array(workerData, 8);
  for (let value = 1; counter[1] === 0; value += 1) {
    Atomics.store(counter, 0, Atomics.load(counter, 0) | 1);
    values.fill(value);
    Atomics.store(counter, 0, Atomics.load(counter, 0) + 1);
  }
`;

describe('a shared slot', () => {
  it('holds nothing at first, then the newest', () => {
    const slot = new SharedSlot(SharedSlot.allocate(2));
    const into = new Float64Array(2);
    expect(slot.read(into)).toBe(false);
    slot.write([1, 2]);
    slot.write([3]);
    expect(slot.read(into)).toBe(true);
    expect([...into]).toEqual([3, NaN]);
  });

  it('shows no mixture of two writes of another thread', async () => {
    const buffer = SharedSlot.allocate(64);
    const slot = new SharedSlot(buffer);
    const writer = new Worker(WRITER, { eval: true, workerData: buffer });
    const into = new Float64Array(64);
    let [whole, mixed, last] = [0, 0, 0];
    await new Promise((resolve) => writer.once('online', resolve));
    while (whole < 2000) {
      if (!slot.read(into)) continue;
      whole += 1;
      if (into.some((value) => value !== into[0]) || (into[0] ?? 0) < last) mixed += 1;
      last = into[0] ?? 0;
    }
    Atomics.store(new Int32Array(buffer, 0, 2), 1, 1);
    await new Promise((resolve) => writer.once('exit', resolve));
    expect(mixed).toBe(0);
  });

  it('does not keep a reader waiting for a writer that died at work, and the next writer mends it', () => {
    const buffer = SharedSlot.allocate(1);
    const slot = new SharedSlot(buffer);
    slot.write([1]);
    Atomics.add(new Int32Array(buffer, 0, 1), 0, 1);
    const into = new Float64Array(1);
    expect(slot.read(into)).toBe(false);
    slot.write([2]);
    expect(slot.read(into)).toBe(true);
    expect(into[0]).toBe(2);
  });
});

describe('a shared ring', () => {
  it('gives every record once and in order, and says how many were written over', () => {
    const buffer = SharedRing.allocate(2, 8);
    const [writer, reader] = [new SharedRing(buffer, 2), new SharedRing(buffer, 2)];
    const into = new Float64Array(2);
    const taken = (): number[] => {
      const values: number[] = [];
      while (reader.take(into)) values.push(into[0] as number);
      return values;
    };
    const push = (...values: number[]): void => values.forEach((value) => writer.push(Float64Array.of(value, -value)));
    expect(taken()).toEqual([]);
    push(1, 2, 3);
    expect(taken()).toEqual([1, 2, 3]);
    push(...Array.from({ length: 20 }, (_, index) => 10 + index));
    // One slot is left to the writer.
    expect(taken()).toEqual([23, 24, 25, 26, 27, 28, 29]);
    expect(reader.lost).toBe(13);
  });

  it('goes on when its counter wraps around', () => {
    const buffer = SharedRing.allocate(1, 4);
    new Int32Array(buffer, 0, 1)[0] = 2 ** 31 - 2;
    const [writer, reader] = [new SharedRing(buffer, 1), new SharedRing(buffer, 1)];
    const into = new Float64Array(1);
    while (reader.take(into));
    for (const value of [1, 2, 3]) writer.push(Float64Array.of(value));
    const values: number[] = [];
    while (reader.take(into)) values.push(into[0] as number);
    expect(values).toEqual([1, 2, 3]);
  });
});
