import type { DatasetReader } from '../../record/dataset-reader.ts';
import type { DatasetInfo } from '../../record/format.ts';
import type { DatasetSummary } from '../../runtime/recording/dataset-summary.ts';
import { elementNames, sentFeature } from '../../runtime/recording/recording-figures.ts';
import { datasetTables, formatBytes, formatSeconds } from './dataset-tables.ts';
import { episodeStrips } from './dataset-pictures.ts';
import { escapeHtml, formatNumber } from './html.ts';
import { renderPlot } from './plot.ts';
import type { PlotLine } from './plot.ts';
import type { CameraStrip, Trace } from './report-data.ts';
import { renderFilm } from './strips.ts';
import { STYLE_SHEET } from './style-sheet.ts';

const DATASET_STYLE = `
.frames img { aspect-ratio: auto; }
.bars { display: block; width: 100%; height: 90px; border-bottom: 1px solid var(--edge); fill: var(--measured); }
td:nth-child(n+2), th:nth-child(n+2) { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td:last-child, th:last-child { padding-right: 0; }
table.left td, table.left th { text-align: left; white-space: normal; }
`;

/** Lines of a joint and the features they come from. */
function jointLines(info: DatasetInfo): readonly { kind: PlotLine['kind']; feature: string }[] {
  return [
    { kind: 'requested', feature: 'action.requested' },
    { kind: 'sent', feature: sentFeature(info) },
    { kind: 'measured', feature: 'observation.state' },
  ];
}

/** An episode as the page shows it. */
export interface ShownEpisode {
  readonly episodeIndex: number;
  readonly task: string;
  readonly durationS: number;
  /** Null where the dataset does not say. */
  readonly isSuccess: boolean | null;
  readonly cameras: readonly CameraStrip[];
  readonly joints: readonly { readonly name: string; readonly lines: readonly PlotLine[] }[];
  /** ms after the nominal time; undefined without `observation.time`. */
  readonly lateness: Trace | undefined;
}

/** Reads what the page shows of an episode. */
export async function readShownEpisode(reader: DatasetReader, episodeIndex: number): Promise<ShownEpisode> {
  const { info } = reader;
  const lines = jointLines(info);
  const wanted = [...lines.map(({ feature }) => feature), 'observation.time', 'next.success'];
  const names = wanted.filter((name) => info.features[name]?.shape.length === 1);
  const { columns, tasks, episode } = await reader.readEpisode(episodeIndex, names);
  const timesS = Float64Array.from({ length: episode.length }, (_, row) => row / info.fps);
  const width = info.features[sentFeature(info)]?.shape[0] ?? 0;
  const present = lines.filter(({ feature }) => columns[feature]?.length === width * episode.length);
  const joints = elementNames(info, sentFeature(info), width).map((name, joint) => ({
    name,
    lines: present.map(({ kind, feature }) => {
      const values = timesS.map((_, row) => columns[feature]?.[row * width + joint] ?? Number.NaN);
      return { kind, trace: { timesS, values } };
    }),
  }));
  const ticks = columns['observation.time'];
  const success = columns['next.success'];
  return {
    episodeIndex,
    task: [...new Set(tasks)].join(', then '),
    durationS: episode.length / info.fps,
    isSuccess: success === undefined ? null : success.some((flag) => flag > 0),
    cameras: await episodeStrips(reader, episodeIndex),
    joints,
    lateness:
      ticks === undefined
        ? undefined
        : { timesS, values: Float64Array.from(ticks, (timeS, row) => 1000 * (timeS - (timesS[row] ?? 0))) },
  };
}

/** What the page says of the dataset beside its summary. */
export interface DatasetPage {
  readonly name: string;
  readonly summary: DatasetSummary;
  /** Length of every episode, s. */
  readonly lengthsS: readonly number[];
  readonly episodes: readonly ShownEpisode[];
}

/** A dataset as a single HTML file: no scripts, nothing fetched, pictures and plots inside. */
export function renderDataset({ name, summary, lengthsS, episodes }: DatasetPage): string {
  const unit = summary.features.find((feature) => feature.name === 'action')?.unit ?? '';
  const written =
    summary.written === null
      ? ''
      : ` · written ${summary.written.first.slice(0, 10)} to ${summary.written.last.slice(0, 10)}`;
  const subtitle = `LeRobotDataset ${summary.codebaseVersion} · ${summary.robotType ?? 'robot not named'} · ${summary.fps} frames a second${written}`;
  const shown =
    episodes.length < summary.episodes
      ? `<p class="quiet">${episodes.length} of ${summary.episodes} episodes are shown.</p>`
      : '';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escapeHtml(name)}</title><style>${STYLE_SHEET}${DATASET_STYLE}</style></head>
