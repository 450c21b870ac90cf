import type { Worker } from 'node:worker_threads';
import type { Calibration } from '../../calibration/calibration-problems.ts';
import { ArmatureError } from '../../core/errors.ts';
import { toError, toFailure } from '../../core/failure.ts';
import { moduleEntry, startWorker } from '../../core/module-worker.ts';
import { requireSerial } from '../../drivers/serial/arm-motors.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { drawCalibration } from './assemble-arm.ts';
import { BROKEN } from './bus-messages.ts';
import { parseBusCommand } from './bus-command.ts';
import type { BusCommand } from './bus-command.ts';
import type { BusReport, BusRequest, BusWorkerData, ServoBusState } from './bus-messages.ts';

/** How long a thread may take to end; one that does not is ended. */
const CLOSING_MS = 5000;

export interface ServoBusSpec {
  readonly robot: RobotSpec;
  /** Where the port appears, as a link to its device. Default: only the device itself, whose name `state` tells. */
  readonly link?: string;
  /** Task whose scene the arm stands in, moved by MuJoCo. Default: joints without gravity, that know nothing of each other. */
  readonly task?: string;
  /** What the scene, the mounting of the encoders and the faults are drawn from. Default 0. */
  readonly seed?: number;
  /** What the servos hold of a calibration. Default: one drawn from the seed. */
  readonly calibration?: Calibration;
  /** False: an arm that was never calibrated. Default true. */
  readonly isCalibrated?: boolean;
  /** One end of a pair of terminals that is there already. Default: a pseudo-terminal of our own. */
  readonly device?: string;
  /** Carried out before anybody can talk to the servos. Default none. */
  readonly commands?: readonly BusCommand[];
}

/** An emulated arm on a serial port, in a thread of its own. */
export class EmulatedServoBus {
  /** What the servos hold, as a calibration of the arm would have found it. */
  readonly calibration: Calibration;
  /** Path to open: the link, or the device. */
  readonly path: string;
  /** Of the thread that serves the port, as the system knows it; undefined where it does not say. */
  readonly thread: number | undefined;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (state: ServoBusState | undefined) => void>();
  #hasEnded = false;
  #tickets = 0;
  #failure: ArmatureError | undefined;

  /** @internal use startServoBus */
  constructor(
    worker: Worker,
    ready: Extract<BusReport, { kind: 'ready' }>,
    given: { calibration: Calibration; link?: string | undefined },
  ) {
    this.#worker = worker;
    this.calibration = given.calibration;
    this.path = given.link ?? ready.state.device ?? '';
    this.thread = ready.thread;
    worker.on('message', (report: BusReport) => {
      if (report.kind === 'failure') this.#failure = toError(report.failure);
      if (report.kind !== 'state') return;
      this.#waiting.get(report.ticket)?.(report.state);
      this.#waiting.delete(report.ticket);
    });
    worker.on('error', (error) => (this.#failure = toError(toFailure(error, BROKEN))));
    worker.once('exit', () => {
      this.#hasEnded = true;
      for (const resolve of this.#waiting.values()) resolve(undefined);
    });
  }

  /** Does something to the arm: a command, or a line such as `fault silent 3`. Throws ArmatureError for a line that is none. */
  control(command: BusCommand | string): void {
    this.#post({ kind: 'command', command: typeof command === 'string' ? parseBusCommand(command) : command });
  }

  /** How the arm truly is. Commands given before have been carried out. Rejects with what a command has failed with. */
  async state(): Promise<ServoBusState> {
    const ticket = this.#tickets++;
    const state = new Promise<ServoBusState | undefined>((resolve) => this.#waiting.set(ticket, resolve));
    this.#post({ kind: 'state', ticket });
    const found = this.#hasEnded ? undefined : await state;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    if (found !== undefined) return found;
    throw new ArmatureError('E_NOT_CONNECTED', 'the emulated arm has ended', { remedy: 'Start another one.' });
  }

  /** The port hangs up and its link goes. */
  async close(): Promise<void> {
    if (this.#hasEnded) return;
    const closed = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#post({ kind: 'close' });
    const timer = setTimeout(() => void this.#worker.terminate(), CLOSING_MS);
    await closed;
    clearTimeout(timer);
  }

  #post(request: BusRequest): void {
    this.#worker.postMessage(request);
  }
}

/** Starts an emulated arm. Throws ArmatureError for robots and calibrations that do not fit, E_PSEUDO_TERMINAL. */
export async function startServoBus(spec: ServoBusSpec): Promise<EmulatedServoBus> {
  const { robot, seed = 0, isCalibrated = true } = spec;
  requireSerial(robot);
  const calibration = spec.calibration ?? drawCalibration(robot, seed);
  const data: BusWorkerData = {
    robot,
    calibration,
    isCalibrated,
    task: spec.task,
    seed,
    link: spec.link,
    device: spec.device,
    commands: spec.commands ?? [],
  };
  const worker = startWorker(moduleEntry(import.meta.url, 'bus-worker'), data);
  const first = await new Promise<BusReport>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  if (first.kind === 'ready') return new EmulatedServoBus(worker, first, { calibration, link: spec.link });
  await worker.terminate();
  throw first.kind === 'failure' ? toError(first.failure) : new TypeError(`the emulated bus answered ${first.kind}`);
}
