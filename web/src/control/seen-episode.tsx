import type { JSX } from 'preact';
import type { EvaluationReport } from '../../../src/serve/control-messages.ts';
import type { PanelProps } from '../app.tsx';
import { ArmPanel } from '../panels/arm-panel.tsx';
import { CameraPanel } from '../panels/camera-panel.tsx';
import { GateWords } from '../panels/gate-words.tsx';
import { JointsPanel } from '../panels/joints-panel.tsx';
import { StripPanel } from '../panels/strip-panel.tsx';
import { useNews } from '../use-news.ts';
import { figure } from '../words.ts';
import './control.css';

interface SeenProps extends PanelProps {
  readonly evaluation: EvaluationReport;
}

/** One of the episodes under way, as often as this page and its worker get to it. */
export function SeenEpisode({ connection, evaluation }: SeenProps): JSX.Element | null {
  const { seen, done, total } = evaluation;
  if (seen === null) return null;
  return (
    <div class="seen">
      <section class="which" aria-labelledby="seen-title">
        <h2 id="seen-title">{done === total ? 'The episode that was shown last' : 'An episode under way'}</h2>
        <p data-testid="seen">
          <b>{seen.task}</b>, seed {seen.seed}
        </p>
        <Words connection={connection} />
      </section>
      <ArmPanel source={connection} />
      {connection.hello?.cameras.length !== 0 && <CameraPanel source={connection} />}
      <section class="safety" aria-labelledby="gate-title">
        <h2 id="gate-title">Safety gate</h2>
        <GateWords source={connection} />
      </section>
      {connection.frame?.strip !== null && <StripPanel source={connection} />}
      <JointsPanel source={connection} />
    </div>
  );
}

function Words({ connection }: PanelProps): JSX.Element {
  useNews(connection, ['frame'], 200);
  const { instruction = '', timeS } = connection.frame?.episode ?? {};
  return (
    <p>
      “{instruction}”, <span class="figure">{figure(timeS, 1)} s</span> of its own time
    </p>
  );
}
