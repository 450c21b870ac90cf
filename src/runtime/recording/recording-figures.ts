import type { EpisodeData, NumericValues } from '../../record/dataset-reader.ts';
import type { DatasetInfo } from '../../record/format.ts';
import { isNumeric } from '../../record/verify/column-types.ts';
import { quantile } from '../statistics.ts';
import type { DatasetSummary } from './dataset-summary.ts';

export interface Spread {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Age of what one source delivered, ms. */
export interface SourceAge {
  readonly source: string;
  readonly ageMs: Spread | null;
  /** Rows before the source had delivered anything. */
  readonly rowsWithout: number;
}

/** What was asked for against what was sent: motion is planned within the limits of the arm, and the gate limits what is left. */
export interface RequestedFigures {
  /** Share of rows in which what was sent is not, or not yet, what was asked for. */
  readonly differingShare: number;
  /** Largest difference by joint, in the unit of `action`. */
  readonly largest: Readonly<Record<string, number>>;
}

/** How far a joint was from where it was sent, one control period later, in the unit of `action`. */
export interface JointTracking {
  readonly joint: string;
  readonly rms: number;
  readonly p99: number;
  readonly max: number;
}

type Figures = Pick<
  DatasetSummary,
  'succeeded' | 'latenessMs' | 'periodMs' | 'ages' | 'repeatedPictures' | 'interventionShare' | 'requested' | 'tracking'
>;

const TIME = 'observation.time';
/** Either says how old the state and the pictures were: as an age, ms, or as the time of capture, s. */
const AGE = 'observation.age';
const CAPTURE_TIME = 'observation.capture_time';
const REPEATED = 'observation.repeated';
const INTERVENTION = 'intervention';
const SUCCESS = 'next.success';
/** Demonstrations of experts label rows with what should have been done, beside what was. */
const EXECUTED = 'action.executed';
const LABEL = 'action';
const REQUESTED = 'action.requested';
const MEASURED = 'observation.state';
const READ = [TIME, AGE, CAPTURE_TIME, REPEATED, INTERVENTION, SUCCESS, REQUESTED, MEASURED] as const;
/** Targets that differ by less are the same: they are stored as float32. */
const SAME = 1e-5;

/** The feature that holds what was sent to the arm. */
export function sentFeature(info: DatasetInfo): string {
  return info.features[EXECUTED] === undefined ? LABEL : EXECUTED;
}

/** Gathers what the features of a recording say of how it went. */
export class RecordingFigures {
  /** Those that are read, of those the dataset has. */
  readonly features: readonly string[];
  readonly #info: DatasetInfo;
  readonly #sent: string;
  readonly #latenessMs: number[] = [];
  readonly #periodsMs: number[] = [];
  readonly #agesMs: number[][];
  readonly #without: number[];
  readonly #repeated: number[];
  readonly #errors: number[][];
  readonly #differences: number[];
  #differingRows = 0;
  #interventions = 0;
  #succeeded = 0;
  #rows = 0;

