import { useMemo } from 'preact/hooks';
import type { JSX } from 'preact';
import { compare } from '../../../src/serve/replay/compare.ts';
import type { TrackMessage } from '../../../src/serve/replay/replay-messages.ts';
import { figure } from '../words.ts';
import type { Player } from './player.ts';

interface ComparisonPanelProps {
  readonly track: TrackMessage;
  readonly other: TrackMessage;
  readonly player: Player;
}

/** How far two episodes are from each other, joint by joint, both counted from their beginning. */
export function ComparisonPanel({ track, other, player }: ComparisonPanelProps): JSX.Element {
  const { joints, sharedS, longerS } = useMemo(() => compare(track, other), [track, other]);
  const longer = longerS >= 0 ? 'longer' : 'shorter';
  return (
    <section class="comparison" aria-labelledby="comparison-title" data-testid="comparison">
      <h2 id="comparison-title">The other one less this one{track.unit === '' ? '' : `, ${track.unit}`}</h2>
      <p class="quiet">
        Over the {figure(sharedS, 1)} s that both have; the other one, {other.title}, is {figure(Math.abs(longerS), 1)}{' '}
        s {longer}.
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">joint</th>
            <th scope="col" class="figure">
              root mean square
            </th>
            <th scope="col" class="figure">
              largest
            </th>
            <th scope="col">at</th>
            <th scope="col" class="figure">
              at their ends
            </th>
          </tr>
        </thead>
        <tbody>
          {joints.map(({ joint, rms, largest, atEnd }) => (
            <tr key={joint}>
              <th scope="row">{joint}</th>
              <td class="figure">{figure(rms, 3)}</td>
              <td class="figure">{figure(largest?.difference, 3)}</td>
              <td>
                {largest !== null && (
                  <button type="button" onClick={() => player.seek(largest.timeS)}>
                    {figure(largest.timeS, 2)} s
                  </button>
                )}
              </td>
              <td class="figure">{figure(atEnd, 3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
