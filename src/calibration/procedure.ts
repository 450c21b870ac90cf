import type { RobotSpec } from '../robot/robot-spec.ts';
import { calibratedAs, calibrationProblems, spanProblem } from './calibration-problems.ts';
import type { Calibration } from './calibration-problems.ts';
import { calibrationSteps } from './calibration-steps.ts';
import type { CalibrationStep, CalibrationWord } from './calibration-steps.ts';
import { beginTrack, followTrack, forgetRange, restingTick } from './encoder-track.ts';
import { encoderTick } from './encoder-convention.ts';
import type { EncoderConvention } from './encoder-convention.ts';
import { calibrationOf } from './joint-findings.ts';
import {
  endOf,
  hasMovedClearly,
  newState,
  takeDirection,
  takeGripperEnd,
  takeMiddle,
  takeRange,
} from './joint-state.ts';
import type { HeldByMotor, JointState } from './joint-state.ts';
import { RAD_PER_TICK } from './ticks.ts';

/** A joint that was not read for so long is not believed to be where it was, ns. */
const STALE_NS = 500e6;

/** One joint while the procedure goes on. */
export interface JointProgress {
  readonly name: string;
  /** Of the encoder, unwrapped; undefined before its first reading. */
  readonly tick: number | undefined;
  /** How far it was swept, and how far its limits are apart, rad. */
  readonly sweptRad: number;
  readonly wantedRad: number;
  /** Since the step began, rad; positive where ticks grow. */
  readonly movedRad: number;
  readonly failedReads: number;
  readonly refusedReads: number;
  /** The step needs nothing more of it. */
  readonly isDone: boolean;
}

/**
 * Calibrates a robot's servos from what they report while an operator moves them by hand. It reads no bus, writes no servo and no
 * file: give it every reading by `observe` and every word of the operator by `answer`.
 */
export class CalibrationProcedure {
  readonly #robot: RobotSpec;
  readonly #convention: EncoderConvention;
  readonly #steps: readonly CalibrationStep[];
  readonly #joints: readonly JointState[];
  #index = 0;
  #nowNs = 0;
  #confirmed: boolean | undefined;

