import type { RobotSpec } from '../robot/robot-spec.ts';
import type { EpisodeResult } from '../runtime/episode-result.ts';
import { LoopMeter } from '../runtime/loop-meter.ts';
import { quantile } from '../runtime/statistics.ts';
import type { StepListener, StepRecord } from '../runtime/step-listener.ts';
import { formatLivePanel } from './live-panel.ts';
import type { LivePanelData } from './live-panel.ts';
import type { Terminal } from './terminal.ts';

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
  #meter: LoopMeter;
  #interventions = 0;
  #lastReason = '';
  #finished = 0;
  #succeeded = 0;

  constructor(options: LiveDisplayOptions) {
    this.#options = options;
    this.#meter = new LoopMeter(options.robot.rates);
  }

  onStep(step: StepRecord): void {
    const { terminal } = this.#options;
    this.#meter.note(step);
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
    this.#meter = new LoopMeter(this.#options.robot.rates);
    this.#interventions = 0;
    this.#lastReason = '';
  }

  #panel({ observation, gate, sent }: StepRecord): LivePanelData {
    const { robot, agent, total, limitS } = this.#options;
    const { timeS, rateHz, latenessMs, inferenceMs } = this.#meter;
    return {
      robot: robot.name,
      agent,
      instruction: observation.instruction,
      episode: {
        number: this.#finished + 1,
        total,
        timeS,
        limitS,
      },
      succeeded: this.#succeeded,
      finished: this.#finished,
      loop: {
        rateHz,
        wantedHz: robot.rates.gateHz,
        latenessP99Ms: quantile(latenessMs, 0.99),
      },
      inferenceMs: { median: quantile(inferenceMs, 0.5), p99: quantile(inferenceMs, 0.99) },
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
