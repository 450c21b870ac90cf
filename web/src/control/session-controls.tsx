import type { JSX } from 'preact';
import type { SessionAction } from '../../../src/serve/control-messages.ts';
import type { PanelProps } from '../app.tsx';
import { useNews } from '../use-news.ts';
import './control.css';

/** Words of the buttons: where episodes are recorded, and where the arm is only driven. */
const WORDS: Readonly<Record<SessionAction, readonly [recorded: string, driven: string]>> = {
  begin: ['Begin recording', 'Begin'],
  end: ['Done, save it', 'New scene'],
  again: ['Discard, and again', ''],
  pause: ['Pause', ''],
  'go-on': ['Go on', ''],
  leave: ['End the recording', 'End'],
};

/** One episode after another: what the keys of the terminal do as well. */
export function SessionControls({ connection }: PanelProps): JSX.Element | null {
  useNews(connection, ['hello', 'frame', 'control', 'link'], 100);
  const { control, hello } = connection;
  const session = control?.session ?? null;
  if (session === null) return null;
  const { state, isRecorded, saved, wanted, rows, said, can } = session;
  const isReal = hello?.driver !== 'sim' && hello?.driver !== 'mirror';
  return (
    <div class="session">
      {isRecorded && (
        <p class="count" data-testid="recording">
          <span class={`lamp ${state}`}>{{ waits: 'Waits', runs: 'Recording', paused: 'Paused' }[state]}</span>
          <b data-testid="saved">{saved}</b> of {wanted} episodes saved
          {state !== 'waits' && `, ${rows} rows in this one`}
        </p>
      )}
      {hello?.isOperator === true ? (
        <div class="row">
          {can.map((action) => (
            <button
              type="button"
              key={action}
              class={`session-${action}`}
              data-testid={`session-${action}`}
              onClick={() => connection.ask({ kind: 'session', action })}
            >
              {WORDS[action][isRecorded ? 0 : 1]}
            </button>
          ))}
        </div>
      ) : (
        <p class="quiet">You look on. The operator’s address begins, saves and discards.</p>
      )}
      {isReal && (
        <p class="quiet">A real arm is armed at the terminal, by whoever stands beside it, and never from a page.</p>
      )}
      {said !== '' && <p class="quiet">{said}</p>}
    </div>
  );
}
