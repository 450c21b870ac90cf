import type { BlackBoxFile, BlackBoxTick } from '../../record/black-box-format.ts';
import { numbersOf, secondsBeforeEnd, timeline } from '../../record/black-box-timeline.ts';
import { escapeHtml, formatNumber } from './html.ts';
import { curvePath, round } from './svg.ts';

/** All in pixels of the page. */
const WIDTH = 1200;
const LEFT = 170;
const RIGHT = 20;
const TOP = 70;
const JOINT_HEIGHT = 110;
const AGES_HEIGHT = 80;
const LANE_HEIGHT = 16;
const GAP = 14;

/** Told apart also by those who see no red and green. */
const REASON_COLOURS = [
  '#d55e00',
  '#0072b2',
  '#cc79a7',
  '#e69f00',
  '#009e73',
  '#56b4e9',
  '#8c564b',
  '#7f7f7f',
] as const;
const STATE_COLOURS: Readonly<Record<string, string>> = {
  active: '#cfe8cf',
  reduced: '#e8e4bf',
  stopping: '#f6d7a8',
  'protective-stop': '#f2b5a8',
  estop: '#e58a8a',
};
const OTHER_STATE = '#e4e4e4';

const STYLE = `text{font:12px system-ui,sans-serif;fill:#222}.small{font-size:10px;fill:#666}.title{font-size:17px;font-weight:600}
.frame{fill:#fff;stroke:#bbb}.hard{stroke:#c00;stroke-width:1}.soft{stroke:#c00;stroke-dasharray:2 4}.grid{stroke:#eee}
.requested{stroke:#888;stroke-dasharray:4 3}.emitted{stroke:#0072b2;stroke-width:1.6}.measured{stroke:#d55e00}
.age{stroke:#555}path{fill:none}`;

/** One line of a panel; a value that is no number is a gap. */
interface Curve {
  readonly kind: 'requested' | 'emitted' | 'measured' | 'age';
  readonly values: readonly number[];
}

interface Panel {
  readonly name: string;
  readonly unit: string;
  readonly top: number;
  readonly height: number;
  readonly curves: readonly Curve[];
  readonly hard?: readonly [number, number];
  readonly soft?: readonly [number, number];
}

/** A black box as one SVG page: reasons and states over time, each joint against its limits, ages. */
export function renderBlackBoxPlot(file: BlackBoxFile): string {
  const { header, ticks } = file;
  const timesS = ticks.map((tick) => secondsBeforeEnd(ticks, tick));
  const startS = timesS[0] ?? 0;
  const x = (timeS: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * (timeS - startS)) / Math.max(-startS, 1e-9);
  const lanes = renderLanes(file, x);
  const jointsTop = TOP + lanes.height + GAP;
  const panels = header.robot.joints.map((joint, index): Panel => {
    const { limits, name } = joint;
    const [low, high] = limits.positionRad;
    const pick = (values: readonly number[] | undefined): number => values?.[index] ?? Number.NaN;
    return {
      name,
      unit: 'rad',
      top: jointsTop + index * (JOINT_HEIGHT + GAP),
      height: JOINT_HEIGHT,
      curves: [
        { kind: 'requested', values: ticks.map(({ target }) => pick(numbersOf(target?.positionsRad))) },
        { kind: 'measured', values: ticks.map(({ measured }) => pick(numbersOf(measured.positionsRad))) },
        { kind: 'emitted', values: ticks.map(({ emittedRad }) => pick(emittedRad)) },
      ],
      hard: [low, high],
      soft: [low + limits.softMarginRad, high - limits.softMarginRad],
    };
  });
  const agesTop = jointsTop + panels.length * (JOINT_HEIGHT + GAP);
  const ages = agePanels(ticks, header.robot.cameras, agesTop);
  const bottom = agesTop + ages.length * (AGES_HEIGHT + GAP);
  const body = [
    ...lanes.body,
    ...[...panels, ...ages].map((panel) => renderPanel(panel, timesS, x)),
    renderTimes(startS, x, bottom),
  ];
  const title = `${header.robot.name}: ${header.cause}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${bottom + 40}" viewBox="0 0 ${WIDTH} ${bottom + 40}" role="img" aria-label="${escapeHtml(title)}">
<style>${STYLE}</style><rect width="100%" height="100%" fill="#fff"/>
<text class="title" x="${GAP}" y="28">${escapeHtml(title)}</text><text class="small" x="${GAP}" y="48">${escapeHtml(`written ${header.writtenAt}, last hash ${file.sha256.slice(0, 16)}`)}</text>
${renderLegend()}
${body.join('\n')}
</svg>
`;
}

function renderLegend(): string {
  const entries = [
    ['requested', 'asked for'],
    ['emitted', 'sent by the gate'],
    ['measured', 'measured'],
    ['hard', 'hard limit'],
    ['soft', 'soft limit'],
  ] as const;
  return entries
    .map(([kind, name], index) => {
      const left = WIDTH - RIGHT - 640 + index * 130;
      return `<path class="${kind}" d="M${left} 24h22"/><text x="${left + 27}" y="28">${name}</text>`;
    })
    .join('');
}

