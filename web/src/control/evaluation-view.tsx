import type { JSX } from 'preact';
import type { EvaluationReport } from '../../../src/serve/control-messages.ts';
import type { PanelProps } from '../app.tsx';
import { useNews } from '../use-news.ts';
import { figure, linkWords } from '../words.ts';
import './control.css';
import { SeenEpisode } from './seen-episode.tsx';

interface EvaluationProps extends PanelProps {
  readonly evaluation: EvaluationReport;
}

/** An evaluation while it goes on. Its episodes run faster than time, several at once: all are counted, and one is shown. */
export function EvaluationView({ connection, evaluation }: EvaluationProps): JSX.Element {
  useNews(connection, ['link']);
  const { title, done, total, elapsedS, workers, tasks, episodes } = evaluation;
  const restS = done === 0 ? null : ((total - done) * elapsedS) / done;
  const isOver = done === total;
  const { state, problem } = connection;
  return (
    <>
      <header>
        <h1>Armature</h1>
        <p class="about">
          {title}
          <span class={`link ${state}`} role="status">
            {problem === '' ? linkWords(state) : problem}
          </span>
        </p>
      </header>
      <main class="evaluation">
        <div class="counted">
          <section aria-labelledby="progress-title">
            <h2 id="progress-title">Evaluation</h2>
            <progress value={done} max={total} aria-label="Episodes done" />
            <p data-testid="evaluated">
              {done} of {total} episodes in {figure(elapsedS, 0)} s{isOver ? '.' : restWords(restS)}
            </p>
            <p class="quiet">
              {workers === 1 ? 'One worker simulates' : `${workers} workers simulate`} the episodes in lockstep, faster
              than time. One of them is shown here, as often as its worker and this page get to it: none waits for a
              page. --video keeps the failures on film.
            </p>
          </section>
          <Tasks tasks={tasks} />
          <Episodes episodes={episodes} />
        </div>
        <SeenEpisode connection={connection} evaluation={evaluation} />
      </main>
    </>
  );
}

function Tasks({ tasks }: Pick<EvaluationReport, 'tasks'>): JSX.Element {
  return (
    <section aria-labelledby="tasks-title">
      <h2 id="tasks-title">Success by task</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">task</th>
            <th scope="col" class="wide">
              success, with its 95 % interval
            </th>
            <th scope="col">episodes</th>
            <th scope="col">wrong object</th>
            <th scope="col" class="text">
              failures
            </th>
          </tr>
        </thead>
        <tbody>
          {tasks.map((task) => (
            <TaskRow key={task.task} task={task} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Episodes({ episodes }: Pick<EvaluationReport, 'episodes'>): JSX.Element {
  return (
    <section aria-labelledby="episodes-title">
      <h2 id="episodes-title">Newest episodes</h2>
      <ol class="episodes">
        {episodes.map(({ task, seed, instruction, success, phase, durationS }) => (
          <li key={`${task} ${seed}`} class={success ? '' : 'failed'}>
            <b>{success ? '✓ done' : '✗ failed'}</b> “{instruction}”{' '}
            <small>
              {phase === '' ? '' : `${phase}, `}
              {figure(durationS, 1)} s, {task}, seed {seed}
            </small>
          </li>
        ))}
      </ol>
    </section>
  );
}

function TaskRow({ task }: { readonly task: EvaluationReport['tasks'][number] }): JSX.Element {
  const { done, total, successes, ci95, wrongObjects, failures } = task;
  const rate = done === 0 ? null : successes / done;
  const [low = 0, high = 1] = ci95 ?? [];
  return (
    <tr data-testid={`task-${task.task}`}>
      <th scope="row">{task.task}</th>
      <td class="wide rate">
        <span class="figure">{rate === null ? '–' : `${figure(100 * rate, 1)} %`}</span>
        <svg class="interval" aria-hidden="true">
          <rect class="range" x="0" y="7" width="100%" height="4" rx="2" />
          {ci95 !== null && (
            <rect class="between" x={`${100 * low}%`} y="4" width={`${100 * (high - low)}%`} height="10" rx="3" />
          )}
          {rate !== null && <circle cx={`${100 * rate}%`} cy="9" r="5" />}
        </svg>
        <small>{ci95 === null ? '' : `${figure(100 * low, 0)} to ${figure(100 * high, 0)} %`}</small>
      </td>
      <td class="figure">
        {done} of {total}
      </td>
      <td class="figure">{wrongObjects === 0 ? 'none' : wrongObjects}</td>
      <td>{failures}</td>
    </tr>
  );
}

function restWords(restS: number | null): string {
  return restS === null ? '' : `, about ${figure(restS, 0)} s to go`;
}
