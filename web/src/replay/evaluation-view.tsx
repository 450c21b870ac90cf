import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { EvaluationMessage } from '../../../src/serve/replay/replay-messages.ts';
import { failurePhases } from '../../../src/sim/failure-phases.ts';
import { figure } from '../words.ts';
import type { Archive } from './archive.ts';

interface EvaluationViewProps {
  readonly archive: Archive;
  readonly id: string;
  readonly evaluation: EvaluationMessage;
}

/** Films that are shown at once: a browser loads the beginning of each. */
const FILMS = 12;

/** How often a policy succeeded, how it failed, and films of that. */
export function EvaluationView({ archive, id, evaluation }: EvaluationViewProps): JSX.Element {
  const { title, subtitle, meanSuccessRate, tick } = evaluation;
  return (
    <>
      <div class="track-head">
        <h2>{title}</h2>
        <p class="quiet">{subtitle}</p>
        {meanSuccessRate !== null && tick !== null && (
          <p>
            <b>{percent(meanSuccessRate)}</b> over all tasks. A decision took {figure(tick.p50Ms, 1)} ms in the middle,{' '}
            {figure(tick.p99Ms, 1)} ms at the worst hundredth of the slowest episode.
          </p>
        )}
      </div>
      <div class="panels">
        {evaluation.tasks.length > 0 && <Tasks evaluation={evaluation} />}
        <Clips archive={archive} id={id} clips={evaluation.clips} />
      </div>
    </>
  );
}

function Tasks({ evaluation: { tasks } }: Pick<EvaluationViewProps, 'evaluation'>): JSX.Element {
  const phases = Object.keys(failurePhases).filter((phase) => tasks.some(({ failures }) => (failures[phase] ?? 0) > 0));
  return (
    <section class="evaluation" aria-labelledby="tasks-title" data-testid="evaluation">
      <h2 id="tasks-title">Success by task, with 95 % intervals</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">task</th>
              <th scope="col" class="figure">
                success
              </th>
              <th scope="col" class="interval">
                0 to 100 %
              </th>
              <th scope="col" class="figure">
                interval
              </th>
              <th scope="col" class="figure">
                episodes
              </th>
              {phases.map((phase) => (
                <th key={phase} scope="col" class="figure" title={phaseOf(phase).meaning}>
                  {phaseOf(phase).title.toLowerCase()}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {tasks.map(({ task, successRate, ci95, successes, episodes, failures }) => (
              <tr key={task}>
                <th scope="row">{task}</th>
                <td class="figure">
                  <b>{percent(successRate)}</b>
                </td>
                <td class="interval">
                  <Interval rate={successRate} low={ci95[0]} high={ci95[1]} />
                </td>
                <td class="figure">
                  {percent(ci95[0])} to {percent(ci95[1])}
                </td>
                <td class="figure">
                  {successes} of {episodes}
                </td>
                {phases.map((phase) => (
                  <td key={phase} class="figure">
                    {failures[phase] ?? '–'}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {phases.length === 0 && <p class="quiet">No episode failed.</p>}
    </section>
  );
}

function Interval({
  rate,
  low,
  high,
}: {
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}): JSX.Element {
  return (
    <svg class="gauge" aria-hidden="true">
      <rect class="range" x="0" y="7" width="100%" height="4" rx="2" />
      <rect class="between" x={`${100 * low}%`} y="5" width={`${100 * (high - low)}%`} height="8" rx="2" />
      <circle class="measured" cx={`${100 * rate}%`} cy="9" r="4" />
    </svg>
  );
}

function Clips({
  archive,
  id,
  clips,
}: Pick<EvaluationViewProps, 'archive' | 'id'> & { readonly clips: EvaluationMessage['clips'] }): JSX.Element {
  const [phase, setPhase] = useState<string | undefined>(undefined);
  const [count, setCount] = useState(FILMS);
  const shown = clips.flatMap((clip, index) => (phase === undefined || clip.phase === phase ? [{ clip, index }] : []));
  return (
    <section class="films" aria-labelledby="films-title">
      <h2 id="films-title">Films</h2>
      {clips.length === 0 ? (
        <p class="quiet">
          There are none: armature eval --video FOLDER keeps films of the failures, with --video-all of all.
        </p>
      ) : (
        <PhaseChoice clips={clips} phase={phase} onChoose={setPhase} />
      )}
      <div class="films-grid below">
        {shown.slice(0, count).map(({ clip, index }) => (
          <Film key={index} clip={clip} src={archive.clip(id, index)} />
        ))}
      </div>
      {shown.length > count && (
        <button type="button" onClick={() => setCount(count + FILMS)}>
          Show more: {shown.length - count} are left
        </button>
      )}
    </section>
  );
}

interface PhaseChoiceProps {
  readonly clips: EvaluationMessage['clips'];
  /** Undefined for all of them. */
  readonly phase: string | undefined;
  readonly onChoose: (phase: string | undefined) => void;
}

/** One looks for what failures of a kind have in common: only kinds that there are films of can be chosen. */
function PhaseChoice({ clips, phase, onChoose }: PhaseChoiceProps): JSX.Element {
  const phases = [...new Set(clips.map((clip) => clip.phase))];
  return (
    <div class="row" role="group" aria-label="What went wrong">
      <button type="button" aria-pressed={phase === undefined} onClick={() => onChoose(undefined)}>
        all, {clips.length}
      </button>
      {phases.map((name) => (
        <button
          type="button"
          key={name}
          aria-pressed={phase === name}
          title={phaseOf(name).meaning}
          onClick={() => onChoose(name)}
        >
          {phaseOf(name).title.toLowerCase()}, {clips.filter((clip) => clip.phase === name).length}
        </button>
      ))}
    </div>
  );
}

interface FilmProps {
  readonly clip: EvaluationMessage['clips'][number];
  readonly src: string;
}

/** An episode to watch, with the command that plays it again. */
function Film({ clip, src }: FilmProps): JSX.Element {
  return (
    <figure data-testid="film">
      <video src={src} controls muted loop playsInline preload="metadata" aria-label={filmName(clip)} />
      <figcaption>
        <b>{clip.instruction === '' ? clip.task : `“${clip.instruction}”`}</b>
        <br />
        {phaseOf(clip.phase).meaning} Seed {clip.seed}.{clip.command !== '' && <code>{clip.command}</code>}
      </figcaption>
    </figure>
  );
}

function filmName({ instruction, task, phase }: EvaluationMessage['clips'][number]): string {
  return `${instruction || task}: ${phaseOf(phase).title.toLowerCase()}`;
}

function phaseOf(phase: string): { readonly title: string; readonly meaning: string } {
  if (phase === '') return { title: 'Succeeded', meaning: 'Done as asked.' };
  return (
    (failurePhases as Readonly<Record<string, { title: string; meaning: string }>>)[phase] ?? {
      title: phase,
      meaning: '',
    }
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
