/** What `armature run --live` shows while an arm moves. */
export interface LivePanelData {
  readonly robot: string;
  readonly agent: string;
  readonly instruction: string;
  readonly episode: {
    readonly number: number;
    readonly total: number;
    readonly timeS: number;
    readonly limitS: number;
  };
  readonly succeeded: number;
  readonly finished: number;
  readonly loop: { readonly rateHz: number; readonly wantedHz: number; readonly latenessP99Ms: number };
  readonly inferenceMs: { readonly median: number; readonly p99: number };
  readonly gate: {
    /** State of the gate, for example ACTIVE. */
    readonly state: string;
    readonly interventions: number;
    /** The newest reason, empty when there was none. */
    readonly lastReason: string;
  };
  readonly joints: readonly LiveJoint[];
  /** Whatever else there is to say, label and text. */
  readonly notes: readonly (readonly [string, string])[];
}

export interface LiveJoint {
  readonly name: string;
  readonly measuredRad: number;
  readonly commandRad: number;
  /** Hard limits, rad. */
  readonly limitsRad: readonly [number, number];
}

const LABEL_CELLS = 14;
const GAUGE_CELLS = 32;

/** The panel as lines, none longer than `columns`. */
export function formatLivePanel(data: LivePanelData, columns: number): string[] {
  const { episode, loop, inferenceMs, gate } = data;
  const limit = Number.isFinite(episode.limitS) ? ` of ${episode.limitS.toFixed(0)}` : '';
  const time = `${episode.timeS.toFixed(1)}${limit} s`;
  const jitter = `${loop.rateHz.toFixed(1)} of ${loop.wantedHz} Hz, ${loop.latenessP99Ms.toFixed(2)} ms late (p99)`;
  const think = `${inferenceMs.median.toFixed(1)} ms median, ${inferenceMs.p99.toFixed(1)} ms p99`;
  const interventions = `${gate.state}, ${gate.interventions} interventions${gate.lastReason === '' ? '' : `, last: ${gate.lastReason}`}`;
  return [
    row('robot', `${data.robot}, driven by ${data.agent}`),
    row('task', data.instruction),
    row('episode', `${episode.number} of ${episode.total}, ${time}`),
    row('success', successSoFar(data.succeeded, data.finished)),
    row('loop', jitter),
    row('inference', think),
    row('gate', interventions),
    ...data.notes.map(([label, text]) => row(label, text)),
    '',
    ...data.joints.map((joint) => row(joint.name, `${gauge(joint)} ${joint.measuredRad.toFixed(3).padStart(7)} rad`)),
  ].map((line) => line.slice(0, columns));
}

function row(label: string, text: string): string {
  return `${label.slice(0, LABEL_CELLS).padEnd(LABEL_CELLS)}  ${text}`;
}

function successSoFar(succeeded: number, finished: number): string {
  if (finished === 0) return 'no episode finished yet';
  return `${succeeded} of ${finished} (${Math.round((100 * succeeded) / finished)} %)`;
}

/** `|------o----x--------|`: o where the joint is, x where it is sent, between its limits. */
function gauge({ measuredRad, commandRad, limitsRad }: LiveJoint): string {
  const [low, high] = limitsRad;
  const cell = (angle: number): number =>
    Math.min(GAUGE_CELLS - 1, Math.max(0, Math.round(((angle - low) / (high - low)) * (GAUGE_CELLS - 1))));
  const cells = Array.from({ length: GAUGE_CELLS }, () => '-');
  cells[cell(commandRad)] = 'x';
  cells[cell(measuredRad)] = 'o';
  return `|${cells.join('')}|`;
}