<body><main><header class="page"><h1>${escapeHtml(name)}</h1><p class="quiet">${escapeHtml(subtitle)}</p></header>
${renderTiles(summary)}
${renderLengths(lengthsS)}
${datasetTables(summary, unit)}
${shown}
${episodes.map((episode) => renderEpisode(episode, unit)).join('\n')}
<footer class="quiet">Written by Armature. Times in seconds since the start of the episode.</footer></main></body></html>
`;
}

function renderTiles({ episodes, durationS, succeeded, latenessMs, sizes }: DatasetSummary): string {
  const bytes = sizes.dataBytes + sizes.videoBytes + sizes.metadataBytes;
  const outcome = succeeded === null ? [] : [['succeeded', `${succeeded} of ${episodes}`]];
  const lateness = latenessMs === null ? [] : [['lateness, p99', `${formatNumber(latenessMs.p99)} ms`]];
  const tiles = [
    ['episodes', String(episodes)],
    ['recorded', formatSeconds(durationS)],
    ...outcome,
    ...lateness,
    ['size', formatBytes(bytes)],
  ];
  return `<dl class="tiles">${tiles
    .slice(0, 4)
    .map(([title, value]) => `<div><dt>${title}</dt><dd>${value}</dd></div>`)
    .join('')}</dl>`;
}

function renderLengths(lengthsS: readonly number[]): string {
  const longest = Math.max(...lengthsS, 1e-9);
  const bars = lengthsS.map((lengthS, index) => {
    const height = (100 * lengthS) / longest;
    const place = `x="${index + 0.05}" y="${(100 - height).toFixed(1)}" width="0.9" height="${height.toFixed(1)}"`;
    return `<rect ${place}><title>episode ${index}: ${formatNumber(lengthS)} s</title></rect>`;
  });
  const size = `viewBox="0 0 ${Math.max(lengthsS.length, 1)} 100" preserveAspectRatio="none"`;
  return `<section><h2>Length of the episodes <small>up to ${formatNumber(longest)} s</small></h2><svg class="bars" ${size} role="img" aria-label="length of every episode">${bars.join('')}</svg></section>`;
}

function renderEpisode(episode: ShownEpisode, unit: string): string {
  const { episodeIndex, task, durationS, cameras, joints, lateness } = episode;
  const plots = joints.map(({ name, lines }) => {
    const kinds = lines.map(({ kind }) => kind).join(', ');
    const description = `${kinds} position of ${name} over time${unit === '' ? '' : `, ${unit}`}`;
    return `<div class="card"><h4>${escapeHtml(name)} <small>${escapeHtml(unit)}</small></h4>${renderPlot({ description, durationS, lines })}</div>`;
  });
  return `<section class="episode" id="episode-${episodeIndex}"><p class="quiet">episode ${episodeIndex} · ${formatNumber(durationS)} s</p>
<h2>“${escapeHtml(task)}” ${badge(episode.isSuccess)}</h2>
${cameras.length === 0 ? '' : `<h3>What the cameras saw</h3>${renderFilm(cameras)}`}
<h3>Joints</h3>
<p class="legend"><span class="key requested">requested</span><span class="key sent">sent</span><span class="key measured">measured</span></p>
<div class="cards">${plots.join('')}</div>
${lateness === undefined ? '' : renderLateness(lateness, durationS)}</section>`;
}

function badge(isSuccess: boolean | null): string {
  if (isSuccess === null) return '';
  return isSuccess
    ? '<span class="badge success">✓ succeeded</span>'
    : '<span class="badge failure">✗ no success</span>';
}

function renderLateness(trace: Trace, durationS: number): string {
  const lines = [{ kind: 'single', trace } as const];
  const plot = renderPlot({ description: 'lateness of the tick over time, ms', durationS, lines, include: [0] });
  return `<h3>Timing</h3><div class="cards wide"><div class="card"><h4>Lateness of the tick, ms</h4>${plot}</div></div>`;
}
