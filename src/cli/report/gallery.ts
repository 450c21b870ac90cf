import { failurePhases } from '../../sim/failure-phase.ts';
import type { FailurePhase } from '../../sim/failure-phase.ts';
import { escapeHtml, formatNumber } from './html.ts';
import { STYLE_SHEET } from './style-sheet.ts';

/** One film of a gallery. */
export interface Clip {
  readonly task: string;
  readonly seed: number;
  readonly instruction: string;
  /** Undefined for a success. */
  readonly phase: FailurePhase | undefined;
  /** A thing was acted upon that the instruction did not name. */
  readonly wrongObject: boolean;
  readonly durationS: number;
  /** Path relative to the page, with forward slashes. */
  readonly path: string;
  /** The command that gives the same episode again. */
  readonly command: string;
}

export interface Gallery {
  readonly title: string;
  /** One line under the title: which policy, under which conditions. */
  readonly subtitle: string;
  readonly tasks: readonly { readonly task: string; readonly episodes: number; readonly successes: number }[];
  readonly clips: readonly Clip[];
}

const GALLERY_STYLE = `
.clips { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); gap: 12px; }
.clip video { display: block; width: 100%; aspect-ratio: 2; border-radius: 6px; background: var(--edge); image-rendering: pixelated; }
.clip h4 { margin: 9px 0 2px; font-size: 14px; }
.clip code { display: block; margin: 6px 0 0; padding: 6px 8px; border-radius: 6px; background: var(--ground); font-size: 11.5px; line-height: 1.45; overflow-wrap: anywhere; }
td:nth-child(n+2), th:nth-child(n+2) { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td:last-child, th:last-child { padding-right: 0; }
`;

/** What a person should know of clips that show no failure. */
const SUCCESS = { title: 'Succeeded', meaning: 'Done as asked, for comparison.' };

/**
 * The films of an evaluation as one page, by what went wrong and by task. No scripts, nothing fetched but the
 * films beside it, so that the folder can be copied anywhere.
 */
export function renderGallery({ title, subtitle, tasks, clips }: Gallery): string {
  const phases = [...(Object.keys(failurePhases) as FailurePhase[]), undefined];
  const present = phases.filter((phase) => clips.some((clip) => clip.phase === phase));
  const sections = present.map((phase) =>
    renderPhase(
      phase,
      clips.filter((clip) => clip.phase === phase),
    ),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escapeHtml(title)}</title><style>${STYLE_SHEET}${GALLERY_STYLE}</style></head>
<body><main><header class="page"><h1>${escapeHtml(title)}</h1><p class="quiet">${escapeHtml(subtitle)}</p></header>
${renderCounts(tasks, present, clips)}
${sections.join('\n')}
<footer class="quiet">Written by Armature. The films show what the policy saw, all its cameras side by side, at the speed of the arm.</footer></main></body></html>
`;
}

function renderCounts(
  tasks: Gallery['tasks'],
  phases: readonly (FailurePhase | undefined)[],
  clips: readonly Clip[],
): string {
  const episodes = tasks.reduce((sum, task) => sum + task.episodes, 0);
  const failures = episodes - tasks.reduce((sum, task) => sum + task.successes, 0);
  const columns = phases.filter((phase) => phase !== undefined);
  const heading = ['task', 'succeeded', ...columns.map((phase) => failurePhases[phase].title.toLowerCase())];
  const rows = tasks.map(({ task, episodes: count, successes }) => {
    const counts = columns.map((phase) => clips.filter((clip) => clip.task === task && clip.phase === phase).length);
    const cells = [
      escapeHtml(task),
      `${successes} of ${count}`,
      ...counts.map((number) => (number === 0 ? '–' : String(number))),
    ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const none = failures === 0 ? '<p>There is nothing to show: no episode failed.</p>' : '';
  return `<section><h2>${failures} of ${episodes} episodes failed</h2><div class="scroll"><table>
<thead><tr>${heading.map((name) => `<th>${name}</th>`).join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>${none}</section>`;
}

function renderPhase(phase: FailurePhase | undefined, clips: readonly Clip[]): string {
  const { title, meaning } = phase === undefined ? SUCCESS : failurePhases[phase];
  const tasks = [...new Set(clips.map(({ task }) => task))];
  const groups = tasks.map((task) => {
    const shown = clips.filter((clip) => clip.task === task);
    return `<h3>${escapeHtml(task)} <small>${shown.length === 1 ? '1 clip' : `${shown.length} clips`}</small></h3>
<div class="clips">${shown.map(renderClip).join('\n')}</div>`;
  });
  return `<section class="episode" id="${phase ?? 'success'}"><h2>${title} <small>${clips.length}</small></h2><p class="quiet">${meaning}</p>
${groups.join('\n')}</section>`;
}

function renderClip({ instruction, phase, wrongObject, seed, durationS, path, command }: Clip): string {
  const aside = wrongObject && phase !== 'wrong-object' ? ' Something that was not named was acted upon as well.' : '';
  const what = phase === undefined ? SUCCESS : failurePhases[phase];
  const label = `${instruction}: ${what.title.toLowerCase()}`;
  return `<article class="card clip"><video controls autoplay loop muted playsinline src="${escapeHtml(path)}" aria-label="${escapeHtml(label)}"></video>
<h4>“${escapeHtml(instruction)}”</h4><p class="quiet">${what.meaning}${aside} Seed ${seed}, ${formatNumber(durationS)} s.</p><code>${escapeHtml(command)}</code></article>`;
}
