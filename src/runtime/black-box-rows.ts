import type { BlackBoxTick, HealthValues, JointValues } from '../record/black-box-format.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { GateSnapshot } from '../safety/gate.ts';
import { healthLength, readHealth } from '../safety/health-numbers.ts';
import type { ArmHealth } from '../safety/health-monitor.ts';

/** More reasons for one tick than this are not remembered. */
export const MAX_REASONS = 8;

/** In place of the number of an instruction where nobody knows it. */
export const NO_WORDS = -1;

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
    keptJoints: one,
    cameraAgesNs: cameras.length,
    instruction: one,
    health: healthLength(joints.length),
  };
}

export type Column = keyof ReturnType<typeof columnsOf>;

/** Where each column begins in a row. */
export interface RowLayout {
  readonly from: Readonly<Record<Column, number>>;
  readonly width: Readonly<Record<Column, number>>;
  readonly size: number;
}

export function rowLayout(robot: RobotSpec): RowLayout {
  const width = columnsOf(robot);
  const from: Partial<Record<Column, number>> = {};
  let size = 0;
  for (const [column, columns] of Object.entries(width) as [Column, number][]) {
    from[column] = size;
    size += columns;
  }
  return { from: from as Record<Column, number>, width, size };
}

/** The memory of a ring at one moment: plain data that another thread can be given. */
export interface BlackBoxSnapshot {
  /** State of the gate before the first tick; undefined when it is not known. */
  readonly start: GateSnapshot | undefined;
  /** By tick, the state of the gate before it where that is not what the tick before it left. */
  readonly imposed: ReadonlyMap<number, GateSnapshot>;
  /** Ticks in order of time, columns as the ring has them. */
  readonly rows: Float64Array;
  /** What states, reasons and instructions stand for. */
  readonly words: readonly string[];
}

/** The ticks of a snapshot, in order of time, as a file holds them. */
export function* snapshotTicks(
  { rows, words, imposed }: BlackBoxSnapshot,
  robot: RobotSpec,
): Generator<BlackBoxTick, void> {
  const layout = rowLayout(robot);
  let lastNs = Number.NaN;
  let told = NO_WORDS;
  for (let start = 0; start < rows.length; start += layout.size) {
    const row = new Row(rows.subarray(start, start + layout.size), layout);
    const timeNs = row.one('timeNs');
    const tokenCount = row.one('tokenCount');
    const instruction = row.one('instruction');
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
      ...(row.one('keptJoints') > 0 ? { keptJoints: row.one('keptJoints') } : {}),
      ...(instruction === told ? {} : { instruction: words[instruction] ?? '' }),
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
    told = instruction;
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
