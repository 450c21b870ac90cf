import type { Calibration } from '../../calibration/calibration-problems.ts';
import type { Failure } from '../../core/failure.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { BusCommand } from './bus-command.ts';

/** What the thread of an emulated bus is started with. */
export interface BusWorkerData {
  readonly robot: RobotSpec;
  readonly calibration: Calibration;
  readonly isCalibrated: boolean;
  /** Name of the task whose scene the arm stands in; undefined: joints without gravity. */
  readonly task: string | undefined;
  readonly seed: number;
  readonly link: string | undefined;
  /** A device that is there, in place of a pseudo-terminal of our own. */
  readonly device: string | undefined;
  readonly commands: readonly BusCommand[];
}

/** How an emulated arm is, as nobody at the wire can know it. Arrays in joint order. */
export interface ServoBusState {
  /** Monotonic. */
  readonly timeNs: number;
  readonly positionsRad: readonly number[];
  readonly hasTorque: readonly boolean[];
  readonly temperaturesC: readonly number[];
  readonly supplyV: number;
  /** The port's device; undefined while the cable is cut. */
  readonly device: string | undefined;
  /** Since the start. */
  readonly counts: Readonly<Record<'instructions' | 'badPackets' | 'replies' | 'bytesIn' | 'bytesOut', number>>;
  /** How late the last answers left, beyond the time of the wire, ns: half of them at most `p50`, all but one in 100 at most `p99`. */
  readonly latenessNs: Readonly<Record<'p50' | 'p99', number>>;
  /** Of the simulated world, for `writeWorldState`; undefined without one. */
  readonly worldState: Float64Array | undefined;
}

/** What the thread could not foresee. */
export const BROKEN: Pick<Failure, 'code' | 'remedy'> = { code: 'E_INTERNAL', remedy: 'Please report it.' };

/** To the thread. */
export type BusRequest =
  | { readonly kind: 'command'; readonly command: BusCommand }
  | { readonly kind: 'state'; readonly ticket: number }
  | { readonly kind: 'close' };

/** From the thread. */
export type BusReport =
  | { readonly kind: 'ready'; readonly thread: number | undefined; readonly state: ServoBusState }
  | { readonly kind: 'state'; readonly ticket: number; readonly state: ServoBusState }
  | { readonly kind: 'failure'; readonly failure: Failure }
  | { readonly kind: 'closed' };
