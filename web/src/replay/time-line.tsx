import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Lane, Span, TrackMessage } from '../../../src/serve/replay/replay-messages.ts';
import { figure, reasonWords, shortReason, stateWords } from '../words.ts';
import { useRow } from './player.ts';
import type { Player } from './player.ts';

/** Events that are listed; a lane shows all of them. */
const MOST_EVENTS = 300;

interface TimeLineProps {
  readonly track: TrackMessage;
  readonly player: Player;
}

/** What happened when: states of the gate and its reasons, one under the other. A click goes there. */
export function TimeLine({ track, player }: TimeLineProps): JSX.Element {
  const mark = useRef<HTMLElement>(null);
  const area = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const show = (): void => {
      if (mark.current !== null) mark.current.style.left = `${percent(player.timeS, player.endS)}%`;
    };
    show();
    return player.listen(show);
  }, [player]);
  const seek = (event: PointerEvent): void => {
    const box = area.current?.getBoundingClientRect();
    if (box !== undefined && event.buttons === 1) player.seek((player.endS * (event.clientX - box.left)) / box.width);
  };
  return (
    <section class="time-line" aria-labelledby="time-line-title">
      <h2 id="time-line-title">What happened</h2>
      {track.lanes.length === 0 ? (
        <p class="quiet">Nothing out of the ordinary: the gate changed nothing, and every picture was new.</p>
      ) : (
        <div class="lanes">
          <div class="names">
            {track.lanes.map((lane) => (
              <span key={lane.name} title={lane.kind === 'reason' ? reasonWords(lane.name) : ''}>
                {lane.kind === 'reason' ? shortReason(lane.name) : lane.name}
              </span>
            ))}
          </div>
          <div ref={area} class="bars" onPointerDown={seek} onPointerMove={seek} data-testid="lanes">
            {track.lanes.map((lane) => (
              <div key={lane.name} class="lane">
                {lane.spans.map((span) => (
                  <SpanBar key={span.fromRow} lane={lane} span={span} player={player} />
                ))}
              </div>
            ))}
            <i ref={mark} class="playhead" />
          </div>
        </div>
      )}
      {track.lanes.length > 0 && <Events track={track} player={player} />}
    </section>
  );
}

interface SpanBarProps {
  readonly lane: Lane;
  readonly span: Span;
  readonly player: Player;
}

function SpanBar({ lane, span, player }: SpanBarProps): JSX.Element {
  const { timesS, endS } = player;
  const from = timesS[span.fromRow] ?? 0;
  // A row lasts until the next one.
  const to = timesS[span.toRow + 1] ?? endS;
  const kind = lane.kind === 'state' ? `state ${span.text}` : lane.kind;
  return (
    <i
      class={kind}
      title={`${figure(from, 2)} to ${figure(to, 2)} s: ${spanWords(lane, span)}`}
      style={{ left: `${percent(from, endS)}%`, width: `${percent(to - from, endS)}%` }}
    >
      {lane.kind === 'state' ? stateWords(span.text) : ''}
    </i>
  );
}

/** The same as a list, for the keyboard and for who does not see the bars. */
function Events({ track, player }: TimeLineProps): JSX.Element {
  const row = useRow(player);
  const events = useMemo(
    () =>
      track.lanes
        .flatMap((lane) => lane.spans.map((span) => ({ lane, span })))
        .toSorted((first, second) => first.span.fromRow - second.span.fromRow),
    [track],
  );
  return (
    <details class="below" open={events.length <= 12}>
      <summary>
        {events.length} events{events.length > MOST_EVENTS ? `, the first ${MOST_EVENTS} are listed` : ''}
      </summary>
      <ol class="jumps">
        {events.slice(0, MOST_EVENTS).map(({ lane, span }) => (
          <li key={`${lane.name} ${span.fromRow}`}>
            <button
              type="button"
              aria-pressed={row >= span.fromRow && row <= span.toRow}
              onClick={() => player.seekRow(span.fromRow)}
            >
              <time>{figure(player.timesS[span.fromRow], 2)} s</time> {spanWords(lane, span)}
            </button>
          </li>
        ))}
      </ol>
    </details>
  );
}

function spanWords({ kind }: Lane, { text }: Span): string {
  if (kind === 'state') return stateWords(text);
  return kind === 'reason' ? reasonWords(text) : text;
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole;
}
