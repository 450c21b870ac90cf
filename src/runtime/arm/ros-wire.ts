import type { ArmState } from '../../core/observation.ts';
import type { JointCommand } from '../../drivers/ros/commands/command-sender.ts';
import type { RosWire } from '../../drivers/ros/ros-driver.ts';
import type { ArmHealth } from '../../safety/health-monitor.ts';
import { NumberLayout } from './number-layout.ts';
import { SharedSlot } from './shared-slot.ts';

/** What the gate wants of the arm; the newest of it counts. */
const ORDER_FIELDS = {
  /** 1 while the arm is to follow. */
  torque: 'one',
  /** Of the link for which that was said. */
  generation: 'one',
  /** Rises by one with each command. */
  sequence: 'one',
  stampNs: 'one',
  positionsRad: 'joints',
} as const;

/** What is known of the arm. */
const REPORT_FIELDS = {
  /** Of the link over which the arm is there; 0 for none. */
  generation: 'one',
  /** 0 before the first state. */
  hasState: 'one',
  stampNs: 'one',
  positionsRad: 'joints',
  velocitiesRadPerS: 'joints',
  effortsNm: 'joints',
  health: 'health',
} as const;

/** Memory between the gate's thread and the main thread, which has the link. It can be given to a worker. */
export interface RosBuffers {
  readonly orders: SharedArrayBuffer;
  readonly report: SharedArrayBuffer;
}

export function allocateRosBuffers(jointCount: number): RosBuffers {
  return {
    orders: SharedSlot.allocate(new NumberLayout(ORDER_FIELDS, jointCount).length),
    report: SharedSlot.allocate(new NumberLayout(REPORT_FIELDS, jointCount).length),
  };
}

/** The gate's end. It never waits; what the other end does not take in time is replaced by what comes next. */
export class SharedRosWire implements RosWire {
  readonly #orders: SharedSlot;
  readonly #report: SharedSlot;
  readonly #orderLayout: NumberLayout<keyof typeof ORDER_FIELDS>;
  readonly #reportLayout: NumberLayout<keyof typeof REPORT_FIELDS>;
  readonly #order: Float64Array;
  readonly #read: Float64Array;
  /** The newest report that was whole. */
  readonly #known: Float64Array;

  constructor(jointCount: number, buffers: RosBuffers) {
    this.#orders = new SharedSlot(buffers.orders);
    this.#report = new SharedSlot(buffers.report);
    this.#orderLayout = new NumberLayout(ORDER_FIELDS, jointCount);
    this.#reportLayout = new NumberLayout(REPORT_FIELDS, jointCount);
    this.#order = new Float64Array(this.#orders.length);
    this.#read = new Float64Array(this.#report.length);
    this.#known = new Float64Array(this.#report.length);
  }

  get generation(): number {
    this.#refresh();
    return this.#reportLayout.get(this.#known, 'generation');
  }

  read(): ArmState | undefined {
    this.#refresh();
    const [layout, known] = [this.#reportLayout, this.#known];
    if (layout.get(known, 'hasState') !== 1) return undefined;
    return {
      positionsRad: layout.joints(known, 'positionsRad'),
      velocitiesRadPerS: layout.joints(known, 'velocitiesRadPerS'),
      effortsNm: layout.joints(known, 'effortsNm'),
      stampNs: layout.get(known, 'stampNs'),
    };
  }

  readHealth(): ArmHealth | undefined {
    this.#refresh();
    return this.#reportLayout.health(this.#known, 'health');
  }

  setTorque(isOn: boolean): void {
    const [layout, order] = [this.#orderLayout, this.#order];
    layout.set(order, 'torque', isOn ? 1 : 0);
    layout.set(order, 'generation', this.generation);
    this.#orders.write(order);
  }

  command({ positionsRad, stampNs }: JointCommand): void {
    const [layout, order] = [this.#orderLayout, this.#order];
    layout.set(order, 'sequence', layout.get(order, 'sequence') + 1);
    layout.set(order, 'stampNs', stampNs);
    layout.setJoints(order, 'positionsRad', positionsRad);
    this.#orders.write(order);
  }

  #refresh(): void {
    // Between two whole reports the last one still stands.
    if (this.#report.read(this.#read)) this.#known.set(this.#read);
  }
}

/** What the link's end works with. */
export interface RosArmEnd extends RosWire {
  listen(listener: () => void): () => void;
}

/** The main thread's end: hands the newest order on as soon as it is written, and the newest report back. */
export class RosWireEnd {
  readonly #arm: RosArmEnd;
  readonly #orders: SharedSlot;
  readonly #report: SharedSlot;
  readonly #orderLayout: NumberLayout<keyof typeof ORDER_FIELDS>;
  readonly #reportLayout: NumberLayout<keyof typeof REPORT_FIELDS>;
  readonly #order: Float64Array;
  readonly #told: Float64Array;
  readonly #unlisten: () => void;
  #sequence = 0;
  #isClosed = false;

  constructor(jointCount: number, buffers: RosBuffers, arm: RosArmEnd) {
    this.#arm = arm;
    this.#orders = new SharedSlot(buffers.orders);
    this.#report = new SharedSlot(buffers.report);
    this.#orderLayout = new NumberLayout(ORDER_FIELDS, jointCount);
    this.#reportLayout = new NumberLayout(REPORT_FIELDS, jointCount);
    this.#order = new Float64Array(this.#orders.length);
    this.#told = new Float64Array(this.#report.length);
    this.#unlisten = arm.listen(() => this.#tell());
    this.#tell();
    void this.#obey();
  }

  close(): void {
    this.#isClosed = true;
    this.#unlisten();
  }

  async #obey(): Promise<void> {
    while (!this.#isClosed) {
      const { version } = this.#orders;
      this.#carryOut();
      await this.#orders.changed(version);
    }
  }

  #carryOut(): void {
    const [layout, order, arm] = [this.#orderLayout, this.#order, this.#arm];
    if (this.#isClosed || !this.#orders.read(order)) return;
    const isFollowing = layout.get(order, 'torque') === 1;
    const { generation } = arm;
    // What was meant for a link that has been lost since is for no other.
    const isMeant = generation > 0 && layout.get(order, 'generation') === generation;
    arm.setTorque(isFollowing && isMeant);
    const sequence = layout.get(order, 'sequence');
    if (sequence === this.#sequence) return;
    this.#sequence = sequence;
    if (!isFollowing || !isMeant) return;
    arm.command({ positionsRad: layout.joints(order, 'positionsRad'), stampNs: layout.get(order, 'stampNs') });
  }

  #tell(): void {
    const [layout, told] = [this.#reportLayout, this.#told];
    const state = this.#arm.read();
    layout.set(told, 'generation', this.#arm.generation);
    layout.set(told, 'hasState', state === undefined ? 0 : 1);
    layout.set(told, 'stampNs', state?.stampNs ?? NaN);
    layout.setJoints(told, 'positionsRad', state?.positionsRad);
    layout.setJoints(told, 'velocitiesRadPerS', state?.velocitiesRadPerS);
    layout.setJoints(told, 'effortsNm', state?.effortsNm);
    layout.setHealth(told, 'health', this.#arm.readHealth());
    this.#report.write(told);
  }
}
