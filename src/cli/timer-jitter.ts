import { NS_PER_S } from '../core/clock.ts';

/** How late ticks on absolute deadlines came, ns. */
export interface TimerJitter {
  readonly ticks: number;
  readonly medianNs: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly worstNs: number;
  /** Whole periods that passed without their tick. */
  readonly missed: number;
}

/**
 * The last stretch before a deadline is spun: the system wakes a sleeping thread about 0.1 ms late.
 */
const SPIN_NS = 200_000;

/**
 * Blocks this thread for `seconds` and ticks at `rateHz` on absolute deadlines, as the thread that
 * drives an arm does. A period that was missed is skipped, never caught up.
 */
export function measureTimerJitter(rateHz: number, seconds: number): TimerJitter {
  const periodNs = NS_PER_S / rateHz;
  const asleep = new Int32Array(new SharedArrayBuffer(4));
  const latenessNs: number[] = [];
  const startNs = nowNs();
  let missed = 0;
  for (let deadlineNs = startNs + periodNs; deadlineNs < startNs + seconds * NS_PER_S; deadlineNs += periodNs) {
    const sleepNs = deadlineNs - nowNs() - SPIN_NS;
    if (sleepNs > 0) Atomics.wait(asleep, 0, 0, sleepNs / 1e6);
    let now = nowNs();
    while (now < deadlineNs) now = nowNs();
    latenessNs.push(now - deadlineNs);
    const skipped = Math.floor((now - deadlineNs) / periodNs);
    missed += skipped;
    deadlineNs += skipped * periodNs;
  }
  latenessNs.sort((left, right) => left - right);
  // Rounded up: of few ticks the high quantiles are the worst one.
  const quantile = (fraction: number): number => latenessNs[Math.ceil(fraction * (latenessNs.length - 1))] ?? 0;
  return {
    ticks: latenessNs.length + missed,
    medianNs: quantile(0.5),
    p99Ns: quantile(0.99),
    p999Ns: quantile(0.999),
    worstNs: quantile(1),
    missed,
  };
}

function nowNs(): number {
  return Number(process.hrtime.bigint());
}
