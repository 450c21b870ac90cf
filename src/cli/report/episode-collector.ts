import { NS_PER_S } from '../../core/clock.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { EpisodeResult } from '../../runtime/episode-result.ts';
import type { StepListener, StepRecord } from '../../runtime/step-listener.ts';
import { TickLateness } from '../../runtime/tick-lateness.ts';
import { Film } from './film.ts';
import type { Intervention, JointTraces, ReportEpisode, Trace } from './report-data.ts';

/** Pictures per camera: a row of them fits a page. */
const FILM_PICTURES = 10;

const OUTCOMES = {
  success: 'success',
  failure: 'failure',
  ended: 'unknown',
  'time-limit': 'failure',
  aborted: 'stopped',
  'protective-stop': 'stopped',
  'agent-failed': 'stopped',
} as const satisfies Record<EpisodeResult['outcome'], ReportEpisode['outcome']>;

/** What the report cannot see in the steps. */
export interface CollectedRun {
  readonly name: string;
  readonly instruction: string;
  readonly agent: string;
  readonly result: EpisodeResult;
}

/** Listens to one episode and makes a report of it. Use a new one per episode. */
export class EpisodeCollector implements StepListener {
  readonly name = 'report';
  readonly #robot: RobotSpec;
  readonly #times: number[] = [];
  readonly #latenessMs: number[] = [];
  readonly #joints: readonly JointSamples[];
  readonly #films = new Map<string, Film>();
  readonly #interventions: Intervention[] = [];
  readonly #decisions: {
    readonly timeS: number;
    readonly computeMs: number;
    readonly probabilities: readonly number[];
  }[] = [];
  readonly #lateness: TickLateness;
  #startNs: number | undefined;

  constructor(robot: RobotSpec) {
    this.#robot = robot;
    this.#lateness = new TickLateness(robot.rates.gateHz);
    this.#joints = robot.joints.map(() => ({ requested: [], sent: [], measured: [] }));
  }

  onStep(step: StepRecord): void {
    if (!step.isRunning) return;
    this.#startNs ??= step.timeNs;
    const timeS = (step.timeNs - this.#startNs) / NS_PER_S;
    this.#times.push(timeS);
    this.#latenessMs.push(this.#lateness.next(step.timeNs));
    this.#joints.forEach((samples, joint) => {
      samples.requested.push(step.gate.requestedRad?.[joint] ?? Number.NaN);
      samples.sent.push(step.sent.positionsRad[joint] ?? Number.NaN);
      samples.measured.push(step.gate.measuredRad[joint] ?? Number.NaN);
    });
    for (const reason of step.gate.reasons) this.#intervene(reason, timeS);
    if (step.decision !== undefined) {
      const { computeNs, trace } = step.decision;
      this.#decisions.push({ timeS, computeMs: computeNs / 1e6, probabilities: trace?.probabilities ?? [] });
    }
    if (step.isControlTick) this.#film(step, timeS);
  }

  report({ name, instruction, agent, result }: CollectedRun): ReportEpisode {
    const robot = this.#robot;
    const times = this.#decisions.map(({ timeS }) => timeS);
    const probabilities = this.#decisions.map((decision) => decision.probabilities);
    const hasTokens = probabilities.some((values) => values.length > 0);
    return {
      name,
      instruction,
      robot: robot.name,
      policy: agent,
      outcome: OUTCOMES[result.outcome],
      ...(result.outcome === 'success' ? {} : { outcomeNote: `Ended by: ${result.outcome}.` }),
      durationS: result.durationS,
      controlHz: robot.rates.controlHz,
      cameras: [...this.#films.values()].map((film) => film.develop()),
      joints: robot.joints.map((joint, index) => this.#jointTraces(joint, index)),
      inferenceMs: { timesS: times, values: this.#decisions.map(({ computeMs }) => computeMs) },
      latenessMs: { timesS: this.#times, values: this.#latenessMs },
      interventions: this.#interventions,
      ...(hasTokens
        ? { tokens: { names: robot.joints.map((joint) => joint.name), timesS: times, probabilities } }
        : {}),
    };
  }

  #jointTraces({ name, limits }: RobotSpec['joints'][number], index: number): JointTraces {
    const samples = this.#joints[index];
    const trace = (values: readonly number[] = []): Trace => ({ timesS: this.#times, values });
    return {
      name,
      limitsRad: limits.positionRad,
      requested: trace(samples?.requested),
      sent: trace(samples?.sent),
      measured: trace(samples?.measured),
    };
  }

  /** A reason that goes on for several ticks is one intervention. */
  #intervene(reason: string, timeS: number): void {
    const periodS = 1 / this.#robot.rates.gateHz;
    const last = this.#interventions.findLastIndex((intervention) => intervention.reason === reason);
    const previous = this.#interventions[last];
    // Two periods: a tick that came late does not end it.
    if (previous === undefined || timeS - (previous.timeS + previous.durationS) > 2 * periodS) {
      this.#interventions.push({ timeS, durationS: periodS, reason });
      return;
    }
    this.#interventions[last] = { ...previous, durationS: timeS + periodS - previous.timeS };
  }

  #film({ observation }: StepRecord, timeS: number): void {
    for (const [camera, { value }] of observation.cameras) {
      const film = this.#films.get(camera) ?? new Film(camera, FILM_PICTURES);
      this.#films.set(camera, film);
      film.offer(timeS, value);
    }
  }
}

interface JointSamples {
  readonly requested: number[];
  readonly sent: number[];
  readonly measured: number[];
}
