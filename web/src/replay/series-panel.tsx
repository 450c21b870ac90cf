import { useMemo, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { TrackMessage } from '../../../src/serve/replay/replay-messages.ts';
import { figure } from '../words.ts';
import { useRow } from './player.ts';
import type { Player } from './player.ts';
import { TimePlot } from './time-plot.tsx';

interface SeriesPanelProps {
  readonly track: TrackMessage;
  readonly player: Player;
}

/** Lateness, ages, velocities and efforts over time, two at once. */
export function SeriesPanel({ track, player }: SeriesPanelProps): JSX.Element {
  return (
    <section class="series" aria-labelledby="series-title">
      <h2 id="series-title">Over time</h2>
      <div class="plots">
        {track.series.length === 0 && <p class="quiet">Nothing else was recorded.</p>}
        {track.series.slice(0, 2).map(({ name }, index) => (
          <Series key={name} track={track} player={player} first={index} />
        ))}
      </div>
    </section>
  );
}

function Series({ track, player, first }: SeriesPanelProps & { readonly first: number }): JSX.Element {
  const [chosen, setChosen] = useState(first);
  const row = useRow(player);
  const shown = track.series[chosen] ?? track.series[0];
  const curves = useMemo(
    () => [{ label: shown?.name ?? '', colour: '--blue', values: shown?.values ?? [] } as const],
    [shown],
  );
  return (
    <figure>
      <figcaption class="row">
        <select
          aria-label="What is shown over time"
          value={chosen}
          onInput={(event) => setChosen(Number(event.currentTarget.value))}
        >
          {track.series.map(({ name }, index) => (
            <option key={name} value={index}>
              {name}
            </option>
          ))}
        </select>
        <span class="spacer" />
        <span class="figure">
          {figure(shown?.values[row], 3)} {shown?.unit}
        </span>
      </figcaption>
      <TimePlot
        name={`${shown?.name ?? ''} over time`}
        timesS={track.timesS}
        curves={curves}
        limits={NONE}
        player={player}
      />
    </figure>
  );
}

const NONE: readonly number[] = [];
