import { escapeHtml, formatNumber, pngDataUri } from './html.ts';
import { renderTimeAxis } from './plot.ts';
import type { CameraStrip, Intervention, TokenProbabilities } from './report-data.ts';

/** One row of pictures per camera, in order of time; the row scrolls where the page is narrow. */
export function renderFilm(cameras: readonly CameraStrip[]): string {
  const strips = cameras.map(({ camera, frames }) => {
    const pictures = frames.map(({ timeS, png }) => {
      const label = `${camera} camera at ${formatNumber(timeS)} s`;
      return `<figure><img src="${pngDataUri(png)}" alt="${escapeHtml(label)}"><figcaption>${formatNumber(timeS)} s</figcaption></figure>`;
    });
    return `<div class="strip"><h4>${escapeHtml(camera)}</h4><div class="frames">${pictures.join('')}</div></div>`;
  });
  return `<div class="film">${strips.join('')}</div>`;
}

/** One lane per reason, the most frequent first, with a mark wherever the gate acted for it. */
export function renderInterventions(interventions: readonly Intervention[], durationS: number): string {
  if (interventions.length === 0) return '<p class="quiet">The gate passed every command on as it was asked for.</p>';
  const lanes = new Map<string, Intervention[]>();
  for (const intervention of interventions) {
    lanes.set(intervention.reason, [...(lanes.get(intervention.reason) ?? []), intervention]);
  }
  const ordered = [...lanes].toSorted(([, left], [, right]) => right.length - left.length);
  const rows = ordered.map(([reason, entries]) => {
    const marks = entries.map(({ timeS, durationS: length, joint }) => {
      const what = `${reason}${joint === undefined ? '' : `, ${joint}`}, at ${formatNumber(timeS)} s`;
      const left = percent(timeS, durationS);
      const width = percent(length, durationS);
      return `<i style="left:${left};width:max(3px,${width})" title="${escapeHtml(what)}"></i>`;
    });
    return `<div class="lane-name">${escapeHtml(reason)} <b>${entries.length}</b></div><div class="lane">${marks.join('')}</div>`;
  });
  return `<div class="lanes">${rows.join('')}<div></div>${renderTimeAxis(durationS)}</div>`;
}

/** Steps of the scale of probabilities; colours of the style sheet, light is unsure, strong is sure. */
const PROBABILITY_STEPS = 6;

/** One row per action token, one cell per tick: how sure the policy was of what it emitted. */
export function renderTokens(tokens: TokenProbabilities, durationS: number): string {
  const ticks = tokens.probabilities.length;
  const rows = tokens.names.map((name, row) => {
    const cells: string[] = [];
    let start = 0;
    for (let tick = 1; tick <= ticks; tick += 1) {
      // Neighbours of the same step are one rectangle, which keeps the file short.
      if (tick < ticks && step(tokens, tick, row) === step(tokens, start, row)) continue;
      cells.push(`<rect class="p${step(tokens, start, row)}" x="${start}" y="0" width="${tick - start}" height="1"/>`);
      start = tick;
    }
    const label = `probability of the action token of ${name} over time`;
    return `<div class="lane-name">${escapeHtml(name)}</div><svg class="heat" viewBox="0 0 ${Math.max(ticks, 1)} 1" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(label)}">${cells.join('')}</svg>`;
  });
  const scale = Array.from({ length: PROBABILITY_STEPS }, (_, index) => `<i class="p${index}"></i>`).join('');
  const legend = `<p class="legend"><span>unsure (0)</span><span class="ramp">${scale}</span><span>sure (1)</span></p>`;
  return `<div class="lanes heat-lanes">${rows.join('')}<div></div>${renderTimeAxis(durationS)}</div>${legend}`;
}

function step(tokens: TokenProbabilities, tick: number, row: number): number {
  const probability = tokens.probabilities[tick]?.[row] ?? 0;
  return Math.min(PROBABILITY_STEPS - 1, Math.max(0, Math.floor(probability * PROBABILITY_STEPS)));
}

/** A part of a duration; all of it where the duration is 0. */
function percent(part: number, whole: number): string {
  return `${whole > 0 ? (100 * Math.min(1, Math.max(0, part / whole))).toFixed(2) : 100}%`;
}
