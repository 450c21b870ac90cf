import { quantile } from '../../runtime/statistics.ts';
import { escapeHtml, formatNumber } from './html.ts';
import { renderPlot } from './plot.ts';
import type { JointTraces, ReportData, ReportEpisode, Trace } from './report-data.ts';
import { renderFilm, renderInterventions, renderTokens } from './strips.ts';
import { STYLE_SHEET } from './style-sheet.ts';

/** Sign, word and class per outcome: never told by colour alone. */
const OUTCOMES = {
  success: { sign: '✓', word: 'succeeded' },
  failure: { sign: '✗', word: 'failed' },
  stopped: { sign: '■', word: 'stopped' },
  unknown: { sign: '–', word: 'not judged' },
} as const;

/**
 * One or several episodes as a single HTML file: no scripts, nothing fetched, pictures and plots
 * inside, so that it can be mailed and read in ten years.
 */
export function renderReport(data: ReportData): string {
  const sections = data.episodes.map(renderEpisode).join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escapeHtml(data.title)}</title><style>${STYLE_SHEET}</style></head>
<body><main><header class="page"><h1>${escapeHtml(data.title)}</h1><p class="quiet">${escapeHtml(data.subtitle)}</p></header>
${data.episodes.length > 1 ? renderOverview(data.episodes) : ''}
${sections}
<footer class="quiet">Written by Armature. Times in seconds since the start of the episode, angles in radians.</footer></main></body></html>
`;
}

function renderOverview(episodes: readonly ReportEpisode[]): string {
  const judged = episodes.filter((episode) => episode.outcome !== 'unknown');
  const succeeded = judged.filter((episode) => episode.outcome === 'success').length;
  const rows = episodes.map((episode, index) => {
    const cells = [
      `<a href="#episode-${index}">${escapeHtml(episode.name)}</a>`,
      escapeHtml(episode.instruction),
      badge(episode),
      `${formatNumber(episode.durationS)} s`,
      String(episode.interventions.length),
    ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  return `<section><h2>${succeeded} of ${judged.length} succeeded</h2><div class="scroll"><table>
<thead><tr><th>episode</th><th>instruction</th><th>outcome</th><th>duration</th><th>interventions</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div></section>`;
}

function renderEpisode(episode: ReportEpisode, index: number): string {
  const budgetMs = 1000 / episode.controlHz;
  const note = episode.outcomeNote === undefined ? '' : `<p>${escapeHtml(episode.outcomeNote)}</p>`;
  return `<section id="episode-${index}" class="episode">
<p class="quiet">${escapeHtml(episode.name)} · ${escapeHtml(episode.robot)} · ${escapeHtml(episode.policy)}</p>
<h2>“${escapeHtml(episode.instruction)}” ${badge(episode)}</h2>${note}
${renderTiles(episode)}
${episode.cameras.length === 0 ? '' : `<h3>What the cameras saw</h3>${renderFilm(episode.cameras)}`}
<h3>Joints</h3>
<p class="legend"><span class="key requested">requested</span><span class="key sent">sent by the gate</span><span class="key measured">measured</span><span class="key beyond">beyond the limits</span></p>
<div class="cards">${episode.joints.map((joint) => renderJoint(joint, episode.durationS)).join('')}</div>
<h3>Gate interventions</h3>${renderInterventions(episode.interventions, episode.durationS)}
<h3>Timing</h3><div class="cards wide">
${renderTiming('Time to decide, ms', episode.inferenceMs, episode.durationS, { value: budgetMs, name: `one control period, ${formatNumber(budgetMs)} ms` })}
${renderTiming('Lateness of the control tick, ms', episode.latenessMs, episode.durationS)}
</div>
${episode.tokens === undefined ? '' : `<h3>How sure the policy was of its action tokens</h3>${renderTokens(episode.tokens, episode.durationS)}`}
</section>`;
}

function badge({ outcome }: ReportEpisode): string {
  const { sign, word } = OUTCOMES[outcome];
  return `<span class="badge ${outcome}">${sign} ${word}</span>`;
}

function renderTiles(episode: ReportEpisode): string {
  const milliseconds = (value: number | undefined): string => (value === undefined ? '–' : `${formatNumber(value)} ms`);
  const tiles = [
    ['duration', `${formatNumber(episode.durationS)} s`],
    ['time to decide, median', milliseconds(traceQuantile(episode.inferenceMs, 0.5))],
    ['lateness, p99', milliseconds(traceQuantile(episode.latenessMs, 0.99))],
    ['gate interventions', String(episode.interventions.length)],
  ];
  return `<dl class="tiles">${tiles.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
}

function renderJoint(joint: JointTraces, durationS: number): string {
  const [lower, upper] = joint.limitsRad;
  const plot = renderPlot({
    description: `requested, sent and measured position of ${joint.name} over time, rad`,
    durationS,
    limits: joint.limitsRad,
    // Drawn in this order: the line that matters most lies on top.
    lines: [
      { kind: 'requested', trace: joint.requested },
      { kind: 'sent', trace: joint.sent },
      { kind: 'measured', trace: joint.measured },
    ],
  });
  const limits = `${formatNumber(lower)} to ${formatNumber(upper)} rad`;
  return `<div class="card"><h4>${escapeHtml(joint.name)} <small>limits ${limits}</small></h4>${plot}</div>`;
}

function renderTiming(
  title: string,
  trace: Trace,
  durationS: number,
  level?: { readonly value: number; readonly name: string },
): string {
  const [median, high] = [traceQuantile(trace, 0.5), traceQuantile(trace, 0.99)];
  const summary =
    median === undefined || high === undefined
      ? 'no values'
      : `median ${formatNumber(median)}, p99 ${formatNumber(high)}`;
  const plot = renderPlot({
    description: `${title} over time`,
    durationS,
    lines: [{ kind: 'single', trace }],
    include: level === undefined ? [0] : [0, level.value],
    ...(level === undefined ? {} : { level }),
  });
  return `<div class="card"><h4>${escapeHtml(title)} <small>${summary}</small></h4>${plot}</div>`;
}

/** Undefined for a trace without values, which is not the same as zero. */
function traceQuantile({ values }: Trace, share: number): number | undefined {
  return values.length === 0 ? undefined : quantile(Array.from(values), share);
}
