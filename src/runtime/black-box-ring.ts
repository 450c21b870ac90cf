import type { BlackBoxTick, HealthValues, JointValues } from '../record/black-box-format.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { GateInput, GateSnapshot } from '../safety/gate.ts';
import { healthLength, readHealth, writeHealth } from '../safety/health-numbers.ts';
import type { ArmHealth } from '../safety/health-monitor.ts';
import type { GateReport } from './step-listener.ts';

/** How much a black box remembers, s. */
export const BLACK_BOX_S = 10;
/** How often the state of the gate is kept, s: a replay can begin there. */
export const CHECKPOINT_S = 1;
/** More reasons for one tick than this are not remembered. */
const MAX_REASONS = 8;

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
  /** Age of the picture of each camera, ns, in the order of the robot's cameras; NaN for none. */
  readonly cameraAgesNs?: readonly number[] | undefined;
}

/** The memory of a ring at one moment: plain data that another thread can be given. */
export interface BlackBoxSnapshot {
  /** State of the gate before the first tick; undefined when it is not known. */
  readonly start: GateSnapshot | undefined;
  /** By tick, the state of the gate before it where that is not what the tick before it left. */
  readonly imposed: ReadonlyMap<number, GateSnapshot>;
  /** Ticks in order of time, columns as the ring has them. */
  readonly rows: Float64Array;
  /** What states and reasons stand for. */
  readonly words: readonly string[];
}

/** Columns of a row, each with its width. Joint values begin with their true length; -1: no numbers at all. */
function columnsOf({ joints, cameras }: RobotSpec) {
  const one = 1;
  const vector = joints.length;
  const checked = 1 + joints.length;
  return {
    tick: one,
    timeNs: one,
    hasTarget: one,
    isPlanned: one,
    createdNs: one,
    observedNs: one,
    requestedRad: checked,
    measuredRad: checked,
    velocitiesRadPerS: checked,
    effortsNm: checked,
    stampNs: one,
    ageNs: one,
    fresh: one,
    previousRad: vector,
    emittedRad: vector,
    sentRad: vector,
    state: one,
    reasonCount: one,
    reasons: MAX_REASONS,
    tokenCount: one,
    tokens: vector,
    cameraAgesNs: cameras.length,
    health: healthLength(joints.length),
  };
}

type Column = keyof ReturnType<typeof columnsOf>;

/** Where each column begins in a row. */
interface RowLayout {
  readonly from: Readonly<Record<Column, number>>;
  readonly width: Readonly<Record<Column, number>>;
  readonly size: number;
}

function rowLayout(robot: RobotSpec): RowLayout {
  const width = columnsOf(robot);
  const from: Partial<Record<Column, number>> = {};
  let size = 0;
  for (const [column, columns] of Object.entries(width) as [Column, number][]) {
    from[column] = size;
    size += columns;
  }
  return { from: from as Record<Column, number>, width, size };
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
    this.#setAll(row, 'cameraAgesNs', step.cameraAgesNs ?? []);
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

  /** Number of a word; new words are few, since states and reasons are tables. */
  #word(word: string): number {
    const known = this.#words.indexOf(word);
    return known >= 0 ? known : this.#words.push(word) - 1;
  }
}

/** The ticks of a snapshot, in order of time, as a file holds them. */
export function* snapshotTicks(
  { rows, words, imposed }: BlackBoxSnapshot,
  robot: RobotSpec,
): Generator<BlackBoxTick, void> {
  const layout = rowLayout(robot);
  let lastNs = Number.NaN;
  for (let start = 0; start < rows.length; start += layout.size) {
    const row = new Row(rows.subarray(start, start + layout.size), layout);
    const timeNs = row.one('timeNs');
    const tokenCount = row.one('tokenCount');
    yield {
      tick: row.one('tick'),
      timeNs,
      stepNs: timeNs - lastNs,
      target:
        row.one('hasTarget') === 0
          ? null
          : {
              positionsRad: row.checked('requestedRad'),
              createdNs: row.one('createdNs'),
              observedNs: row.one('observedNs'),
              isPlanned: row.one('isPlanned') === 1,
            },
      imposed: imposed.get(row.one('tick')),
      measured: {
        positionsRad: row.checked('measuredRad'),
        velocitiesRadPerS: row.checked('velocitiesRadPerS'),
        effortsNm: row.checked('effortsNm'),
        stampNs: row.one('stampNs'),
        ageNs: row.one('ageNs'),
        fresh: row.one('fresh') === 1,
      },
      health: row.health() ?? null,
      cameraAgesNs: row.all('cameraAgesNs'),
      actionTokens: tokenCount < 0 ? null : row.all('tokens').slice(0, tokenCount),
      previousRad: row.all('previousRad'),
      emittedRad: row.all('emittedRad'),
      sentRad: row.all('sentRad'),
      reasons: row
        .all('reasons')
        .slice(0, row.one('reasonCount'))
        .map((word) => words[word] ?? ''),
      state: words[row.one('state')] ?? '',
    };
    lastNs = timeNs;
  }
}

class Row {
  readonly #values: Float64Array;
  readonly #layout: RowLayout;

  constructor(values: Float64Array, layout: RowLayout) {
    this.#values = values;
    this.#layout = layout;
  }

  one(column: Column): number {
    return this.#values[this.#layout.from[column]] ?? Number.NaN;
  }

  all(column: Column): number[] {
    const from = this.#layout.from[column];
    return Array.from(this.#values.subarray(from, from + this.#layout.width[column]));
  }

  health(): HealthValues | undefined {
    const health = readHealth(this.#values, this.#layout.from.health, this.#layout.width.previousRad);
    if (health === undefined) return undefined;
    const parts = Object.entries(health).map(([name, part]: [string, ArmHealth[keyof ArmHealth]]) => [
      name,
      typeof part === 'object' ? Array.from(part) : part,
    ]);
    return Object.fromEntries(parts) as HealthValues;
  }

  checked(column: Column): JointValues {
    const [length = -1, ...values] = this.all(column);
    return length === values.length ? values : { length };
  }
}

/** Gate ticks between two checkpoints. */
export function checkpointTicks(robot: RobotSpec): number {
  return Math.max(1, Math.round(CHECKPOINT_S * robot.rates.gateHz));
}
