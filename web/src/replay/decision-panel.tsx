import type { JSX } from 'preact';
import type { Decision, TrackMessage } from '../../../src/serve/replay/replay-messages.ts';
import { Group, StateTokens, WordTokens } from '../panels/token-groups.tsx';
import { figure } from '../words.ts';
import { useRow } from './player.ts';
import type { Player } from './player.ts';

interface DecisionPanelProps {
  readonly track: TrackMessage;
  readonly player: Player;
}

/** The tokens of the decision that had arrived last. */
export function DecisionPanel({ track, player }: DecisionPanelProps): JSX.Element {
  const row = useRow(player);
  const decision = track.decisions.findLast((candidate) => candidate.row <= row);
  const silent = track.decisions.length > 0 ? 'None has arrived yet.' : track.aboutDecisions;
  return (
    <section class="strip" aria-labelledby="strip-title">
      <h2 id="strip-title">Tokens of the decision</h2>
      {decision === undefined ? (
        <p class="quiet">{silent}</p>
      ) : (
        <>
          <p class="quiet">
            At {figure(track.timesS[decision.row], 2)} s. {track.aboutDecisions}
          </p>
          <Tokens decision={decision} />
        </>
      )}
    </section>
  );
}

function Tokens({ decision }: { readonly decision: Decision }): JSX.Element {
  return (
    <div class="tokens" data-testid="tokens">
      <div class="observation">
        {decision.words.length > 0 && <WordTokens words={decision.words} />}
        {decision.images.map(({ camera, patches, columns }) => (
          <Group key={camera} label={`${camera}, ${columns} by ${patches / columns} patches`}>
            <span class="token quiet">{patches} tokens</span>
          </Group>
        ))}
        <StateTokens states={decision.states} />
      </div>
      <Group label="actions">
        {decision.actions.map(({ joint, id, isKept }, index) => (
          <span key={index} class={isKept ? 'token decided kept' : 'token decided'}>
            <small>{joint}</small> {id}
            {isKept && <small> kept: no time was left</small>}
          </span>
        ))}
      </Group>
    </div>
  );
}
