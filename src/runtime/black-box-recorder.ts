import { ArmatureError } from '../core/errors.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { BlackBoxRing } from './black-box-ring.ts';
import type { BlackBoxStep } from './black-box-ring.ts';
import { BlackBoxStills } from './black-box-stills.ts';
import type { StepListener, StepRecord } from './step-listener.ts';
import { writeBlackBox } from './write-black-box.ts';
import type { BlackBoxOptions } from './write-black-box.ts';

/** States in which the arm follows commands. */
const MOVING: ReadonlySet<string> = new Set(['active', 'reduced']);
/** A stop that has not ended after so long is written as it is, s. */
const LONGEST_STOP_S = 2;

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
  readonly #stills = new BlackBoxStills();
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
    for (const checkpoint of step.checkpoints) this.#ring.checkpoint(checkpoint);
    this.#stills.see(step.observation, step.timeNs);
    if (step.hasStepped) this.#ring.record(blackBoxStep(step, this.#options.robot));
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
    const stills = this.#stills.snapshot();
    this.#writing = this.#writing
      .then(() => writeBlackBox(snapshot, cause, this.#options, stills))
      .then((path) => void this.#files.push(path))
      .catch((error: unknown) => {
        if (!(error instanceof ArmatureError)) throw error;
        this.#failures.push(error);
      });
  }
}

/** A tick of the loop as the ring remembers it. */
function blackBoxStep(step: StepRecord, robot: RobotSpec): BlackBoxStep {
  const { timeNs, target, observation, decision } = step;
  return {
    tick: step.tick,
    input: { nowNs: timeNs, target, isPlanned: step.isPlanned, measured: observation.arm, health: step.health },
    gate: step.gate,
    sentRad: step.sent.positionsRad,
    actionTokens: decision?.trace?.actionTokens,
    keptJoints: decision?.trace?.keptJoints,
    instruction: observation.instruction,
    cameraAgesNs: robot.cameras.map(({ name }) => observation.cameras.get(name)?.ageNs ?? Number.NaN),
  };
}
