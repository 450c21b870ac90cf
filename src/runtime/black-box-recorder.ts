import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ArmatureError } from '../core/errors.ts';
import { blackBoxLines } from '../record/black-box-format.ts';
import type { BlackBoxHeader } from '../record/black-box-format.ts';
import { commitFiles } from '../record/dataset-files.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { BlackBoxRing, snapshotTicks } from './black-box-ring.ts';
import type { BlackBoxSnapshot, BlackBoxStep } from './black-box-ring.ts';
import type { StepListener, StepRecord } from './step-listener.ts';

/** States in which the arm follows commands. */
const MOVING: ReadonlySet<string> = new Set(['active', 'reduced']);
/** Lines made before other work gets its turn: a millisecond's worth. */
const LINES_AT_ONCE = 20;
/** A stop that has not ended after so long is written as it is, s. */
const LONGEST_STOP_S = 2;

export interface BlackBoxOptions {
  readonly robot: RobotSpec;
  /** Where the files go; it is made when the first is written. */
  readonly directory: string;
  /** Of Armature. */
  readonly version: string;
  /** Wall time now, ISO 8601. */
  readonly wallTime: () => string;
}

/** What was written, and what could not be. */
export interface BlackBoxWrites {
  readonly files: readonly string[];
  readonly failures: readonly ArmatureError[];
}

/**
 * Remembers the last seconds of a run and writes them to a file at every stop, once the arm stands still. Writing
 * goes on beside the run and never throws into it; `settle` says what became of it. Use one per episode.
 */
export class BlackBoxRecorder implements StepListener {
  readonly name = 'black-box';
  readonly #options: BlackBoxOptions;
  readonly #ring: BlackBoxRing;
  readonly #files: string[] = [];
  readonly #failures: ArmatureError[] = [];
  #writing = Promise.resolve();
  #wasMoving = false;
  #stop: { readonly cause: string; readonly sinceTick: number } | undefined;
  /** Ticks that are in a file already. */
  #written = 0;

  constructor(options: BlackBoxOptions) {
    this.#options = options;
    this.#ring = new BlackBoxRing(options.robot);
  }

  onStep(step: StepRecord): void {
    this.#ring.record(blackBoxStep(step, this.#options.robot));
    const { gate, gateTick, isRunning } = step;
    const isMoving = MOVING.has(gate.state);
    // The stop at the end of an episode is told by its outcome, in settle.
    if (this.#wasMoving && !isMoving && isRunning)
      this.#stop ??= { cause: gate.reasons[0] ?? gate.state, sinceTick: gateTick };
    this.#wasMoving = isMoving;
    if (this.#stop === undefined || !isRunning) return;
    const stands = gate.emittedRad.every((position, joint) => position === gate.previousRad[joint]);
    const isLate = gateTick - this.#stop.sinceTick > LONGEST_STOP_S * this.#options.robot.rates.gateHz;
    if (isMoving || stands || isLate) this.#write(this.#stop.cause);
  }

  /** Writes what the last file does not hold, and waits until all is written. */
  async settle(cause: string): Promise<BlackBoxWrites> {
    if (this.#ring.count > this.#written) this.#write(cause);
    await this.#writing;
    return { files: this.#files, failures: this.#failures };
  }

  #write(cause: string): void {
    this.#stop = undefined;
    this.#written = this.#ring.count;
    const snapshot = this.#ring.snapshot();
    this.#writing = this.#writing.then(() => this.#save(snapshot, cause));
  }

  async #save(snapshot: BlackBoxSnapshot, cause: string): Promise<void> {
    const { robot, directory, version, wallTime } = this.#options;
    const { directory: _, ...description } = robot;
    const header: BlackBoxHeader = {
      cause,
      writtenAt: wallTime(),
      armature: version,
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      robot: description,
      start: snapshot.start,
    };
    try {
      const path = freePath(directory, `${robot.name}-${cause}`);
      const lines: string[] = [];
      for (const line of blackBoxLines(header, snapshotTicks(snapshot, robot))) {
        lines.push(line);
        if (lines.length % LINES_AT_ONCE === 0) await setImmediate();
      }
      await commitFiles(directory, [{ path, content: lines.join('') }]);
      this.#files.push(join(directory, path));
    } catch (cause_) {
      this.#failures.push(notWritten(directory, cause_));
    }
  }
}

/** A tick of the loop as the ring remembers it. */
function blackBoxStep(step: StepRecord, robot: RobotSpec): BlackBoxStep {
  const { timeNs, target, observation, decision } = step;
  return {
    gateTick: step.gateTick,
    input: { nowNs: timeNs, target, measured: observation.arm },
    gate: step.gate,
    sentRad: step.sent.positionsRad,
    actionTokens: decision?.trace?.actionTokens,
    cameraAgesNs: robot.cameras.map(({ name }) => observation.cameras.get(name)?.ageNs ?? Number.NaN),
    checkpoint: step.checkpoint,
  };
}

/** `<stem>-<n>.jsonl` with the first number that is free. */
function freePath(directory: string, stem: string): string {
  for (let number = 1; ; number += 1) {
    const path = `${stem}-${number}.jsonl`;
    if (!existsSync(join(directory, path))) return path;
  }
}

function notWritten(directory: string, cause: unknown): ArmatureError {
  const found = cause instanceof ArmatureError ? cause.found : cause instanceof Error ? cause.message : String(cause);
  return new ArmatureError('E_BLACK_BOX', `the black box cannot be written to ${directory}`, {
    ...(found === undefined ? {} : { found }),
    remedy: 'The arm was stopped all the same. Check the free space and the permissions of this folder.',
    cause,
  });
}
