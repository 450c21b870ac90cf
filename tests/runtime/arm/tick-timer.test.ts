import { describe, expect, it } from 'vitest';
import { TickTimer } from '../../../src/runtime/arm/tick-timer.ts';

const PERIOD_NS = 1e6;

/** A clock that goes on by a little with every look at it, and by jumps as told. */
class SteppingClock {
  timeNs = 0;

  nowNs(): number {
    this.timeNs += 1000;
    return this.timeNs;
  }
}

function start(): { clock: SteppingClock; timer: TickTimer } {
  const clock = new SteppingClock();
  return { clock, timer: new TickTimer(clock, PERIOD_NS) };
}

describe('the timer of the gate', () => {
  it('ticks on whole periods since the start, so that lateness does not add up', () => {
    const { timer } = start();
    const [first, last] = [timer.wait().deadlineNs, Array.from({ length: 50 }, () => timer.wait().deadlineNs).at(-1)];
    expect((last ?? 0) - first).toBe(50 * PERIOD_NS);
    expect(timer.wait().skipped).toBe(0);
  });

  it('skips the periods that were missed and never catches up with them', () => {
    const { clock, timer } = start();
    const before = timer.wait().deadlineNs;
    clock.timeNs += 7.3 * PERIOD_NS;
    const late = { ...timer.wait() };
    expect(late.skipped).toBe(6);
    expect(late.deadlineNs - before).toBe(7 * PERIOD_NS);
    const next = timer.wait();
    expect(next.deadlineNs - late.deadlineNs).toBe(PERIOD_NS);
    expect(next.skipped).toBe(6);
  });

  it('leaves half a period at least between two ticks', () => {
    const { clock, timer } = start();
    let lastNs = timer.wait().nowNs;
    for (const jump of [0.2, 1.45, 1.55, 0.9, 2.99, 0, 1.5]) {
      clock.timeNs += jump * PERIOD_NS;
      const { nowNs } = timer.wait();
      expect(nowNs - lastNs).toBeGreaterThanOrEqual(PERIOD_NS / 2 - 2000);
      lastNs = nowNs;
    }
  });

  it('goes on ticking when the clock is set back', () => {
    const { clock, timer } = start();
    timer.wait();
    clock.timeNs -= 1e9;
    const { nowNs } = timer.wait();
    expect(timer.wait().nowNs - nowNs).toBeLessThan(2 * PERIOD_NS);
  });

  it('has something begun ahead of each tick, once, and also ahead of a late one', () => {
    const clock = new SteppingClock();
    const begunNs: number[] = [];
    const timer = new TickTimer(clock, PERIOD_NS, { leadNs: 0.3 * PERIOD_NS, act: () => begunNs.push(clock.timeNs) });
    const { nowNs } = timer.wait();
    expect(begunNs).toHaveLength(1);
    expect(begunNs[0]).toBeLessThan(nowNs);
    clock.timeNs += 3 * PERIOD_NS;
    timer.wait();
    expect(begunNs).toHaveLength(2);
  });
});
