import type { JSX } from 'preact';
import { LATENESS_EDGES_MS } from '../../../src/serve/messages.ts';
import type { FrameMessage } from '../../../src/serve/messages.ts';
import type { PanelProps } from '../app.tsx';
import { Curves } from '../curves.tsx';
import { figure } from '../words.ts';

/** Whether everything comes in time. */
export function LoopPanel({ connection }: PanelProps): JSX.Element {
  const { frame, history } = connection;
  const loop = frame?.loop;
  return (
    <section class="loop" aria-labelledby="loop-title">
      <h2 id="loop-title">Timing</h2>
      {frame !== undefined && <Figures frame={frame} />}
      <Histogram counts={loop?.histogram ?? []} />
      <Curves
        timesS={history.timesS}
        isFromZero
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
    <dl>
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
          <span key={name} class={isFresh ? '' : 'warn'}>
            {name} {figure(ageMs, 0)} ms{isFresh ? '' : ' stale'}{' '}
          </span>
        ))}
      </dd>
    </dl>
  );
}

/** Ticks of the last three seconds by how late they came. */
function Histogram({ counts }: { readonly counts: readonly number[] }): JSX.Element {
  const most = Math.max(1, ...counts);
  return (
    <>
      <div class="histogram" role="img" aria-label="Ticks of the last three seconds by how late they came">
        {counts.map((count, bar) => (
          <span key={bar} class="bar">
            <i style={{ height: `${(100 * count) / most}%` }} />
            <small>{bar < LATENESS_EDGES_MS.length ? `≤ ${LATENESS_EDGES_MS[bar]}` : 'more'}</small>
          </span>
        ))}
      </div>
      <p class="quiet">ticks by lateness, ms</p>
    </>
  );
}
