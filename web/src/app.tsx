import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { ControlPanel } from './control/control-panel.tsx';
import { EvaluationView } from './control/evaluation-view.tsx';
import { Announcer } from './announcer.tsx';
import { ArmPanel } from './panels/arm-panel.tsx';
import { CameraPanel } from './panels/camera-panel.tsx';
import { JointsPanel } from './panels/joints-panel.tsx';
import { LoopPanel } from './panels/loop-panel.tsx';
import { SafetyPanel } from './panels/safety-panel.tsx';
import { StripPanel } from './panels/strip-panel.tsx';
import { TaskPanel } from './panels/task-panel.tsx';
import type { Connection } from './connection.ts';
import { useNews } from './use-news.ts';
import { headline, linkWords } from './words.ts';

export interface PanelProps {
  readonly connection: Connection;
}

/** Everything on one page. Each part draws itself again when something has come that it shows. */
export function App({ connection }: PanelProps): JSX.Element {
  useNews(connection, ['link', 'evaluation']);
  useEffect(() => stopOnKeys(connection), [connection]);
  if (connection.evaluation !== undefined)
    return <EvaluationView connection={connection} evaluation={connection.evaluation} />;
  return (
    <>
      <Header connection={connection} />
      <main>
        <ArmPanel source={connection} />
        <CameraPanel source={connection} />
        <SafetyPanel connection={connection} />
        <TaskPanel connection={connection} />
        <ControlPanel connection={connection} />
        <StripPanel source={connection} />
        <JointsPanel source={connection} />
        <LoopPanel source={connection} />
      </main>
      <Announcer source={connection} />
    </>
  );
}

function Header({ connection }: PanelProps): JSX.Element {
  useNews(connection, ['link', 'hello', 'frame']);
  const { hello, frame, state, problem } = connection;
  const [isPressed, setPressed] = useState(false);
  const stop = (): void => {
    connection.ask({ kind: 'stop' });
    setPressed(true);
    setTimeout(() => setPressed(false), 600);
  };
  return (
    <header>
      <h1>Armature</h1>
      <p class="about">
        {hello === undefined
          ? 'Waiting for the runtime'
          : `${hello.robot} through ${hello.driver}, driven by ${hello.agent}`}
        <span class={`link ${state}`}>{problem === '' ? linkWords(state) : problem}</span>
      </p>
      <p
        class={`gate-state ${frame?.episode.isRunning === false ? 'over' : ''} ${frame?.gate.state ?? 'none'}`}
        data-testid="gate-state"
      >
        {headline(frame)}
      </p>
      <button
        type="button"
        class={isPressed ? 'stop pressed' : 'stop'}
        // As the finger comes down. A click that no pointer made is one of the keyboard or of a screen reader.
        onPointerDown={(event) => event.button === 0 && stop()}
        onClick={(event) => event.detail === 0 && stop()}
        data-testid="stop"
      >
        Stop
        <small>space bar</small>
      </button>
    </header>
  );
}

/** Space stops wherever nobody writes, Escape everywhere; neither does anything else. */
function stopOnKeys(connection: Connection): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const isWriting = event.target instanceof HTMLInputElement && event.target.type === 'text';
    if (event.key !== 'Escape' && (event.key !== ' ' || isWriting)) return;
    event.preventDefault();
    if (!event.repeat) connection.ask({ kind: 'stop' });
  };
  // A button in focus would take the space bar as a click when it is let go.
  const onRelease = (event: KeyboardEvent): void => {
    if (event.key === ' ' && event.target instanceof HTMLButtonElement) event.preventDefault();
  };
  window.addEventListener('keydown', onKey, { capture: true });
  window.addEventListener('keyup', onRelease, { capture: true });
  return () => {
    window.removeEventListener('keydown', onKey, { capture: true });
    window.removeEventListener('keyup', onRelease, { capture: true });
  };
}
