import type { JSX } from 'preact';
import type { PanelProps } from '../app.tsx';
import { ResetStop } from '../control/reset-stop.tsx';
import { useNews } from '../use-news.ts';
import { SpeedSlider } from './speed-slider.tsx';
import { figure, reasonWords, shortReason, stateWords } from '../words.ts';

/** What the gate does, why, and how fast it lets the arm go. */
export function SafetyPanel({ connection }: PanelProps): JSX.Element {
  useNews(connection, ['frame'], 150);
  const { frame } = connection;
  return (
    <section class="safety" aria-labelledby="safety-title">
      <h2 id="safety-title">Safety gate</h2>
      <ResetStop connection={connection} />
      <SpeedSlider connection={connection} />
      <p class="below">
        <b>{stateWords(frame?.gate.state ?? 'no episode yet')}</b>
        {(frame?.gate.reasons ?? []).map((reason) => (
          <span key={reason} class="why">
            {reasonWords(reason)}
          </span>
        ))}
      </p>
      <ol class="events" aria-label="What the gate did" tabIndex={0}>
        {(frame?.gate.events ?? []).toReversed().map(({ number, timeS, state, reasons }) => (
          <li key={number} class={reasons.length > 0 ? 'reason' : ''}>
            <time>{figure(timeS, 1)} s</time>
            <span title={reasons.map(reasonWords).join('; ')}>
              {reasons.length === 0 ? stateWords(state) : reasons.map(shortReason).join(', ')}
              {reasons.length > 0 && <small> {stateWords(state).toLowerCase()}</small>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
