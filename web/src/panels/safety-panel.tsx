import type { JSX } from 'preact';
import type { PanelProps } from '../app.tsx';
import { ResetStop } from '../control/reset-stop.tsx';
import { useNews } from '../use-news.ts';
import { figure, reasonWords, shortReason, stateWords } from '../words.ts';

const SPEEDS = [0.1, 0.25, 0.5, 1] as const;

/** What the gate does, why, and how fast it lets the arm go. */
export function SafetyPanel({ connection }: PanelProps): JSX.Element {
  useNews(connection, ['hello', 'frame', 'control'], 150);
  const { frame, hello } = connection;
  const isOperator = hello?.isOperator ?? false;
  const share = frame?.gate.speedShare ?? 1;
  const choose = (speed: number): void =>
    connection.ask(speed <= share ? { kind: 'slow', share: speed } : { kind: 'fast', share: speed });
  return (
    <section class="safety" aria-labelledby="safety-title">
      <h2 id="safety-title">Safety gate</h2>
      <ResetStop connection={connection} />
      <div class="row" role="group" aria-label="Highest speed">
        <span>Highest speed</span>
        {SPEEDS.map((speed) => (
          <button
            type="button"
            key={speed}
            aria-pressed={speed === share}
            disabled={speed > share && !isOperator}
            title={speed > share && !isOperator ? 'Only the operator lets the arm go faster' : ''}
            onClick={() => choose(speed)}
          >
            {Math.round(100 * speed)} %
          </button>
        ))}
      </div>
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
