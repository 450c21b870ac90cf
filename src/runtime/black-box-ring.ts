import type { RobotSpec } from '../robot/robot-spec.ts';
import type { GateInput, GateSnapshot } from '../safety/gate.ts';
import { writeHealth } from '../safety/health-numbers.ts';
import { MAX_REASONS, NO_WORDS, rowLayout } from './black-box-rows.ts';
import type { BlackBoxSnapshot, Column, RowLayout } from './black-box-rows.ts';
import type { GateReport } from './step-listener.ts';

/** How much a black box remembers, s. */
export const BLACK_BOX_S = 10;
/** How often the state of the gate is kept, s: a replay can begin there. */
export const CHECKPOINT_S = 1;

/** State of a gate before one of its steps: from there the steps can be repeated. */
export interface GateCheckpoint {
  readonly tick: number;
  readonly gate: GateSnapshot;
  /** An operator, or what stands for one, changed it since the tick before: a command, a stop, an arming. */
  readonly isImposed: boolean;
}

/** One step of the gate, seen from outside. */
export interface BlackBoxStep {
  /** Rises by one from step to step, but for those that nobody saw. */
  readonly tick: number;
  readonly input: GateInput;
  readonly gate: GateReport;
  /** What the driver made of the command, rad, shape (J). */
  readonly sentRad: Float64Array;
  /** Of the decision that arrived at this tick. */
  readonly actionTokens?: readonly number[] | undefined;
  /** How many of them, the last ones, its deadline cut off. */
  readonly keptJoints?: number | undefined;
  /** Age of the picture of each camera, ns, in the order of the robot's cameras; NaN for none. */
  readonly cameraAgesNs?: readonly number[] | undefined;
  /** What the arm is told to do. */
  readonly instruction?: string | undefined;
}

/**
 * The last seconds of an arm at the full rate of its gate. All memory is taken at the start; `record` only
 * copies numbers, so it may stand in the tick of a real-time loop. Keeps nothing it is given.
 */
export class BlackBoxRing {
  readonly #layout: RowLayout;
  readonly #capacity: number;
  readonly #values: Float64Array;
  readonly #words: string[] = [];
  /** In order of time. */
  readonly #checkpoints: GateCheckpoint[] = [];
  /** Rows ever recorded; the next one's number. */
  #count = 0;

  constructor(robot: RobotSpec) {
    this.#layout = rowLayout(robot);
    // One checkpoint more, so that there is one at least BLACK_BOX_S ago.
    this.#capacity = Math.ceil((BLACK_BOX_S + CHECKPOINT_S) * robot.rates.gateHz) + 1;
    this.#values = new Float64Array(this.#capacity * this.#layout.size);
  }

  /** Ticks recorded since the start, those forgotten included. */
  get count(): number {
    return this.#count;
  }

  /** Due every CHECKPOINT_S, the first step included, and where something is imposed. It may come later than its step. */
  checkpoint(checkpoint: GateCheckpoint): void {
    this.#checkpoints.push(checkpoint);
  }

