import type { JSX } from 'preact';
import type { PanelProps } from '../app.tsx';
import { useNews } from '../use-news.ts';
import './control.css';

/** A stop that latched, and who may leave it. */
export function ResetStop({ connection }: PanelProps): JSX.Element | null {
  useNews(connection, ['hello', 'frame', 'control', 'link'], 100);
  const { frame, control, hello } = connection;
  const isGateLatched = frame?.gate.state === 'protective-stop' || frame?.gate.state === 'estop';
  if (!isGateLatched && control?.isLatched !== true) return null;
  const mayReset = control?.canReset === true && hello?.isOperator === true;
  return (
    <div class="latched" role="alert">
      <p>
        The gate stopped the arm and stays stopped{frame?.gate.reasons.length ? ': see below why' : ''}.{' '}
        {control?.canReset === true
          ? 'The operator resets it; the next episode arms the arm again.'
          : 'Somebody has to look at the arm. It is reset and armed at the terminal, and never from a page.'}
      </p>
      {mayReset && (
        <button type="button" data-testid="reset" onClick={() => connection.ask({ kind: 'reset' })}>
          Reset the stop
        </button>
      )}
    </div>
  );
}
