import { useEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface Curve {
  readonly label: string;
  /** As many as there are times. */
  readonly values: readonly (number | null)[];
}

export interface CurvesProps {
  readonly timesS: readonly number[];
  /** Whether values are shown from zero on, or in the range they have. */
  readonly isFromZero: boolean;
  readonly curves: readonly Curve[];
}

const HEIGHT = 130;
/** Colours that people who do not tell red from green tell apart; the second is dashed as well. */
const STROKES = ['#0072b2', '#d55e00', '#009e73'] as const;
/** Often enough for the eye; drawing more often costs the browser what it needs for the arm. */
const PERIOD_MS = 200;

/** Curves over the time of an episode. */
export function Curves({ timesS, curves, isFromZero }: CurvesProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | undefined>(undefined);
  const drawnMs = useRef(0);
  const labels = curves.map(({ label }) => label).join('|');

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const colour = getComputedStyle(element).color;
    const axis = { stroke: colour, grid: { stroke: 'rgba(128, 128, 128, 0.25)' }, ticks: { show: false }, size: 32 };
    const series = labels.split('|').map((label, index) => ({
      label,
      stroke: STROKES[index % 3] ?? '#0072b2',
      width: 1.5,
      dash: index === 1 ? [5, 3] : [],
    }));
    const created = new UPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        series: [{ label: 's' }, ...series],
        axes: [axis, { ...axis, size: 40 }],
        scales: { x: { time: false }, y: isFromZero ? { range: (_, _low, high) => [0, Math.max(1, high * 1.1)] } : {} },
        cursor: { show: false },
        legend: { show: true, live: false },
      },
      [[0], ...series.map(() => [0])] as unknown as UPlot.AlignedData,
      element,
    );
    plot.current = created;
    const observer = new ResizeObserver(() => created.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      created.destroy();
    };
  }, [labels, isFromZero]);

  useEffect(() => {
    const nowMs = performance.now();
    if (nowMs - drawnMs.current < PERIOD_MS) return;
    drawnMs.current = nowMs;
    plot.current?.setData([timesS, ...curves.map(({ values }) => values)] as unknown as UPlot.AlignedData);
  });

  return <div ref={place} class="curves" />;
}
