import { readGeometry, readThings } from '../sim/scene-geometry.ts';
import type { SceneGeometry } from '../sim/scene-geometry.ts';
import type { World } from '../sim/world.ts';
import { GateLog } from './gate-log.ts';
import type { GateEvent } from './gate-log.ts';
import type { SightRequest } from './sight-request.ts';
import type { StepListener, StepRecord } from './step-listener.ts';

/** A simulated episode at one of its ticks, as another thread is told it. */
export interface EpisodeSight {
  readonly task: string;
  readonly seed: number;
  /** The newest tick; before it the one whose observation was decided on, where that is an earlier one. */
  readonly steps: readonly StepRecord[];
  /** With the first sight of an episode. */
  readonly scene: SceneGeometry | undefined;
  /** See readThings. */
  readonly things: number[][];
  /** Since somebody looks. */
  readonly events: GateEvent[];
}

export interface SightOptions extends Pick<EpisodeSight, 'task' | 'seed'> {
  readonly world: World;
  readonly gateHz: number;
  readonly request: Pick<SightRequest, 'take'>;
  readonly tell: (sight: EpisodeSight) => void;
}

/** Tells how an episode stands whenever it is asked, at control ticks and in the stop at the end. Changes nothing. */
export class SightListener implements StepListener {
  readonly name = 'sight';
  readonly #options: SightOptions;
  #decided: StepRecord | undefined;
  #log: GateLog | undefined;

  constructor(options: SightOptions) {
    this.#options = options;
  }

  onStep(step: StepRecord): void {
    const { request, tell, task, seed, world, gateHz } = this.#options;
    const { decision, observation, isControlTick, isRunning, gate, gateTick } = step;
    const timeS = gateTick / gateHz;
    if (decision?.target?.observedNs === observation.timeNs) this.#decided = step;
    this.#log?.note(gate, timeS);
    if ((isRunning && !isControlTick) || !request.take()) return;
    const isFirst = this.#log === undefined;
    this.#log ??= new GateLog();
    this.#log.note(gate, timeS);
    const steps = this.#decided === undefined || this.#decided === step ? [step] : [this.#decided, step];
    tell({
      task,
      seed,
      steps: steps.map((each) => copied({ ...each, checkpoints: [] })),
      scene: isFirst ? readGeometry(world) : undefined,
      things: readThings(world),
      events: this.#log.events,
    });
  }
}

/** The same values in arrays of their own: sent to another thread, a view takes all that it is a view of with it. */
function copied<Value>(value: Value): Value;
function copied(value: unknown): unknown {
  if (value instanceof Float64Array || value instanceof Float32Array || value instanceof Uint8Array)
    return value.slice();
  if (Array.isArray(value)) return value.map((each: unknown) => copied(each));
  if (value instanceof Map) return new Map([...value].map(([key, each]): [unknown, unknown] => [key, copied(each)]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]): [string, unknown] => [key, copied(each)]));
}
