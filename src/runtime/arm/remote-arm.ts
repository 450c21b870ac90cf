import type { GateState } from '../../safety/gate.ts';
import type { ArmInput, ArmStep, GatedArm } from '../gated-arm.ts';
import type { GateCheckpoint } from '../black-box-ring.ts';
import type { Pacer } from '../pacer.ts';
import { hasInterfered } from './latched-stop.ts';
import type { ProcessArm } from './process-arm.ts';
import type { ArmRecord } from './record-format.ts';

/** A tick of the gate is late by more than this, and it has stopped or the machine is too slow for any arm, ms. */
const PATIENCE_MS = 2000;
/** A simulated world has taken over a scene within two of its periods and the latency of the arm, ns. */
const SETTLING_NS = 30e6;
/** Ticks that wait for a loop that was blocked; older ones are lost and count as skipped. */
const MOST_WAITING = 1000;

interface Tick {
  readonly record: ArmRecord;
  /** State of the simulated world then. */
  readonly world: Float64Array | undefined;
}

export interface RemoteArmOptions {
  readonly arm: ProcessArm;
  /** Told of every tick before the loop is: what the sensors show. */
  readonly show: (record: ArmRecord, world: Float64Array | undefined) => void;
  /** Told when the episode starts, monotonic ns. */
  readonly begin: (startNs: number) => void;
  /** Where a simulated world begins; undefined for an arm that is in none. */
  readonly scene?: Float64Array | undefined;
}

/**
 * An arm process as the loop's arm and as its clock: a tick here is one that the gate there has made. What is
 * decided on it goes to the gate at once, which heeds it at its next tick. One per episode.
 */
export class RemoteArm implements GatedArm, Pacer {
  readonly latenessNs: number[] = [];
  readonly #options: RemoteArmOptions;
  readonly #ticks: Tick[] = [];
  readonly #checkpoints: GateCheckpoint[] = [];
  readonly #unlisten: () => void;
  #world: Float64Array | undefined;
  #current: ArmRecord | undefined;
  #firstSkipped = 0;
  #lost = 0;
  #hasStopped = false;

  constructor(options: RemoteArmOptions) {
    this.#options = options;
    this.#unlisten = options.arm.listen({
      onRecord: (record) => this.#take(record),
      onCheckpoint: (checkpoint) => this.#checkpoints.push(checkpoint),
      onWorld: (state) => (this.#world = state),
    });
  }

  get skippedTicks(): number {
    return (this.#current?.skipped ?? 0) - this.#firstSkipped + this.#lost;
  }

  get isStill(): boolean {
    return this.#current?.isStill ?? true;
  }

  get state(): GateState {
    const record = this.#current;
    if (record === undefined) return 'disarmed';
    return hasInterfered(record.cause) || record.state === 'gate-dead' ? 'protective-stop' : record.state;
  }

  reset(): void {
    this.#ticks.length = 0;
    this.latenessNs.length = 0;
    this.#lost = 0;
    this.#firstSkipped = this.#options.arm.newest?.skipped ?? 0;
  }

  /** Throws the failure of the arm process. */
  async nextTick(): Promise<number> {
    const { arm, show } = this.#options;
    await arm.until(() => this.#ticks.length > 0, PATIENCE_MS);
    const { record, world } = this.#ticks.shift() as Tick;
    this.#current = record;
    this.latenessNs.push(Math.max(0, record.timeNs - record.deadlineNs));
    show(record, world);
    return record.timeNs;
  }

  async arm(nowNs: number): Promise<{ readonly startNs: number; readonly positionsRad: Float64Array }> {
    const { arm, scene, begin } = this.#options;
    if (scene !== undefined) {
      arm.showScene(scene);
      this.#world = undefined;
    }
    // Measured in that scene and not before.
    const sinceNs = scene === undefined ? -Infinity : nowNs + SETTLING_NS;
    await arm.until((record) => record.arm.fresh && record.arm.value.stampNs > sinceNs, PATIENCE_MS);
    // In a simulated world a new scene undoes whatever had happened; elsewhere a person has to look at the arm.
    if (scene !== undefined) arm.command('reset');
    const command = await arm.arm();
    while ((this.#ticks[0]?.record.command ?? command) < command) this.#ticks.shift();
    const startNs = await this.nextTick();
    begin(startNs);
    return { startNs, positionsRad: (this.#current as ArmRecord).sentRad };
  }

  step({ isRunning, decision }: ArmInput): ArmStep {
    const { arm } = this.#options;
    if (decision !== undefined) arm.follow(decision.target);
    if (!isRunning && !this.#hasStopped) {
      this.#hasStopped = true;
      arm.command('stop');
    }
    const record = this.#current as ArmRecord;
    const { tick, hasStepped, target, isPlanned, health, sentRad, timeNs } = record;
    const { requestedRad, previousRad, emittedRad, measuredRad, reasons, state } = record;
    return {
      tick,
      hasStepped,
      target,
      isPlanned,
      health,
      gate: {
        requestedRad,
        previousRad,
        emittedRad,
        measuredRad,
        reasons,
        state: state === 'gate-dead' ? this.state : state,
      },
      checkpoints: this.#checkpoints.splice(0),
      sent: { positionsRad: sentRad, stampNs: timeNs },
    };
  }

  /** The episode is over. An arm that another scene will move is let go; any other one goes on holding itself up. */
  close(): void {
    const { arm, scene } = this.#options;
    this.#unlisten();
    arm.command(scene === undefined ? 'stop' : 'disarm');
  }

  #take(record: ArmRecord): void {
    if (this.#ticks.length >= MOST_WAITING) {
      this.#ticks.shift();
      this.#lost += 1;
    }
    this.#ticks.push({ record, world: this.#world });
  }
}
