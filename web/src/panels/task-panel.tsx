import { useState } from 'preact/hooks';
import type { JSX, TargetedSubmitEvent } from 'preact';
import type { PanelProps } from '../app.tsx';
import { SessionControls } from '../control/session-controls.tsx';
import { useNews } from '../use-news.ts';
import { figure, outcomeWords } from '../words.ts';

/** What the policy is asked to do. */
export function TaskPanel({ connection }: PanelProps): JSX.Element {
  useNews(connection, ['hello', 'frame', 'notice', 'control'], 100);
  const { frame, notice } = connection;
  const isRunning = frame?.episode.isRunning ?? false;
  const isDriven = connection.control?.session !== null && connection.control !== undefined;
  return (
    <section class="task" aria-labelledby="task-title">
      <h2 id="task-title">Task</h2>
      <p class="instruction" data-testid="instruction">
        {frame === undefined ? 'no episode yet' : `“${frame.episode.instruction}”`}
      </p>
      {frame !== undefined && (
        <p>
          Episode {frame.episode.number}, {figure(frame.episode.timeS, 1)} s
          {!isRunning && frame.episode.outcome !== '' && (
            <b data-testid="outcome">: {outcomeWords(frame.episode.outcome)}</b>
          )}
          {frame.episode.finished > 0 && `. ${frame.episode.succeeded} of ${frame.episode.finished} succeeded`}
        </p>
      )}
      {isDriven ? <SessionControls connection={connection} /> : <Words connection={connection} />}
      {notice !== undefined && (
        <p class={`notice ${notice.level}`} role="status" data-testid="notice">
          {notice.text}
        </p>
      )}
    </section>
  );
}

/** Words for the policy: for the episode that goes on, or for another one. */
function Words({ connection }: PanelProps): JSX.Element {
  const { frame, hello } = connection;
  const [text, setText] = useState('');
  const isRunning = frame?.episode.isRunning ?? false;
  const isOperator = hello?.isOperator ?? false;
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (text.trim() !== '') connection.ask({ kind: isRunning ? 'instruct' : 'begin', text: text.trim() });
  };
  if (!isOperator) {
    return (
      <p class="quiet">
        You look on. With the operator’s address, which the terminal shows, you can give instructions.
      </p>
    );
  }
  return (
    <form onSubmit={submit}>
      <label>
        New words
        <input
          type="text"
          list="suggestions"
          value={text}
          maxLength={200}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={frame === undefined}>
        {isRunning ? 'Say at the next tick' : 'Begin an episode'}
      </button>
      <datalist id="suggestions">
        {hello?.suggestions.map((words) => (
          <option key={words} value={words} />
        ))}
      </datalist>
    </form>
  );
}
