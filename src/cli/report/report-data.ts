/** What a report shows. Plain values, so that a report can be made of a recording as well as of a run. */
export interface ReportData {
  readonly title: string;
  /** One line under the title: when, on what computer, with which settings. */
  readonly subtitle: string;
  readonly episodes: readonly ReportEpisode[];
}

export interface ReportEpisode {
  readonly name: string;
  readonly instruction: string;
  readonly robot: string;
  readonly policy: string;
  readonly outcome: 'success' | 'failure' | 'stopped' | 'unknown';
  /** Anything more there is to say about the outcome. */
  readonly outcomeNote?: string;
  readonly durationS: number;
  readonly controlHz: number;
  readonly cameras: readonly CameraStrip[];
  readonly joints: readonly JointTraces[];
  /** Time the agent took for each decision, ms. */
  readonly inferenceMs: Trace;
  /** How late each control tick came, ms. */
  readonly latenessMs: Trace;
  readonly interventions: readonly Intervention[];
  /** Absent for agents that emit no tokens. */
  readonly tokens?: TokenProbabilities;
}

export interface CameraStrip {
  readonly camera: string;
  readonly frames: readonly { readonly timeS: number; readonly png: Uint8Array }[];
}

/** Values over time since the start of the episode; both arrays have the same length. */
export interface Trace {
  readonly timesS: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** One joint, rad. */
export interface JointTraces {
  readonly name: string;
  readonly limitsRad: readonly [number, number];
  /** What the agent wanted. */
  readonly requested: Trace;
  /** What left the gate. */
  readonly sent: Trace;
  readonly measured: Trace;
}

/** The gate changed or refused a command. */
export interface Intervention {
  readonly timeS: number;
  /** For how long it kept on for this reason; 0 for a single command. */
  readonly durationS: number;
  /** For example "velocity limit". */
  readonly reason: string;
  readonly joint?: string;
}

/** Probability of each emitted action token, in [0, 1]. */
export interface TokenProbabilities {
  /** One name per action token of a tick, in emission order. */
  readonly names: readonly string[];
  readonly timesS: ArrayLike<number>;
  /** One array per tick, in the order of names. */
  readonly probabilities: readonly ArrayLike<number>[];
}