  /**
   * @param robot with a `drivers.serial` block.
   * @param held by joint name.
   */
  constructor(robot: RobotSpec, convention: EncoderConvention, held: Readonly<Record<string, HeldByMotor>>) {
    this.#robot = robot;
    this.#convention = convention;
    this.#steps = calibrationSteps(robot);
    this.#joints = robot.joints.flatMap((joint) => {
      const motor = robot.drivers.serial?.motors[joint.name];
      const holds = held[joint.name] ?? { homingOffset: 0, drivenMode: 0 };
      return motor === undefined ? [] : [newState({ joint, motor, as: calibratedAs(robot, joint.name), held: holds })];
    });
  }

  get step(): CalibrationStep {
    return this.#steps[this.#index] as CalibrationStep;
  }

  /** True when the operator said yes to the calibration, false when no, undefined before. */
  get confirmed(): boolean | undefined {
    return this.#confirmed;
  }

  /**
   * Takes one reading of all joints.
   * @param reported positions in ticks as servos report them, joint order; undefined for a read that failed.
   * @param timeNs monotonic
   */
  observe(reported: readonly (number | undefined)[], timeNs: number): void {
    this.#nowNs = timeNs;
    this.#joints.forEach((state, index) => {
      const position = reported[index];
      const tick =
        position === undefined ? undefined : encoderTick(this.#convention, position, state.held.homingOffset);
      if (state.track !== undefined) state.track = followTrack(state.track, tick, timeNs);
      else if (tick === undefined) state.silentReads += 1;
      else this.#begin(state, tick, timeNs);
    });
  }

  /** What the operator says. Returns why the step is not done, each reason with its joint and remedy; empty where it is. */
  answer(word: string): string[] {
    const { kind, words } = this.step;
    const known = words.find((candidate) => candidate === word);
    if (known === undefined) return [`"${word}" is no answer here; say ${words.join(', ')} or quit`];
    if (known === 'back') return this.#enter(this.#index - 1);
    if (known === 'again') return this.#enter(this.#index);
    if (kind === 'review') return this.#decide(known);
    const silent = this.#joints.flatMap((state) => this.#silence(state));
    const problems = silent.length > 0 ? silent : this.#finish(kind);
    return problems.length > 0 ? problems : this.#enter(this.#index + 1);
  }

  /** Every joint as the step sees it, for display. */
  progress(): JointProgress[] {
    return this.#joints.map((state) => {
      const { track, joint, stepTick } = state;
      const [low, high] = joint.limits.positionRad;
      return {
        name: joint.name,
        tick: track?.tick,
        sweptRad: track === undefined ? 0 : (track.highest - track.lowest) * RAD_PER_TICK,
        wantedRad: high - low,
        movedRad: track === undefined ? 0 : (track.tick - stepTick) * RAD_PER_TICK,
        failedReads: track?.failed ?? state.silentReads,
        refusedReads: track?.refused ?? 0,
        isDone: this.#isDone(state),
      };
    });
  }

  /** What was found out. Only at the step `review`. */
  calibration(): Calibration {
    return Object.fromEntries(
      this.#joints.map(({ joint, motor, as, held, middle, range, isReversed }) => [
        joint.name,
        calibrationOf(
          { middle: middle ?? 0, range: as.fullTurn ? undefined : range, isReversed },
          { id: motor.id, drivenMode: held.drivenMode, convention: this.#convention },
        ),
      ]),
    );
  }

  /** What the operator should know before they say yes. */
  warnings(): string[] {
    return this.#joints.flatMap(({ joint, isReversed }) =>
      isReversed
        ? [
            `joint "${joint.name}" turns against the model's direction: right for a servo that is mounted the other way round; ` +
              'otherwise say "back" and check which way it was moved',
          ]
        : [],
    );
  }

  /** Every step needs all its joints: one that fell silent may have been moved, or have lost its power. */
  #silence({ joint, track }: JointState): string[] {
    if (track !== undefined && this.#nowNs - track.timeNs <= STALE_NS) return [];
    const since = track === undefined ? '' : ` for ${((this.#nowNs - track.timeNs) / 1e9).toFixed(1)} s`;
    return [`joint "${joint.name}" does not answer${since}: check its cable and power`];
  }

  #begin(state: JointState, tick: number, timeNs: number): void {
    state.track = beginTrack(tick, timeNs);
    state.stepTick = tick;
  }

  #enter(index: number): string[] {
    this.#index = index;
    const isSweep = this.step.kind === 'sweep';
    for (const state of this.#joints) {
      if (state.track !== undefined && isSweep) state.track = forgetRange(state.track);
      state.stepTick = state.track?.tick ?? 0;
    }
    return [];
  }

  #finish(kind: Exclude<CalibrationStep['kind'], 'review'>): string[] {
    if (kind === 'middle') return this.#joints.flatMap((state) => takeMiddle(state));
    if (kind === 'sweep') return this.#joints.flatMap((state) => takeRange(state));
    const state = this.#joints.find(({ joint }) => joint.name === this.step.joint);
    if (state === undefined) return [];
    return kind === 'direction' ? takeDirection(state, this.#joints) : takeGripperEnd(state, kind);
  }

  #decide(word: CalibrationWord): string[] {
    const problems = word === 'yes' ? calibrationProblems(this.calibration(), this.#robot) : [];
    if (problems.length === 0) this.#confirmed = word === 'yes';
    return problems;
  }

  #isDone(state: JointState): boolean {
    const { track, joint, as } = state;
    const { kind } = this.step;
    if (track === undefined) return false;
    if (kind === 'middle') return restingTick(track) !== undefined;
    if (kind === 'sweep') return as.fullTurn || spanProblem(joint, track.highest - track.lowest, as) === undefined;
    if (joint.name !== this.step.joint) return true;
    if (kind === 'direction') return hasMovedClearly(state);
    return endOf(state) !== undefined;
  }
}
