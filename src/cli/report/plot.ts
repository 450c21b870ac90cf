import { escapeHtml, formatNumber } from './html.ts';
import { curvePath, round } from './svg.ts';
import type { Trace } from './report-data.ts';

/** A line of a plot; `kind` chooses colour and dashes in the style sheet. */
export interface PlotLine {
  readonly kind: 'requested' | 'sent' | 'measured' | 'single';
  readonly trace: Trace;
}

export interface PlotOptions {
  /** What a screen reader says of the picture. */
  readonly description: string;
  readonly lines: readonly PlotLine[];
  readonly durationS: number;
  /** Values the plot must include. */
  readonly include?: readonly number[];
  /** Values beyond which the ground is shaded, as far as they fall into the plot. */
  readonly limits?: readonly [number, number];
  /** A dashed level with its name, drawn when it falls into the plot. */
  readonly level?: { readonly value: number; readonly name: string };
}

/** The drawing is stretched to its box: these are units of the drawing, not pixels. */
const WIDTH = 1000;
const HEIGHT = 100;
/** More points than a screen has columns only make the file longer. */
const MAX_POINTS = 1200;
const MARGIN = 0.08;

/** Lines over time as an SVG that stretches with the page; its labels are text of the page and keep their size. */
export function renderPlot(options: PlotOptions): string {
  const [low, high] = valueRange(options);
  const y = (value: number): number => HEIGHT * (1 - (value - low) / (high - low));
  const x = (timeS: number): number => (WIDTH * timeS) / Math.max(options.durationS, 1e-9);
  const body = [
    ...shading(options.limits, low, high, y),
    `<path class="grid" d="M0 ${HEIGHT / 2}H${WIDTH}"/>`,
    ...(levelVisible(options, low, high)
      ? [`<path class="level" d="M0 ${round(y(options.level?.value ?? 0))}H${WIDTH}"/>`]
      : []),
    ...options.lines.map(
      (line) =>
        `<path class="line ${line.kind}" d="${curvePath(chosenIndices(line.trace.values), line.trace, { x, y })}"/>`,
    ),
  ];
  const level = levelVisible(options, low, high)
    ? `<span class="level-name" style="top:${round(y(options.level?.value ?? 0))}%">${escapeHtml(options.level?.name ?? '')}</span>`
    : '';
  return `<div class="plot"><div class="scale"><span>${formatNumber(high)}</span><span>${formatNumber((low + high) / 2)}</span><span>${formatNumber(low)}</span></div>
<div class="drawing"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(options.description)}">${body.join('')}</svg>${level}</div>
${renderTimeAxis(options.durationS)}</div>`;
}

export function renderTimeAxis(durationS: number): string {
  const marks = [0, 0.25, 0.5, 0.75, 1].map((fraction) => `<span>${formatNumber(fraction * durationS)}</span>`);
  return `<div class="times">${marks.join('')}</div>`;
}

function valueRange({ lines, include = [] }: PlotOptions): readonly [number, number] {
  const [low, high] = extent([...lines.flatMap(({ trace }) => Array.from(trace.values)), ...include]) ?? [0, 1];
  const margin = Math.max((high - low) * MARGIN, 1e-3);
  return [include.includes(low) ? low : low - margin, high + margin];
}

function levelVisible({ level }: PlotOptions, low: number, high: number): boolean {
  return level !== undefined && level.value >= low && level.value <= high;
}

function shading(limits: PlotOptions['limits'], low: number, high: number, y: (value: number) => number): string[] {
  if (limits === undefined) return [];
  const [lower, upper] = limits;
  const above = upper < high ? [`<rect class="beyond" x="0" y="0" width="${WIDTH}" height="${round(y(upper))}"/>`] : [];
  const below =
    lower > low
      ? [`<rect class="beyond" x="0" y="${round(y(lower))}" width="${WIDTH}" height="${round(HEIGHT - y(lower))}"/>`]
      : [];
  return [...above, ...below];
}

/** Indices to draw: all of few points; of many, the lowest and the highest of each bucket, so that no peak is lost. */
function chosenIndices(values: ArrayLike<number>): number[] {
  const count = values.length;
  if (count <= MAX_POINTS) return Array.from({ length: count }, (_, index) => index);
  const buckets = MAX_POINTS / 2;
  return Array.from({ length: buckets }, (_, bucket) => {
    const start = Math.floor((bucket * count) / buckets);
    const end = Math.floor(((bucket + 1) * count) / buckets);
    let [lowest, highest] = [start, start];
    for (let index = start; index < end; index += 1) {
      if ((values[index] ?? 0) < (values[lowest] ?? 0)) lowest = index;
      if ((values[index] ?? 0) > (values[highest] ?? 0)) highest = index;
    }
    return lowest === highest ? [lowest] : [Math.min(lowest, highest), Math.max(lowest, highest)];
  }).flat();
}

/** Lowest and highest finite value; undefined when there is none. */
function extent(values: Iterable<number>): readonly [number, number] | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : undefined;
}
