import { NS_PER_MS } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';

const PERIOD_NS = 2 * NS_PER_MS;

/** Calls back every 2 ms, on deadlines that do not drift; what was missed is skipped. The result ends it. */
export function inRealTime(clock: Clock, advance: () => void): () => void {
  let deadlineNs = clock.nowNs();
  let timer: NodeJS.Timeout;
  const tick = (): void => {
    advance();
    const nowNs = clock.nowNs();
    deadlineNs = Math.max(deadlineNs + PERIOD_NS, nowNs);
    timer = setTimeout(tick, Math.max(0, Math.floor((deadlineNs - nowNs) / NS_PER_MS)));
  };
  timer = setTimeout(tick, 0);
  return () => clearTimeout(timer);
}
