import { useMemo } from 'preact/hooks';
import type { JSX } from 'preact';
import { alignedTo } from '../../../src/serve/replay/compare.ts';
import type { TrackMessage } from '../../../src/serve/replay/replay-messages.ts';
import { figure } from '../words.ts';
import { useRow } from './player.ts';
import type { Player } from './player.ts';
import { TimePlot } from './time-plot.tsx';
import type { TimeCurve } from './time-plot.tsx';

interface JointPlotsProps {
  readonly track: TrackMessage;
  readonly other: TrackMessage | undefined;
  readonly player: Player;
}

/** Every joint over time: of one episode what was asked, sent and measured; of two what each measured. */
export function JointPlots({ track, other, player }: JointPlotsProps): JSX.Element {
  return (
    <section class="joint-plots" aria-labelledby="joints-title">
      <h2 id="joints-title">Joints{track.unit === '' ? '' : `, ${track.unit}`}</h2>
      <p class="row legend">
        {other === undefined ? (
          <>
            <span class="key line solid">measured</span>
            {track.sent.length > 0 && <span class="key line ghost">sent</span>}
            {track.requested.length > 0 && <span class="key line asked">asked for</span>}
          </>
        ) : (
          <>
            <span class="key line solid">this episode</span>
            <span class="key line ghost">the other one</span>
          </>
        )}
        {track.joints.some(({ low }) => low !== null) && <span class="key line limit">limit</span>}
        <span class="quiet">click or drag to go to a time</span>
      </p>
      <div class="plots">
        {track.joints.map(({ name }, joint) => (
          <JointPlot key={name} track={track} other={other} joint={joint} player={player} />
        ))}
      </div>
    </section>
  );
}

interface JointPlotProps extends JointPlotsProps {
  readonly joint: number;
}

function JointPlot({ track, other, joint, player }: JointPlotProps): JSX.Element {
  const row = useRow(player);
  const { name = '', low = null, high = null } = track.joints[joint] ?? {};
  const curves = useMemo(() => curvesOf(track, other, joint), [track, other, joint]);
  const limits = useMemo(() => [low, high].filter((limit) => limit !== null), [low, high]);
  return (
    <figure>
      <figcaption class="row">
        <b>{name}</b>
        <span class="spacer" />
        {curves.map(({ label, values }) => (
          <span key={label} class="figure" title={label}>
            {figure(values[row], 3)}
          </span>
        ))}
        {limits.length === 2 && (
          <small title="limits">
            {figure(low, 2)} to {figure(high, 2)}
          </small>
        )}
      </figcaption>
      <TimePlot name={`${name} over time`} timesS={track.timesS} curves={curves} limits={limits} player={player} />
    </figure>
  );
}

function curvesOf(track: TrackMessage, other: TrackMessage | undefined, joint: number): TimeCurve[] {
  const measured = { label: 'measured', colour: '--ink', values: track.measured[joint] ?? [] } as const;
  if (other !== undefined) {
    const values = alignedTo(track.timesS, other.timesS, other.measured[joint] ?? []);
    return [
      { ...measured, label: 'this episode' },
      { label: 'the other one', colour: '--blue', dash: [6, 3], values },
    ];
  }
  const [requested, sent] = [track.requested[joint], track.sent[joint]];
  return [
    ...(requested === undefined
      ? []
      : [{ label: 'asked for', colour: '--orange', dash: [2, 3], values: requested } as const]),
    ...(sent === undefined ? [] : [{ label: 'sent', colour: '--blue', dash: [6, 3], values: sent } as const]),
    measured,
  ];
}
