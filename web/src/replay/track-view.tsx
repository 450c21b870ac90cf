import { useEffect, useMemo } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';
import { notComparable } from '../../../src/serve/replay/compare.ts';
import type { TrackMessage } from '../../../src/serve/replay/replay-messages.ts';
import type { Archive } from './archive.ts';
import { ComparisonPanel } from './comparison-panel.tsx';
import { DecisionPanel } from './decision-panel.tsx';
import { JointPlots } from './joint-plots.tsx';
import { Player } from './player.ts';
import { ReplayArm } from './replay-arm.tsx';
import { ReplayCameras } from './replay-cameras.tsx';
import type { Other } from './route.ts';
import { SeriesPanel } from './series-panel.tsx';
import { TimeLine } from './time-line.tsx';
import { Transport } from './transport.tsx';
import { successWords } from '../words.ts';

interface TrackViewProps {
  readonly archive: Archive;
  readonly track: TrackMessage;
  /** Where its pictures are; undefined for a black box. */
  readonly at: Other | undefined;
  readonly compared: { readonly track: TrackMessage; readonly at: Other } | undefined;
  /** What else can be chosen. */
  readonly children: ComponentChildren;
}

/** One episode or black box with everything that is known of it, at a time that one chooses. */
export function TrackView({ archive, track, at, compared, children }: TrackViewProps): JSX.Element {
  const player = useMemo(() => new Player(track.timesS), [track]);
  useEffect(() => () => player.stop(), [player]);
  const obstacle = compared === undefined ? '' : notComparable(track, compared.track);
  const other = obstacle === '' ? compared?.track : undefined;
  const episodes = [
    { at, track, name: compared === undefined ? '' : 'this episode' },
    ...(compared === undefined || other === undefined
      ? []
      : [{ at: compared.at, track: other, name: 'the other one' }]),
  ];
  return (
    <>
      <TrackHead track={track}>
        {children}
        {obstacle !== '' && <p class="warn">{obstacle}</p>}
      </TrackHead>
      <div class="panels">
        <ReplayArm track={track} other={other} player={player} />
        <ReplayCameras archive={archive} episodes={episodes} player={player} />
        {other !== undefined && <ComparisonPanel track={track} other={other} player={player} />}
        {(at === undefined || track.lanes.length > 0) && <TimeLine track={track} player={player} />}
        <JointPlots track={track} other={other} player={player} />
        <DecisionPanel track={track} player={player} />
        <SeriesPanel track={track} player={player} />
        {at === undefined && <Facts track={track} />}
      </div>
      <Transport player={player} />
    </>
  );
}

function TrackHead({
  track,
  children,
}: {
  readonly track: TrackMessage;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="track-head">
      <h2>{track.title}</h2>
      {track.instruction !== '' && (
        <p class="instruction" data-testid="instruction">
          “{track.instruction}” {track.isSuccess !== null && <Outcome isSuccess={track.isSuccess} />}
        </p>
      )}
      <p class="quiet">
        {[
          track.robot,
          ...track.facts.filter(({ name }) => name !== 'last hash').map(({ name, value }) => `${name}: ${value}`),
        ]
          .filter((text) => text !== '')
          .join(' · ')}
      </p>
      {children}
    </div>
  );
}

function Outcome({ isSuccess }: { readonly isSuccess: boolean }): JSX.Element {
  return <span class={isSuccess ? 'badge good' : 'badge'}>{successWords(isSuccess)}</span>;
}

function Facts({ track }: { readonly track: TrackMessage }): JSX.Element {
  return (
    <section class="facts" aria-labelledby="facts-title">
      <h2 id="facts-title">The file</h2>
      <dl>
        {track.facts.map(({ name, value }) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
      <p class="quiet below">Every line carries the hash of the one before: it was checked as it was opened.</p>
    </section>
  );
}
