import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { LATENESS_EDGES_MS } from '../../../src/serve/messages.ts';
import type { FrameMessage } from '../../../src/serve/messages.ts';
import { Curves } from '../curves.tsx';
import { PageRate } from '../page-rate.ts';
import { useNews } from '../use-news.ts';
import type { ViewSource } from '../view-source.ts';
import { figure } from '../words.ts';

/** Whether everything comes in time. */
export function LoopPanel({ source }: { readonly source: ViewSource }): JSX.Element {
  useNews(source, ['frame'], 250);
  const { frame, history } = source;
  const loop = frame?.loop;
  return (
    <section class="loop" aria-labelledby="loop-title">
      <h2 id="loop-title">Timing</h2>
      <dl>
        {frame !== undefined && <Figures frame={frame} />}
        <PageFigures />
      </dl>
      <Histogram counts={loop?.histogram ?? []} />
      <Curves
        name="Time to decide and lateness of the gate over time, ms"
        timesS={history.timesS}
        isFromZero
        height={130}
        curves={[
          { label: 'deciding (ms)', values: history.inferenceMs },
          { label: 'gate late (ms)', values: history.latenessMs },
        ]}
      />
    </section>
  );
}

/** Rates and times in words. */
function Figures({ frame: { loop, sensors } }: { readonly frame: FrameMessage }): JSX.Element {
  return (
    <>
      <dt>Gate</dt>
      <dd>
        {figure(loop.rateHz, 1)} of {figure(loop.wantedHz, 0)} ticks a second, {loop.skippedTicks} skipped
      </dd>
      <dt>Late</dt>
      <dd>
        {figure(loop.latenessMs.p50, 2)} ms in the middle, {figure(loop.latenessMs.p99, 2)} at the worst hundredth
      </dd>
      <dt>Deciding</dt>
      <dd>
        {figure(loop.inferenceMs.p50, 1)} ms in the middle, {figure(loop.inferenceMs.p99, 1)} at the worst hundredth,{' '}
        {loop.missedDecisions} too late
      </dd>
      <dt>Sensors</dt>
      <dd>
        {sensors.map(({ name, ageMs, isFresh }) => (
          <span key={name} class={isFresh ? 'sensor' : 'sensor warn'}>
            {name} {figure(ageMs, 0)} ms{isFresh ? '' : ', stale'}
          </span>
        ))}
      </dd>
    </>
  );
}

/** How smoothly this page is drawn, measured where it is drawn. */
function PageFigures(): JSX.Element {
  const [{ rateHz, longestMs }, setRate] = useState({ rateHz: 0, longestMs: 0 });
  useEffect(() => {
    const rate = new PageRate();
    let asked = requestAnimationFrame(function note(nowMs) {
      rate.add(nowMs);
      asked = requestAnimationFrame(note);
    });
    const timer = setInterval(() => setRate({ rateHz: rate.rateHz, longestMs: rate.longestMs }), 1000);
    return () => {
      cancelAnimationFrame(asked);
      clearInterval(timer);
    };
  }, []);
  return (
    <>
      <dt>This page</dt>
      <dd data-testid="page-rate" data-rate-hz={rateHz.toFixed(1)} data-longest-ms={longestMs.toFixed(1)}>
        drawn {figure(rateHz, 0)} times a second, {figure(longestMs, 0)} ms apart at most
      </dd>
    </>
  );
}

/** Ticks of the last three seconds by how late they came. */
function Histogram({ counts }: { readonly counts: readonly number[] }): JSX.Element {
  const most = Math.max(1, ...counts);
  const edge = (bar: number): string => (bar < LATENESS_EDGES_MS.length ? `≤ ${LATENESS_EDGES_MS[bar]}` : 'more');
  const words = counts.map((count, bar) => `${edge(bar)} ms: ${count}`).join(', ');
  return (
    <>
      <div class="histogram" role="img" aria-label={`Ticks of the last three seconds by how late they came. ${words}`}>
        {counts.map((count, bar) => (
          <span key={bar} class="bar">
            <i style={{ height: `${(100 * count) / most}%` }} />
            <small>{edge(bar)}</small>
          </span>
        ))}
      </div>
      <p class="quiet">ticks by lateness, ms</p>
    </>
  );
}
