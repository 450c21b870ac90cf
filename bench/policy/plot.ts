import { writeFileSync } from 'node:fs';
import { loadPolicy } from '../../src/policy/load-policy.ts';
import { quantile } from '../../src/runtime/statistics.ts';
import { sweeps } from './configurations.ts';
import type { Configuration } from './configurations.ts';
import type { MeasuredProcess } from './measured-process.ts';
import type { Workshop } from './workshop.ts';

/** A measured policy: x is what was varied, fastMs the time that a tenth of the ticks keep: what else the machine did hides the shape least there. */
interface Point {
  readonly x: number;
  readonly label: string;
  readonly fastMs: number;
}

interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly Series[];
}

/** The first ticks of a process are slower. */
const WARM_UP_TICKS = 3;

/** Measures the engine over all configurations of the sweeps, one after another. */
export async function measureSweeps(
  workshop: Workshop,
  start: (configuration: Configuration) => Promise<MeasuredProcess>,
  ticks: number,
): Promise<Panel[]> {
  const measure = async (all: readonly Configuration[], xOf: (c: Configuration) => number): Promise<Point[]> => {
    const points: Point[] = [];
    for (const configuration of all) {
      const engine = await start(configuration);
      const { ms } = await engine.round(ticks + WARM_UP_TICKS);
      await engine.close();
      const fastMs = quantile(ms.slice(WARM_UP_TICKS), 0.1);
      console.error(`${configuration.name}: ${fastMs.toFixed(1)} ms`);
      points.push({ x: xOf(configuration), label: configuration.name, fastMs });
    }
    return points;
  };
  const parameters = (configuration: Configuration): number =>
    Number(loadPolicy(workshop.policy(configuration)).manifest.training['parameters']);
  const context = ({ contextTokens = 0 }: Configuration): number => contextTokens;
  return [
    {
      title: '79M parameters against context',
      xLabel: 'tokens of context',
      series: [
        { name: 'full attention (24 key heads)', points: await measure(sweeps.fullContext, context) },
        { name: 'grouped (4 key heads)', points: await measure(sweeps.groupedContext, context) },
      ],
    },
    {
      title: '1024 tokens of context against size',
      xLabel: 'parameters',
      series: [{ name: 'grouped key heads', points: await measure(sweeps.size, parameters) }],
    },
  ];
}

const PANEL = { width: 420, height: 320, left: 62, right: 18, top: 44, bottom: 52 };
const COLOURS = ['#b03a2e', '#1f618d'];
/** The control period of an arm at 20 Hz, ms. */
const DEADLINE_MS = 50;

/** Draws panels side by side, both axes logarithmic. */
export function writePlot(path: string, panels: readonly Panel[]): void {
  const width = PANEL.width * panels.length;
  const drawn = panels.map((panel, index) => `<g transform="translate(${index * PANEL.width} 0)">${draw(panel)}</g>`);
  writeFileSync(
    path,
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${PANEL.height}" font-family="sans-serif" font-size="11">` +
      `<rect width="${width}" height="${PANEL.height}" fill="white"/>\n${drawn.join('\n')}\n</svg>\n`,
  );
}

function draw({ title, xLabel, series }: Panel): string {
  const points = series.flatMap((line) => line.points);
  const xRange = rangeOf(points.map(({ x }) => x));
  const yRange = rangeOf([...points.map(({ fastMs }) => fastMs), DEADLINE_MS]);
  const { width, height, left, right, top, bottom } = PANEL;
  const x = (value: number): number => left + share(value, xRange) * (width - left - right);
  const y = (value: number): number => height - bottom - share(value, yRange) * (height - top - bottom);
  const text = (at: readonly [number, number], content: string, anchor = 'middle'): string =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" text-anchor="${anchor}">${content}</text>`;
  const grid = ticksOf(yRange).map(
    (value) =>
      `<path d="M${left} ${y(value).toFixed(1)}H${width - right}" stroke="#ddd"/>` +
      text([left - 6, y(value) + 4], String(value), 'end'),
  );
  const xTicks = [...new Map(points.map((point) => [point.x, point])).values()].map((point) =>
    text([x(point.x), height - bottom + 16], series.length > 1 ? String(point.x) : point.label),
  );
  const lines = series.map(({ name, points: line }, index) => {
    const colour = COLOURS[index] ?? 'black';
    const path = line.map((point) => `${x(point.x).toFixed(1)} ${y(point.fastMs).toFixed(1)}`).join('L');
    const dots = line.map(
      (point) =>
        `<circle cx="${x(point.x).toFixed(1)}" cy="${y(point.fastMs).toFixed(1)}" r="3" fill="${colour}"/>` +
        text([x(point.x), y(point.fastMs) - 7], point.fastMs.toPrecision(3)),
    );
    const legend = `<text x="${left + 10}" y="${top + 16 + 15 * index}" fill="${colour}">${name}</text>`;
    return `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>${dots.join('')}${legend}`;
  });
  const deadline = `<path d="M${left} ${y(DEADLINE_MS).toFixed(1)}H${width - right}" stroke="#555" stroke-dasharray="4 3"/>`;
  return [
    `<text x="${left}" y="20" font-size="13">${title}</text>`,
    text([left, top - 8], 'ms of the fastest tenth of ticks (dashed: 20 Hz)', 'start'),
    ...grid,
    deadline,
    ...xTicks,
    text([(left + width - right) / 2, height - 14], xLabel),
    ...lines,
  ].join('');
}

type Range = readonly [low: number, high: number];

function rangeOf(values: readonly number[]): Range {
  return [Math.min(...values) / 1.4, Math.max(...values) * 1.4];
}

function share(value: number, [low, high]: Range): number {
  return Math.log(value / low) / Math.log(high / low);
}

function ticksOf([low, high]: Range): number[] {
  const decades = [0.1, 1, 10, 100, 1000, 10_000];
  return decades.flatMap((decade) => [decade, 2 * decade, 5 * decade]).filter((tick) => tick >= low && tick <= high);
}
