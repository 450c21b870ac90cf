import type { JSX } from 'preact';
import { useNews } from '../use-news.ts';
import type { ViewSource } from '../view-source.ts';
import { figure, reasonWords, shortReason, stateWords } from '../words.ts';

/** What the gate does, why, and what it began to do before. */
export function GateWords({ source }: { readonly source: ViewSource }): JSX.Element {
  useNews(source, ['frame'], 150);
  const gate = source.frame?.gate;
  return (
    <>
      <p class="below">
        <b>{stateWords(gate?.state ?? 'no episode yet')}</b>
        {(gate?.reasons ?? []).map((reason) => (
          <span key={reason} class="why">
            {reasonWords(reason)}
          </span>
        ))}
      </p>
      <ol class="events" aria-label="What the gate did" tabIndex={0}>
        {(gate?.events ?? []).toReversed().map(({ number, timeS, state, reasons }) => (
          <li key={number} class={reasons.length > 0 ? 'reason' : ''}>
            <time>{figure(timeS, 1)} s</time>
            <span title={reasons.map(reasonWords).join('; ')}>
              {reasons.length === 0 ? stateWords(state) : reasons.map(shortReason).join(', ')}
              {reasons.length > 0 && <small> {stateWords(state).toLowerCase()}</small>}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}