  record(step: BlackBoxStep): void {
    const { input, gate } = step;
    const row = this.#count % this.#capacity;
    this.#count += 1;
    this.#set(row, 'tick', step.tick);
    this.#set(row, 'timeNs', input.nowNs);
    this.#set(row, 'isPlanned', input.isPlanned === true ? 1 : 0);
    this.#setTarget(row, input);
    const { value, ageNs, fresh } = input.measured;
    this.#setChecked(row, 'measuredRad', value.positionsRad);
    this.#setChecked(row, 'velocitiesRadPerS', value.velocitiesRadPerS);
    this.#setChecked(row, 'effortsNm', value.effortsNm);
    this.#set(row, 'stampNs', value.stampNs);
    this.#set(row, 'ageNs', ageNs);
    this.#set(row, 'fresh', fresh ? 1 : 0);
    this.#setAll(row, 'previousRad', gate.previousRad);
    this.#setAll(row, 'emittedRad', gate.emittedRad);
    this.#setAll(row, 'sentRad', step.sentRad);
    this.#set(row, 'state', this.#word(gate.state));
    const reasonCount = Math.min(MAX_REASONS, gate.reasons.length);
    this.#set(row, 'reasonCount', reasonCount);
    for (let index = 0; index < reasonCount; index += 1)
      this.#values[this.#at(row, 'reasons') + index] = this.#word(gate.reasons[index] ?? '');
    this.#set(row, 'tokenCount', step.actionTokens?.length ?? -1);
    if (step.actionTokens !== undefined) this.#setAll(row, 'tokens', step.actionTokens);
    this.#set(row, 'keptJoints', step.keptJoints ?? 0);
    this.#setAll(row, 'cameraAgesNs', step.cameraAgesNs ?? []);
    this.#set(row, 'instruction', step.instruction === undefined ? NO_WORDS : this.#word(step.instruction));
    writeHealth(input.health, this.#values, this.#at(row, 'health'), this.#layout.width.previousRad);
    const oldest = this.#tickOf(Math.max(0, this.#count - this.#capacity));
    while ((this.#checkpoints[0]?.tick ?? oldest) < oldest) this.#checkpoints.shift();
  }

  /** What is remembered now, from the oldest tick on from which all can be repeated, if there is one. */
  snapshot(): BlackBoxSnapshot {
    const oldest = Math.max(0, this.#count - this.#capacity);
    const known = new Map(this.#checkpoints.map((checkpoint) => [checkpoint.tick, checkpoint]));
    const imposed = new Map<number, GateSnapshot>();
    let start: number | undefined;
    for (let row = oldest; row < this.#count; row += 1) {
      const tick = this.#tickOf(row);
      const checkpoint = known.get(tick);
      const isNext = row > oldest && tick === this.#tickOf(row - 1) + 1;
      if (checkpoint === undefined) start = isNext ? start : undefined;
      else {
        if (checkpoint.isImposed || !isNext) imposed.set(tick, checkpoint.gate);
        start ??= row;
      }
    }
    const first = start ?? oldest;
    const { size } = this.#layout;
    const rows = new Float64Array((this.#count - first) * size);
    for (let row = first; row < this.#count; row += 1) {
      const from = (row % this.#capacity) * size;
      rows.set(this.#values.subarray(from, from + size), (row - first) * size);
    }
    const from = start === undefined ? undefined : known.get(this.#tickOf(start))?.gate;
    return { start: from, imposed, rows, words: [...this.#words] };
  }

  #tickOf(row: number): number {
    return this.#values[this.#at(row % this.#capacity, 'tick')] as number;
  }

  #at(row: number, column: Column): number {
    return row * this.#layout.size + this.#layout.from[column];
  }

  #set(row: number, column: Column, value: number): void {
    this.#values[this.#at(row, column)] = value;
  }

  /** As many values as the column holds; NaN where there are fewer. */
  #setAll(row: number, column: Column, values: ArrayLike<number>): void {
    const at = this.#at(row, column);
    const width = this.#layout.width[column];
    for (let index = 0; index < width; index += 1) this.#values[at + index] = values[index] ?? Number.NaN;
  }

  /** Joint values of any length, or something that only calls itself so: it comes from other processes too. */
  #setChecked(row: number, column: Column, values: unknown): void {
    const at = this.#at(row, column);
    const isNumbers = values instanceof Float64Array;
    this.#values[at] = isNumbers ? values.length : -1;
    const width = this.#layout.width[column] - 1;
    for (let index = 0; index < width; index += 1)
      this.#values[at + 1 + index] = isNumbers ? (values[index] ?? Number.NaN) : Number.NaN;
  }

  #setTarget(row: number, { target }: GateInput): void {
    this.#set(row, 'hasTarget', target === undefined ? 0 : 1);
    this.#set(row, 'createdNs', target?.createdNs ?? Number.NaN);
    this.#set(row, 'observedNs', target?.observedNs ?? Number.NaN);
    this.#setChecked(row, 'requestedRad', target?.positionsRad);
  }

  /** Number of a word; new words are few: states and reasons are tables, and people say something else now and then. */
  #word(word: string): number {
    const known = this.#words.indexOf(word);
    return known >= 0 ? known : this.#words.push(word) - 1;
  }
}

/** Gate ticks between two checkpoints. */
export function checkpointTicks(robot: RobotSpec): number {
  return Math.max(1, Math.round(CHECKPOINT_S * robot.rates.gateHz));
}
