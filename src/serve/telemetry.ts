import { NS_PER_MS } from '../core/clock.ts';
import type { AgentDecision } from '../core/agent.ts';
import type { CameraFrame, Observation, Sampled } from '../core/observation.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { GateLog } from '../runtime/gate-log.ts';
import { LoopMeter } from '../runtime/loop-meter.ts';
import { quantile } from '../runtime/statistics.ts';
import type { StepListener, StepRecord } from '../runtime/step-listener.ts';
import type { TokenStrip } from '../runtime/token-strip.ts';
import { LATENESS_EDGES_MS } from './messages.ts';
import type { FrameMessage } from './messages.ts';

/** Observations that a decision may still come for. */
const MOST_ASKED = 8;

export interface TelemetryOptions {
  readonly robot: RobotSpec;
  /** The tokens of a decision and of what it was made on; undefined where no tokens are behind it. */
  readonly strip: (observation: Observation, decision: AgentDecision) => TokenStrip | undefined;
  /** Where things are that are not the arm. */
  readonly things: () => number[][];
  /** What the arm is nearest to with its joints where they are measured, rad, shape (J). */
  readonly clearances: (measuredRad: Float64Array) => FrameMessage['clearances'];
}

/**
 * Listens to the loop and can say at any time how things stand. A tick costs it a few numbers; what is told is made when somebody
 * asks.
 */
export class Telemetry implements StepListener {
  readonly name = 'dashboard';
  readonly #options: TelemetryOptions;
  #meter: LoopMeter;
  #newest: StepRecord | undefined;
  #asked: readonly Observation[] = [];
  #decided: { readonly observation: Observation; readonly decision: AgentDecision } | undefined;
  #strip: { readonly of: unknown; readonly strip: FrameMessage['strip'] } = { of: undefined, strip: null };
  #isOwed = false;
  #missed = 0;
  #skipped = 0;
  readonly #log = new GateLog();
  readonly #episode = { number: 0, outcome: '', succeeded: 0, finished: 0 };
  #speedShare = 1;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#meter = new LoopMeter(options.robot.rates);
  }

  /** What was allowed last of the velocity limits, in (0, 1]. */
  set speedShare(share: number) {
    this.#speedShare = share;
  }

  beginEpisode(): void {
    this.#episode.number += 1;
    this.#meter = new LoopMeter(this.#options.robot.rates);
    this.#newest = undefined;
    this.#asked = [];
    this.#decided = undefined;
    this.#isOwed = false;
    this.#missed = 0;
    this.#skipped = 0;
    this.#log.beginEpisode();
  }

  endEpisode({ outcome, success }: { readonly outcome: string; readonly success: boolean }): void {
    this.#episode.outcome = outcome;
    this.#episode.finished += 1;
    if (success) this.#episode.succeeded += 1;
  }

  onStep(step: StepRecord): void {
    this.#meter.note(step);
    if (this.#newest !== undefined) this.#skipped += Math.max(0, step.tick - this.#newest.tick - 1);
    if (step.isControlTick) this.#asked = [...this.#asked.slice(1 - MOST_ASKED), step.observation];
    if (step.decision !== undefined) {
      this.#isOwed = false;
      this.#noteDecision(step.decision);
    }
    if (step.isControlTick) {
      if (this.#isOwed) this.#missed += 1;
      this.#isOwed = step.decision === undefined;
    }
    this.#newest = step;
    this.#log.note(step.gate, this.#meter.timeS);
  }

  /** The newest picture of each camera, with its age at the newest tick. */
  get pictures(): readonly (readonly [string, Sampled<CameraFrame>])[] {
    return this.#newest === undefined ? [] : [...this.#newest.observation.cameras];
  }

  /** How things stand; undefined before the first tick of an episode. */
  frame(): FrameMessage | undefined {
    const step = this.#newest;
    if (step === undefined) return undefined;
    return {
      kind: 'frame',
      episode: {
        ...this.#episode,
        instruction: step.observation.instruction,
        timeS: this.#meter.timeS,
        isRunning: step.isRunning && this.#episode.finished < this.#episode.number,
      },
      joints: {
        requestedRad: rounded(step.gate.requestedRad ?? []),
        sentRad: rounded(step.sent.positionsRad),
        measuredRad: rounded(step.gate.measuredRad),
        velocityRadPerS: rounded(step.observation.arm.value.velocitiesRadPerS),
        effortNm: rounded(step.observation.arm.value.effortsNm),
        temperatureC: rounded(step.health?.temperaturesC ?? []),
      },
      loop: this.#loop(),
      sensors: sensorsOf(step),
      gate: {
        state: step.gate.state,
        reasons: [...step.gate.reasons],
        events: this.#log.events,
        speedShare: this.#speedShare,
      },
      strip: this.#newestStrip(),
      things: this.#options.things(),
      clearances: this.#options.clearances(Float64Array.from(step.gate.measuredRad)),
    };
  }

  #loop(): FrameMessage['loop'] {
    const { rateHz, latenessMs: lateness, inferenceMs } = this.#meter;
    return {
      rateHz,
      wantedHz: this.#options.robot.rates.gateHz,
      latenessMs: { p50: quantile(lateness, 0.5), p99: quantile(lateness, 0.99), max: quantile(lateness, 1) },
      histogram: histogramOf(lateness),
      skippedTicks: this.#skipped,
      inferenceMs: {
        newest: inferenceMs.at(-1) ?? 0,
        p50: quantile(inferenceMs, 0.5),
        p99: quantile(inferenceMs, 0.99),
      },
      missedDecisions: this.#missed,
    };
  }

  #noteDecision(decision: AgentDecision): void {
    const observation = this.#asked.find(({ timeNs }) => timeNs === decision.target?.observedNs);
    if (observation !== undefined) this.#decided = { observation, decision };
  }

  #newestStrip(): FrameMessage['strip'] {
    const decided = this.#decided;
    if (decided === undefined) return null;
    if (this.#strip.of !== decided) {
      const strip = this.#options.strip(decided.observation, decided.decision);
      this.#strip = { of: decided, strip: strip ?? null };
    }
    return this.#strip.strip;
  }
}

function sensorsOf({ observation }: StepRecord): FrameMessage['sensors'] {
  const ageMs = ({ ageNs }: Sampled<unknown>): number | null => (Number.isFinite(ageNs) ? ageNs / NS_PER_MS : null);
  const { arm, cameras } = observation;
  return [
    { name: 'joints', ageMs: ageMs(arm), isFresh: arm.fresh },
    ...[...cameras].map(([name, seen]) => ({ name, ageMs: ageMs(seen), isFresh: seen.fresh })),
  ];
}

function histogramOf(latenessMs: readonly number[]): number[] {
  const counts = [...LATENESS_EDGES_MS, Infinity].map(() => 0);
  for (const lateness of latenessMs) {
    const found = LATENESS_EDGES_MS.findIndex((edge) => lateness <= edge);
    const bar = found < 0 ? LATENESS_EDGES_MS.length : found;
    counts[bar] = (counts[bar] ?? 0) + 1;
  }
  return counts;
}

/** To a ten-thousandth, which is finer than any servo; null for what is no number. */
function rounded(values: ArrayLike<number>): (number | null)[] {
  return Array.from(values, (value) => (Number.isFinite(value) ? Math.round(value * 1e4) / 1e4 : null));
}
