import { useEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { DARK, LESS_MOTION, useMedia } from './use-media.ts';

export interface Curve {
  readonly label: string;
  /** As many as there are times. */
  readonly values: readonly (number | null)[];
}

export interface CurvesProps {
  /** What it shows, for who does not see it. */
  readonly name: string;
  readonly timesS: readonly number[];
  /** Whether values are shown from zero on, or in the range they have. */
  readonly isFromZero: boolean;
  readonly curves: readonly Curve[];
  /** CSS pixels. */
  readonly height: number;
}

/** Colours that people who do not tell red from green tell apart; the second is dashed as well. */
const STROKES = ['--blue', '--orange', '--green'] as const;
/** Often enough for the eye; drawing more often costs the browser what it needs for the arm. */
const PERIOD_MS = 250;
const CALM_PERIOD_MS = 1000;

/** Curves over the time of an episode. */
export function Curves({ name, timesS, curves, isFromZero, height }: CurvesProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | undefined>(undefined);
  const drawnMs = useRef(0);
  const isDark = useMedia(DARK);
  const periodMs = useMedia(LESS_MOTION) ? CALM_PERIOD_MS : PERIOD_MS;
  const labels = curves.map(({ label }) => label).join('|');

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const created = createPlot(element, labels.split('|'), { isFromZero, height });
    plot.current = created;
    drawnMs.current = 0;
    const observer = new ResizeObserver(() => created.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      created.destroy();
    };
    // A plot keeps the colours it was made with.
  }, [labels, isFromZero, height, isDark]);

  useEffect(() => {
    const nowMs = performance.now();
    if (nowMs - drawnMs.current < periodMs) return;
    drawnMs.current = nowMs;
    plot.current?.setData([timesS, ...curves.map(({ values }) => values)] as unknown as UPlot.AlignedData);
  });

  return <div ref={place} class="curves" role="img" aria-label={name} />;
}

function createPlot(
  element: HTMLElement,
  labels: readonly string[],
  { isFromZero, height }: Pick<CurvesProps, 'isFromZero' | 'height'>,
): UPlot {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name);
  const [stroke, line] = [colour('--ink'), colour('--line')];
  const axis = {
    stroke,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    size: 32,
    font: `12px ${style.fontFamily}`,
  };
  const series = labels.map((label, index) => ({
    label,
    stroke: colour(STROKES[index % STROKES.length] ?? STROKES[0]),
    width: 1.75,
    dash: index === 1 ? [5, 3] : [],
    points: { show: false },
  }));
  return new UPlot(
    {
      width: element.clientWidth,
      height,
      series: [{ label: 's' }, ...series],
      axes: [axis, { ...axis, size: 44 }],
      scales: { x: { time: false }, y: isFromZero ? { range: (_, _low, high) => [0, Math.max(1, high * 1.1)] } : {} },
      cursor: { show: false },
      legend: { show: true, live: false },
    },
    [[0], ...series.map(() => [0])] as unknown as UPlot.AlignedData,
    element,
  );
}