  constructor(info: DatasetInfo) {
    this.#info = info;
    this.#sent = sentFeature(info);
    this.features = [...READ, this.#sent].filter((name) => isVector(info, name));
    const width = (name: string): number => (isVector(info, name) ? (info.features[name]?.shape[0] ?? 0) : 0);
    const sources = Math.max(width(AGE), width(CAPTURE_TIME));
    this.#agesMs = Array.from({ length: sources }, () => []);
    this.#without = Array<number>(sources).fill(0);
    this.#repeated = Array<number>(width(REPEATED)).fill(0);
    this.#errors = Array.from({ length: hasSameShape(info, this.#sent, MEASURED) ? width(this.#sent) : 0 }, () => []);
    this.#differences = Array<number>(hasSameShape(info, this.#sent, REQUESTED) ? width(this.#sent) : 0).fill(0);
  }

  add({ columns, episode }: EpisodeData): void {
    const { length } = episode;
    this.#rows += length;
    const column = (name: string): NumericValues | undefined => columns[name];
    const times = column(TIME);
    times?.forEach((timeS, row) => {
      this.#latenessMs.push(1000 * (timeS - row / this.#info.fps));
      if (row > 0) this.#periodsMs.push(1000 * (timeS - (times[row - 1] ?? 0)));
    });
    this.#addAges(column(AGE), column(CAPTURE_TIME), times);
    column(REPEATED)?.forEach((flag, index) => {
      const camera = index % this.#repeated.length;
      this.#repeated[camera] = (this.#repeated[camera] ?? 0) + (flag > 0 ? 1 : 0);
    });
    column(INTERVENTION)?.forEach((flag) => {
      this.#interventions += flag > 0 ? 1 : 0;
    });
    this.#succeeded += column(SUCCESS)?.some((flag) => flag > 0) === true ? 1 : 0;
    this.#addJoints(length, column(this.#sent), column(REQUESTED), column(MEASURED));
  }

  finish(): Figures {
    const has = (name: string): boolean => this.features.includes(name);
    const joints = elementNames(this.#info, this.#sent, this.#differences.length || this.#errors.length);
    return {
      succeeded: has(SUCCESS) ? this.#succeeded : null,
      latenessMs: has(TIME) ? spreadOf(this.#latenessMs) : null,
      periodMs: has(TIME) ? spreadOf(this.#periodsMs) : null,
      ages: this.#agesMs.length === 0 ? null : this.#ages(has(AGE) ? AGE : CAPTURE_TIME),
      repeatedPictures: has(REPEATED)
        ? named(elementNames(this.#info, REPEATED, this.#repeated.length), this.#repeated)
        : null,
      interventionShare: has(INTERVENTION) ? this.#interventions / Math.max(this.#rows, 1) : null,
      requested:
        this.#differences.length === 0
          ? null
          : {
              differingShare: this.#differingRows / Math.max(this.#rows, 1),
              largest: named(joints, this.#differences),
            },
      tracking:
        this.#errors.length === 0
          ? null
          : this.#errors.map((errors, joint) => ({
              joint: joints[joint] ?? String(joint),
              rms: Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / Math.max(errors.length, 1)),
              p99: quantile(errors, 0.99),
              max: quantile(errors, 1),
            })),
    };
  }

  #addAges(
    ages: NumericValues | undefined,
    captured: NumericValues | undefined,
    times: NumericValues | undefined,
  ): void {
    const count = this.#agesMs.length;
    const add = (index: number, ageMs: number): void => {
      const source = index % count;
      if (ageMs >= 0) this.#agesMs[source]?.push(ageMs);
      else this.#without[source] = (this.#without[source] ?? 0) + 1;
    };
    if (ages !== undefined) ages.forEach((ageMs, index) => add(index, ageMs));
    else if (times !== undefined) {
      captured?.forEach((timeS, index) => {
        const nowS = times[Math.floor(index / count)] ?? 0;
        // A picture may have been taken before the first tick, at a time below 0; only -1 stands for none.
        add(index, timeS === -1 ? -1 : Math.max(0, 1000 * (nowS - timeS)));
      });
    }
  }

  #addJoints(
    rows: number,
    sent: NumericValues | undefined,
    requested: NumericValues | undefined,
    measured: NumericValues | undefined,
  ): void {
    if (sent === undefined) return;
    const width = sent.length / rows;
    for (let row = 0; row < rows; row += 1) {
      let differs = false;
      for (let joint = 0; joint < width; joint += 1) {
        const at = row * width + joint;
        const target = sent[at] ?? 0;
        if (row + 1 < rows) this.#errors[joint]?.push(Math.abs((measured?.[at + width] ?? target) - target));
        if (this.#differences.length === 0) continue;
        const difference = Math.abs((requested?.[at] ?? target) - target);
        this.#differences[joint] = Math.max(this.#differences[joint] ?? 0, difference);
        differs ||= difference > SAME;
      }
      if (differs) this.#differingRows += 1;
    }
  }

  #ages(feature: string): SourceAge[] {
    const sources = elementNames(this.#info, feature, this.#agesMs.length);
    return this.#agesMs.map((agesMs, index) => ({
      source: sources[index] ?? String(index),
      ageMs: spreadOf(agesMs),
      rowsWithout: this.#without[index] ?? 0,
    }));
  }
}

function isVector(info: DatasetInfo, name: string): boolean {
  const feature = info.features[name];
  return feature !== undefined && isNumeric(feature);
}

function hasSameShape(info: DatasetInfo, name: string, other: string): boolean {
  return (
    isVector(info, name) && isVector(info, other) && info.features[name]?.shape[0] === info.features[other]?.shape[0]
  );
}

/** Names of the elements of a feature, joints without ".pos"; their positions where it has none. */
export function elementNames(info: DatasetInfo, feature: string, count: number): string[] {
  const names = info.features[feature]?.names;
  const listed = Array.isArray(names) ? names.map((name) => name.replace(/\.pos$/, '')) : [];
  return Array.from({ length: count }, (_, index) => listed[index] ?? String(index));
}

function named(names: readonly string[], values: readonly number[]): Record<string, number> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? 0]));
}

function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  return { median: quantile(values, 0.5), p99: quantile(values, 0.99), max: quantile(values, 1) };
}
