import { useEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Player } from './player.ts';
import { DARK, useMedia } from '../use-media.ts';

export interface TimeCurve {
  readonly label: string;
  /** Colour of the style sheet. */
  readonly colour: '--ink' | '--blue' | '--orange' | '--green';
  readonly dash?: readonly number[];
  /** As many as there are times. */
  readonly values: readonly (number | null)[];
}

interface TimePlotProps {
  /** What it shows, for who does not see it. */
  readonly name: string;
  readonly timesS: readonly number[];
  readonly curves: readonly TimeCurve[];
  /** Values that should not be passed. */
  readonly limits: readonly number[];
  readonly player: Player;
}

const HEIGHT = 130;

/** Values over the whole time, with a mark at the present one; a click or a drag goes elsewhere. */
export function TimePlot({ name, timesS, curves, limits, player }: TimePlotProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const isDark = useMedia(DARK);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const plot = createPlot(element, { timesS, curves, limits });
    const mark = plot.over.appendChild(document.createElement('i'));
    mark.className = 'playhead';
    const show = (): void => {
      mark.style.transform = `translateX(${plot.valToPos(player.timeS, 'x')}px)`;
    };
    const seek = (event: PointerEvent): void => {
      if (event.buttons === 1) player.seek(plot.posToVal(event.clientX - plot.over.getBoundingClientRect().left, 'x'));
    };
    plot.over.addEventListener('pointerdown', seek);
    plot.over.addEventListener('pointermove', seek);
    const observer = new ResizeObserver(() => {
      plot.setSize({ width: element.clientWidth, height: HEIGHT });
      show();
    });
    observer.observe(element);
    const unlisten = player.listen(show);
    return () => {
      unlisten();
      observer.disconnect();
      plot.destroy();
    };
    // A plot keeps the colours it was made with.
  }, [timesS, curves, limits, player, isDark]);
  return <div ref={place} class="curves" role="img" aria-label={name} />;
}

function createPlot(
  element: HTMLElement,
  { timesS, curves, limits }: Pick<TimePlotProps, 'timesS' | 'curves' | 'limits'>,
): UPlot {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  const endS = Math.max(timesS.at(-1) ?? 0, 1e-3);
  return new UPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      series: [
        {},
        ...curves.map((curve) => ({
          label: curve.label,
          stroke: colour(curve.colour),
          width: 1.5,
          dash: [...(curve.dash ?? [])],
          points: { show: false },
        })),
      ],
      axes: [
        { ...axis, size: 24 },
        { ...axis, size: 48 },
      ],
      scales: { x: { time: false, range: [0, endS] }, y: { range: (_, low, high) => widened(low, high) } },
      cursor: { show: false },
      legend: { show: false },
      hooks: { draw: [(plot) => drawLimits(plot, limits, colour('--stop'))] },
    },
    [timesS, ...curves.map(({ values }) => values)] as unknown as UPlot.AlignedData,
    element,
  );
}

/** A value that never changes still has a place in the middle. */
function widened(low: number | null, high: number | null): [number, number] {
  const [from, to] = [low ?? 0, high ?? 0];
  const margin = Math.max((to - from) * 0.08, 0.005);
  return [from - margin, to + margin];
}

function drawLimits(plot: UPlot, limits: readonly number[], stroke: string): void {
  const { ctx, bbox, scales } = plot;
  const { min = 0, max = 0 } = scales['y'] ?? {};
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = 2;
  ctx.setLineDash([]);
  for (const limit of limits) {
    if (limit < (min ?? 0) || limit > (max ?? 0)) continue;
    const y = plot.valToPos(limit, 'y', true);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}
