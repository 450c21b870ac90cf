import { healthLength, readHealth, writeHealth } from '../../safety/health-numbers.ts';
import type { ArmHealth } from '../../safety/health-monitor.ts';

/** One value, one per joint, or what an arm reports of itself. */
type Extent = 'one' | 'joints' | 'health';

/** Where the fields of a record of 64-bit floats lie. Frames, shared slots and rings have the same layouts. */
export class NumberLayout<Names extends string = string> {
  /** Numbers in a record. */
  readonly length: number;
  readonly jointCount: number;
  readonly #offsets: Readonly<Record<Names, number>>;

  /** @param fields names in order. */
  constructor(fields: Readonly<Record<Names, Extent>>, jointCount: number) {
    const offsets = {} as Record<Names, number>;
    let length = 0;
    for (const [name, extent] of Object.entries(fields) as [Names, Extent][]) {
      offsets[name] = length;
      length += lengthOf(extent, jointCount);
    }
    this.#offsets = offsets;
    this.length = length;
    this.jointCount = jointCount;
  }

  get(record: Float64Array, name: Names): number {
    return record[this.#offsets[name]] as number;
  }

  set(record: Float64Array, name: Names, value: number): void {
    record[this.#offsets[name]] = value;
  }

  /** A copy of the values of all joints. */
  joints(record: Float64Array, name: Names): Float64Array {
    const offset = this.#offsets[name];
    return record.slice(offset, offset + this.jointCount);
  }

  /** Writes the values of all joints; missing ones become not a number. */
  setJoints(record: Float64Array, name: Names, values: ArrayLike<number> | undefined): void {
    const offset = this.#offsets[name];
    for (let joint = 0; joint < this.jointCount; joint += 1) record[offset + joint] = values?.[joint] ?? NaN;
  }

  health(record: Float64Array, name: Names): ArmHealth | undefined {
    return readHealth(record, this.#offsets[name], this.jointCount);
  }

  setHealth(record: Float64Array, name: Names, health: ArmHealth | undefined): void {
    writeHealth(health, record, this.#offsets[name], this.jointCount);
  }
}

function lengthOf(extent: Extent, jointCount: number): number {
  if (extent === 'one') return 1;
  return extent === 'joints' ? jointCount : healthLength(jointCount);
}