/** One lane for the state, and one for each reason. */
function renderLanes(file: BlackBoxFile, x: (timeS: number) => number): { body: string[]; height: number } {
  const segments = timeline(file);
  const reasons = [...new Set(segments.flatMap((segment) => segment.reasons))];
  const periodS = 1 / file.header.robot.rates.gateHz;
  const bar = (fromS: number, toS: number, lane: { top: number; colour: string; text: string }): string => {
    const width = Math.max(1, x(Math.min(toS + periodS, 0)) - x(fromS));
    return `<rect x="${round(x(fromS))}" y="${lane.top}" width="${round(width)}" height="${LANE_HEIGHT - 3}" fill="${lane.colour}"><title>${escapeHtml(lane.text)}</title></rect>`;
  };
  const name = (text: string, top: number): string =>
    `<text x="${LEFT - 8}" y="${top + LANE_HEIGHT - 5}" text-anchor="end">${escapeHtml(text)}</text>`;
  const states = segments.map(({ fromS, toS, state }) =>
    bar(fromS, toS, { top: TOP, colour: STATE_COLOURS[state] ?? OTHER_STATE, text: state }),
  );
  const rows = reasons.flatMap((reason, index) => {
    const top = TOP + (index + 1) * LANE_HEIGHT;
    const colour = REASON_COLOURS[index % REASON_COLOURS.length] ?? OTHER_STATE;
    const bars = segments
      .filter((segment) => segment.reasons.includes(reason))
      .map(({ fromS, toS }) => bar(fromS, toS, { top, colour, text: reason }));
    return [name(reason, top), ...bars];
  });
  return { body: [name('state', TOP), ...states, ...rows], height: (reasons.length + 1) * LANE_HEIGHT };
}

function agePanels(
  ticks: readonly BlackBoxTick[],
  cameras: readonly { readonly name: string }[],
  top: number,
): Panel[] {
  const sources = [
    { name: 'age of joint state', agesNs: ticks.map(({ measured }) => measured.ageNs) },
    ...cameras.map((camera, index) => ({
      name: `age of ${camera.name}`,
      agesNs: ticks.map(({ cameraAgesNs }) => cameraAgesNs[index] ?? Number.NaN),
    })),
  ];
  return sources.map(({ name, agesNs }, index) => ({
    name,
    unit: 'ms',
    top: top + index * (AGES_HEIGHT + GAP),
    height: AGES_HEIGHT,
    curves: [{ kind: 'age', values: agesNs.map((age) => age / 1e6) }],
  }));
}

function renderPanel(panel: Panel, timesS: readonly number[], x: (timeS: number) => number): string {
  const { top, height, curves, name, unit } = panel;
  const [low, high] = extent(curves);
  // What was asked may be any number; far outside, one place is as good as another.
  const y = (value: number): number =>
    Math.min(Math.max(top + height * (1 - (value - low) / (high - low)), -WIDTH), 10 * WIDTH);
  const level = (kind: string, value: number): string =>
    value < low || value > high ? '' : `<path class="${kind}" d="M${LEFT} ${round(y(value))}H${WIDTH - RIGHT}"/>`;
  const levels = [
    ...(panel.hard ?? []).map((value) => level('hard', value)),
    ...(panel.soft ?? []).map((value) => level('soft', value)),
  ];
  const lines = curves.map(
    ({ kind, values }) => `<path class="${kind}" d="${curvePath(values.keys(), { timesS, values }, { x, y })}"/>`,
  );
  const label = (value: number, at: number): string =>
    `<text class="small" x="${LEFT - 8}" y="${at}" text-anchor="end">${formatNumber(value)}</text>`;
  return `<rect class="frame" x="${LEFT}" y="${top}" width="${WIDTH - LEFT - RIGHT}" height="${height}"/><clipPath id="at${top}"><rect x="${LEFT}" y="${top}" width="${WIDTH - LEFT - RIGHT}" height="${height}"/></clipPath><g clip-path="url(#at${top})">${levels.join('')}${lines.join('')}</g><text x="${GAP}" y="${top + height / 2 + 4}">${escapeHtml(`${name}, ${unit}`)}</text>${label(high, top + 9)}${label(low, top + height - 1)}`;
}

function renderTimes(startS: number, x: (timeS: number) => number, top: number): string {
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const timeS = startS * (1 - share);
    return `<text class="small" x="${round(x(timeS))}" y="${top + 4}" text-anchor="middle">${formatNumber(timeS)} s</text>`;
  });
  return `${marks.join('')}<text class="small" x="${WIDTH / 2}" y="${top + 22}" text-anchor="middle">time before the end</text>`;
}

/** Range of all curves, widened; a target far outside shall not flatten the rest, so it may leave the panel. */
function extent(curves: readonly Curve[]): readonly [number, number] {
  const shown = curves.filter(({ kind }) => kind !== 'requested');
  const values = shown.flatMap((curve) => curve.values.filter(Number.isFinite));
  if (values.length === 0) return [0, 1];
  const low = values.reduce((least, value) => Math.min(least, value));
  const high = values.reduce((greatest, value) => Math.max(greatest, value));
  const margin = Math.max(0.25 * (high - low), 0.02);
  // Ages begin at zero.
  return curves.some(({ kind }) => kind === 'age') ? [0, high + margin] : [low - margin, high + margin];
}
