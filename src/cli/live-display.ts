import { NS_PER_S } from '../core/clock.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { EpisodeResult } from '../runtime/episode-result.ts';
import { quantile } from '../runtime/statistics.ts';
import type { StepListener, StepRecord } from '../runtime/step-listener.ts';
import { formatLivePanel } from './live-panel.ts';
import type { LivePanelData } from './live-panel.ts';
import type { Terminal } from './terminal.ts';
import { TickLateness } from '../runtime/tick-lateness.ts';

/** Rates and quantiles are of the last seconds: what happens now, not since the start. */
const WINDOW_S = 3;

export interface LiveDisplayOptions {
  readonly terminal: Terminal;
  readonly robot: RobotSpec;
  readonly agent: string;
  /** Episodes the run will have. */
  readonly total: number;
  readonly limitS: number;
  /** Asked whenever the panel is drawn. */
  readonly notes?: () => LivePanelData['notes'];
}

/** Shows a run while it goes on. One for all episodes; call endEpisode after each. */
export class LiveDisplay implements StepListener {
  readonly name = 'live display';
  readonly #options: LiveDisplayOptions;
  #lateness: TickLateness;
  #startNs: number | undefined;
  #ticks: { readonly timeNs: number; readonly latenessMs: number }[] = [];
  #inferenceMs: number[] = [];
  #interventions = 0;
  #lastReason = '';
  #finished = 0;
  #succeeded = 0;

  constructor(options: LiveDisplayOptions) {
    this.#options = options;
    this.#lateness = new TickLateness(options.robot.rates.gateHz);
  }

  onStep(step: StepRecord): void {
    const { robot, terminal } = this.#options;
    this.#startNs ??= step.timeNs;
    this.#ticks.push({ timeNs: step.timeNs, latenessMs: this.#lateness.next(step.timeNs) });
    if (this.#ticks.length > WINDOW_S * robot.rates.gateHz) this.#ticks.shift();
    if (step.decision !== undefined) {
      this.#inferenceMs.push(step.decision.computeNs / 1e6);
      if (this.#inferenceMs.length > WINDOW_S * robot.rates.controlHz) this.#inferenceMs.shift();
    }
    if (step.isRunning && step.gate.reasons.length > 0) {
      this.#interventions += 1;
      this.#lastReason = step.gate.reasons.join(', ');
    }
    terminal.update(() => formatLivePanel(this.#panel(step), terminal.columns));
  }

  /** Counts the episode and starts the next one. */
  endEpisode(result: EpisodeResult): void {
    this.#finished += 1;
    if (result.success) this.#succeeded += 1;
    this.#lateness = new TickLateness(this.#options.robot.rates.gateHz);
    this.#startNs = undefined;
    this.#ticks = [];
    this.#inferenceMs = [];
    this.#interventions = 0;
    this.#lastReason = '';
  }

  #panel({ timeNs, observation, gate, sent }: StepRecord): LivePanelData {
    const { robot, agent, total, limitS } = this.#options;
    const windowS = (timeNs - (this.#ticks[0]?.timeNs ?? timeNs)) / NS_PER_S;
    const lateness = this.#ticks.map(({ latenessMs }) => latenessMs);
    return {
      robot: robot.name,
      agent,
      instruction: observation.instruction,
      episode: {
        number: this.#finished + 1,
        total,
        timeS: (timeNs - (this.#startNs ?? timeNs)) / NS_PER_S,
        limitS,
      },
      succeeded: this.#succeeded,
      finished: this.#finished,
      loop: {
        rateHz: windowS > 0 ? (this.#ticks.length - 1) / windowS : 0,
        wantedHz: robot.rates.gateHz,
        latenessP99Ms: quantile(lateness, 0.99),
      },
      inferenceMs: { median: quantile(this.#inferenceMs, 0.5), p99: quantile(this.#inferenceMs, 0.99) },
      gate: { state: gate.state, interventions: this.#interventions, lastReason: this.#lastReason },
      notes: this.#options.notes?.() ?? [],
      joints: robot.joints.map(({ name, limits }, joint) => ({
        name,
        measuredRad: gate.measuredRad[joint] ?? 0,
        commandRad: sent.positionsRad[joint] ?? 0,
        limitsRad: limits.positionRad,
      })),
    };
  }
}
