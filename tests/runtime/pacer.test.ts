import { describe, expect, it } from 'vitest';
import { MonotonicClock, VirtualClock } from '../../src/core/clock.ts';
import { LockstepPacer, RealTimePacer, TimerSleeper } from '../../src/runtime/pacer.ts';

const PERIOD_NS = 1e7;

describe('LockstepPacer', () => {
  it('lets one period pass in the world before every tick but the first', async () => {
    const clock = new VirtualClock();
    const advances: number[] = [];
    const pacer = new LockstepPacer({ clock, periodNs: PERIOD_NS, advance: () => advances.push(clock.nowNs()) });
    expect([await pacer.nextTick(), await pacer.nextTick(), await pacer.nextTick()]).toEqual([0, 1e7, 2e7]);
    expect(advances).toEqual([1e7, 2e7]);
    pacer.reset();
    expect(await pacer.nextTick()).toBe(2e7);
  });
});

describe('RealTimePacer', () => {
  /** A sleeper that wakes late by the given durations, one after the other. */
  function pacerWaking(lateNs: readonly number[]) {
    const clock = new VirtualClock();
    const deadlines: number[] = [];
    const advances: number[] = [];
    const sleeper = {
      sleepUntilNs: (deadlineNs: number): Promise<void> => {
        const late = lateNs[deadlines.length] ?? 0;
        deadlines.push(deadlineNs);
        clock.advanceNs(Math.max(0, deadlineNs + late - clock.nowNs()));
        return Promise.resolve();
      },
    };
    const advance = (durationNs: number): number => advances.push(durationNs);
    return { clock, deadlines, advances, pacer: new RealTimePacer({ clock, periodNs: PERIOD_NS, advance, sleeper }) };
  }

  it('keeps to absolute deadlines: lateness does not add up', async () => {
    const { pacer, deadlines } = pacerWaking([3e6, 2e6, 4e6]);
    for (let tick = 0; tick < 4; tick += 1) await pacer.nextTick();
    expect(deadlines).toEqual([1e7, 2e7, 3e7]);
    expect(pacer.latenessNs).toEqual([3e6, 2e6, 4e6]);
    expect(pacer.skippedTicks).toBe(0);
  });

  it('skips the periods it missed, counts them, and lets the world go on by them', async () => {
    const { pacer, deadlines, advances } = pacerWaking([0, 2.5e7, 0]);
    for (let tick = 0; tick < 4; tick += 1) await pacer.nextTick();
    expect(deadlines).toEqual([1e7, 2e7, 5e7]);
    expect(advances).toEqual([1e7, 3e7, 1e7]);
    expect(pacer.skippedTicks).toBe(2);
  });

  it('starts anew after a reset', async () => {
    const { pacer, clock } = pacerWaking([5e6]);
    await pacer.nextTick();
    await pacer.nextTick();
    pacer.reset();
    clock.advanceNs(1e9);
    expect(await pacer.nextTick()).toBe(clock.nowNs());
    expect(pacer.latenessNs).toEqual([]);
  });
});

describe('TimerSleeper', () => {
  it('does not wake before the deadline', async () => {
    const clock = new MonotonicClock();
    const sleeper = new TimerSleeper(clock);
    for (const durationNs of [0, 3e5, 2.5e6, 7e6]) {
      const deadlineNs = clock.nowNs() + durationNs;
      await sleeper.sleepUntilNs(deadlineNs);
      expect(clock.nowNs()).toBeGreaterThanOrEqual(deadlineNs);
    }
  });
});
