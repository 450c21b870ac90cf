import type { Page } from 'playwright-core';
import { quantile } from '../../src/runtime/statistics.ts';

/** How smoothly a page is drawn, and what its main thread does meanwhile. */
export interface FrameRate {
  /** Pictures of the screen a second, by requestAnimationFrame. */
  readonly hz: number;
  /** Between two of them, ms. */
  readonly intervalMs: { readonly p50: number; readonly p99: number };
  /** Shares of the time. */
  readonly busy: { readonly all: number; readonly scripts: number; readonly style: number; readonly layout: number };
}

/** How long it is measured, ms. */
const MEASURED_MS = 4000;

/** Runs in the page: the times of the pictures of the screen. */
const NOTE_PICTURES = `
  new Promise((resolve) => {
    const times = [];
    const note = (nowMs) => {
      times.push(nowMs);
      if (nowMs - times[0] < ${MEASURED_MS}) requestAnimationFrame(note);
      else resolve(times);
    };
    requestAnimationFrame(note);
  })
`;

export async function measureFrames(page: Page): Promise<FrameRate> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const read = async (): Promise<(name: string) => number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (wanted) => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
  };
  const before = await read();
  const drawnMs = await page.evaluate<number[]>(NOTE_PICTURES);
  const after = await read();
  await session.detach();
  const spent = (name: string): number => after(name) - before(name);
  const share = (name: string): number => spent(name) / spent('Timestamp');
  const intervals = drawnMs.slice(1).map((at, index) => at - (drawnMs[index] ?? at));
  return {
    hz: (1000 * intervals.length) / intervals.reduce((sum, interval) => sum + interval, 0),
    intervalMs: { p50: quantile(intervals, 0.5), p99: quantile(intervals, 0.99) },
    busy: {
      all: share('TaskDuration'),
      scripts: share('ScriptDuration'),
      style: share('RecalcStyleDuration'),
      layout: share('LayoutDuration'),
    },
  };
}

export function frameRateText({ hz, intervalMs, busy }: FrameRate): string {
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  return (
    `${hz.toFixed(1)} pictures a second, ${intervalMs.p50.toFixed(1)} ms apart (99th percentile ${intervalMs.p99.toFixed(1)}); ` +
    `main thread busy ${percent(busy.all)}: scripts ${percent(busy.scripts)}, style ${percent(busy.style)}, layout ${percent(busy.layout)}`
  );
}
