import { NS_PER_MS } from '../core/clock.ts';
import type { Clock } from '../core/clock.ts';
import { ArmatureError } from '../core/errors.ts';
import type { ArmState } from '../core/observation.ts';
import type { ArmDriver, SentCommand } from '../drivers/driver.ts';
import type { ArmHealth } from '../safety/health-monitor.ts';
import type { SafeCommand } from '../safety/safe-command.ts';

/**
 * What can go wrong with the way to an arm. `frozen`: new stamps on old values. `stale`: everything is reported
 * late. `silent`: nothing new is reported. `impossible`: the first joint is said to be where it cannot be.
 * `not-finite`: it is said to be nowhere. `unplugged`: reading and writing throw. `hanging`: they never return,
 * which only a thread of its own survives. `overheated`, `brown-out`, `over-current`, `motor-error`: the motors say so.
 * `emergency-stop`: the robot's own is pressed.
 */
export const DRIVER_FAULTS = [
  'frozen',
  'stale',
  'silent',
  'impossible',
  'not-finite',
  'unplugged',
  'hanging',
  'overheated',
  'brown-out',
  'over-current',
  'motor-error',
  'emergency-stop',
] as const;

export type DriverFault = (typeof DRIVER_FAULTS)[number];

/** How much too old `stale` reports are, ms. */
const STALE_MS = 300;
/** Reports that `stale` holds back: those of STALE_MS at any rate of a gate. */
const MOST_HELD_BACK = 1000;
/** No joint is ever there, rad. */
const NOWHERE_RAD = 20;

/** What the motors of an arm report that is not well, by the number of joints: far from what any arm allows. */
const ILLNESSES: Partial<Record<DriverFault, (joints: number) => ArmHealth>> = {
  overheated: (joints) => ({ temperaturesC: new Float64Array(joints).fill(120) }),
  'brown-out': (joints) => ({ voltagesV: new Float64Array(joints).fill(1) }),
  'over-current': (joints) => ({ currentsA: new Float64Array(joints).fill(100) }),
  'motor-error': (joints) => ({ motorErrors: new Uint8Array(joints).fill(0x20) }),
  'emergency-stop': () => ({ mode: 'emergency-stop' }),
};

/** A driver with which something can be wrong: for tests of agents, drivers and everything that is built on them. */
export class FaultyDriver implements ArmDriver {
  readonly name: string;
  /** Undefined: it works like the driver behind it. May be set at any time. */
  fault: DriverFault | undefined;
  readonly #driver: ArmDriver;
  readonly #held: ArmState[] = [];
  #newest: ArmState | undefined;
  #writes = 0;
  #hasTorque: boolean | undefined;

  constructor(driver: ArmDriver) {
    this.name = driver.name;
    this.#driver = driver;
  }

  /** Commands that went through to the driver behind. */
  get writes(): number {
    return this.#writes;
  }

  connect(): Promise<void> {
    return this.#driver.connect();
  }

  read(): ArmState {
    this.#requireLink('read');
    const state = this.#driver.read();
    this.#held.push(state);
    if (this.#held.length > MOST_HELD_BACK) this.#held.shift();
    this.#newest = this.#reported(state);
    return this.#newest;
  }

  readHealth(): ArmHealth | undefined {
    const ill = this.fault === undefined ? undefined : ILLNESSES[this.fault];
    return ill === undefined ? this.#driver.readHealth() : ill(this.#newest?.positionsRad.length ?? 0);
  }

  /** As it was switched last; undefined: nobody did. */
  get hasTorque(): boolean | undefined {
    return this.#hasTorque;
  }

  setTorque(isOn: boolean): void {
    this.#requireLink('switch the torque');
    this.#driver.setTorque(isOn);
    this.#hasTorque = isOn;
  }

  write(command: SafeCommand): SentCommand {
    this.#requireLink('write');
    const sent = this.#driver.write(command);
    this.#writes += 1;
    return sent;
  }

  close(): Promise<void> {
    return this.#driver.close();
  }

  #reported(state: ArmState): ArmState {
    const last = this.#newest ?? state;
    switch (this.fault) {
      case 'frozen':
        return { ...last, stampNs: state.stampNs };
      case 'silent':
        return last;
      case 'stale': {
        const late = this.#held.findLast(({ stampNs }) => stampNs <= state.stampNs - STALE_MS * NS_PER_MS);
        return late ?? last;
      }
      case 'impossible':
        return { ...state, positionsRad: withFirst(state.positionsRad, NOWHERE_RAD) };
      case 'not-finite':
        return { ...state, positionsRad: withFirst(state.positionsRad, NaN) };
      default:
        return state;
    }
  }

  #requireLink(operation: string): void {
    if (this.fault === 'hanging') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    if (this.fault !== 'unplugged') return;
    throw new ArmatureError('E_NOT_CONNECTED', `cannot ${operation}: the cable of the arm is unplugged`, {
      remedy: 'Plug it in, and arm again.',
    });
  }
}

/** A fault that begins by itself, in words that another process understands. */
export interface FaultPlan {
  readonly fault: DriverFault | 'clock-stepped';
  /** It begins with the read after so many commands. */
  readonly afterWrites: number;
  /** By how much `clock-stepped` sets the clock, ms; default -1000. */
  readonly clockStepMs?: number;
}

/** Wraps a driver, and its clock, as a plan says: what a module named in ArmSpec.wrap exports. */
export function wrapDriver(
  driver: ArmDriver,
  options: unknown,
  clock: Clock,
): { readonly driver: ArmDriver; readonly clock: Clock } {
  const { fault, afterWrites, clockStepMs = -1000 } = options as FaultPlan;
  const faulty = new PlannedDriver(driver, fault, afterWrites);
  const stepNs = fault === 'clock-stepped' ? clockStepMs * NS_PER_MS : 0;
  return { driver: faulty, clock: { nowNs: () => clock.nowNs() + (faulty.hasBegun ? stepNs : 0) } };
}

class PlannedDriver extends FaultyDriver {
  readonly #plan: FaultPlan['fault'];
  readonly #afterWrites: number;

  constructor(driver: ArmDriver, fault: FaultPlan['fault'], afterWrites: number) {
    super(driver);
    this.#plan = fault;
    this.#afterWrites = afterWrites;
  }

  get hasBegun(): boolean {
    return this.writes >= this.#afterWrites;
  }

  override read(): ArmState {
    if (this.hasBegun && this.#plan !== 'clock-stepped') this.fault = this.#plan;
    return super.read();
  }
}

function withFirst(values: Float64Array, value: number): Float64Array {
  return values.map((other, index) => (index === 0 ? value : other));
}
