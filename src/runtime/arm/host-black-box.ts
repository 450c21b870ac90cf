import { BlackBoxRing } from '../black-box-ring.ts';
import type { GateCheckpoint } from '../black-box-ring.ts';
import { writeBlackBox } from '../write-black-box.ts';
import type { BlackBoxOptions } from '../write-black-box.ts';
import type { ArmRecord } from './record-format.ts';

/** Causes of a stop after which nobody else may be there to write. */
const ORPHANED: ReadonlySet<string> = new Set(['supervisor-gone', 'supervisor-silent']);

/**
 * The black box of an arm process. It writes where the supervisor cannot: when that has gone or is silent, once the
 * arm stands, and when the gate is dead.
 */
export class HostBlackBox {
  readonly #options: BlackBoxOptions;
  readonly #ring: BlackBoxRing;
  readonly #onFailure: (error: unknown) => void;
  #writing = Promise.resolve();
  #written = '';

  constructor(options: BlackBoxOptions, onFailure: (error: unknown) => void) {
    this.#options = options;
    this.#ring = new BlackBoxRing(options.robot);
    this.#onFailure = onFailure;
  }

  checkpoint(checkpoint: GateCheckpoint): void {
    this.#ring.checkpoint(checkpoint);
  }

  record(record: ArmRecord): void {
    const { tick, timeNs, target, isPlanned, arm, health, sentRad, state, cause, isStill } = record;
    if (state === 'gate-dead') return this.#write('gate-dead');
    if (record.hasStepped) {
      const input = { nowNs: timeNs, target, isPlanned, measured: arm, health };
      this.#ring.record({ tick, input, gate: { ...record, state }, sentRad });
    }
    if (!ORPHANED.has(cause)) this.#written = '';
    else if (isStill) this.#write(cause);
  }

  /** Resolves when everything is written. */
  settle(): Promise<void> {
    return this.#writing;
  }

  /** Once for each stop. */
  #write(cause: string): void {
    if (this.#written === cause || this.#ring.count === 0) return;
    this.#written = cause;
    const snapshot = this.#ring.snapshot();
    this.#writing = this.#writing
      .then(() => writeBlackBox(snapshot, cause, this.#options))
      .then(() => undefined)
      .catch(this.#onFailure);
  }
}
