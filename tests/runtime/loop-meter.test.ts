import { describe, expect, it } from 'vitest';
import { LoopMeter } from '../../src/runtime/loop-meter.ts';

const MS = 1e6;
const RATES = { gateHz: 100, controlHz: 20 };
const decided = (computeNs: number) => ({ target: undefined, computeNs });

describe('LoopMeter', () => {
  it('measures nothing before the first tick, and no rate before the second', () => {
    const meter = new LoopMeter(RATES);
    expect(meter).toMatchObject({ timeS: 0, rateHz: 0, latenessMs: [], inferenceMs: [] });
    meter.note({ timeNs: 7000 * MS, decision: undefined });
    expect(meter).toMatchObject({ timeS: 0, rateHz: 0, latenessMs: [0], inferenceMs: [] });
  });

  it('measures the rate, how late the ticks came and how long the decisions took', () => {
    const meter = new LoopMeter(RATES);
    for (const timeMs of [5000, 5010, 5024, 5030]) meter.note({ timeNs: timeMs * MS, decision: undefined });
    meter.note({ timeNs: 5040 * MS, decision: decided(3 * MS) });
    expect(meter.timeS).toBeCloseTo(0.04, 12);
    expect(meter.rateHz).toBeCloseTo(100, 9);
    expect(meter.latenessMs.map((latenessMs) => Math.round(latenessMs * 1000) / 1000)).toEqual([0, 0, 4, 0, 0]);
    expect(meter.inferenceMs).toEqual([3]);
  });

  it('looks back three seconds, but for the time since the first tick', () => {
    const meter = new LoopMeter(RATES);
    for (let tick = 0; tick < 1000; tick += 1)
      meter.note({ timeNs: tick * 10 * MS, decision: tick % 5 === 0 ? decided(tick) : undefined });
    expect(meter.latenessMs.length).toBe(300);
    expect(meter.inferenceMs.length).toBe(60);
    expect(meter.inferenceMs.at(-1)).toBe(995 / MS);
    expect(meter.timeS).toBeCloseTo(9.99, 12);
    expect(meter.rateHz).toBeCloseTo(100, 9);
  });
});
