import type { CalibrationProcedure } from '../../src/calibration/procedure.ts';
import { ENCODER_CONVENTIONS } from '../../src/calibration/encoder-convention.ts';
import { RAD_PER_TICK, withinTurn } from '../../src/calibration/ticks.ts';
import { Rng } from '../../src/core/rng.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';

const PERIOD_NS = 20e6;

/** How the servo of a joint is mounted, and what it holds. */
export interface Mounting {
  /** What its encoder says in the middle of the joint's limits. */
  readonly centreTick: number;
  readonly isReversed: boolean;
  readonly homingOffset: number;
  /** Drive_Mode of a Dynamixel. */
  readonly drivenMode: 0 | 1;
}

export interface Faults {
  /** Share of reads that fail, and of those that bring a wrong position. */
  readonly lost: number;
  readonly wrong: number;
  readonly noiseTicks: number;
}

/** An arm whose joints somebody moves while a procedure reads its servos. */
export class HandMovedArm {
  readonly anglesRad: number[];
  /** Joints whose servos do not answer. */
  readonly unplugged: Set<number> = new Set();
  readonly #robot: RobotSpec;
  readonly #family: keyof typeof ENCODER_CONVENTIONS;
  readonly #mountings: readonly Mounting[];
  readonly #faults: Faults;
  readonly #rng: Rng;
  #nowNs = 1e9;

  constructor(options: {
    readonly robot: RobotSpec;
    readonly family: keyof typeof ENCODER_CONVENTIONS;
    readonly mountings: readonly Mounting[];
    readonly faults?: Faults;
    readonly seed?: number;
  }) {
    this.#robot = options.robot;
    this.#family = options.family;
    this.#mountings = options.mountings;
    this.#faults = options.faults ?? { lost: 0, wrong: 0, noiseTicks: 0 };
    this.#rng = new Rng(options.seed ?? 0);
    this.anglesRad = options.robot.joints.map((_, joint) => this.middleRad(joint));
  }

  middleRad(joint: number): number {
    const [low, high] = this.limitsRad(joint);
    return (low + high) / 2;
  }

  limitsRad(joint: number): readonly [number, number] {
    return this.#robot.joints[joint]?.limits.positionRad ?? [0, 0];
  }

  /** What a servo reports that holds this offset and turns itself round or not. */
  reported(joint: number, held: Pick<Mounting, 'homingOffset' | 'drivenMode'>): number {
    const { centreTick, isReversed } = this.#mountings[joint] as Mounting;
    const away = ((this.anglesRad[joint] ?? 0) - this.middleRad(joint)) / RAD_PER_TICK;
    const encoder = Math.round(centreTick + (isReversed ? -away : away));
    const { offsetSign } = ENCODER_CONVENTIONS[this.#family];
    return withinTurn(withinTurn(held.drivenMode === 1 ? -encoder : encoder) + offsetSign * held.homingOffset);
  }

  /** Lets time pass, the procedure reading. */
  rest(procedure: CalibrationProcedure, readings = 40): void {
    for (let count = 0; count < readings; count += 1) this.#read(procedure);
  }

  /** Moves joints to angles, each at this speed. */
  move(procedure: CalibrationProcedure, targets: Readonly<Record<number, number>>, speedRadPerS = 2): void {
    const stepRad = (speedRadPerS * PERIOD_NS) / 1e9;
    for (let moving = true; moving;) {
      moving = false;
      for (const [joint, target] of Object.entries(targets)) {
        const away = target - (this.anglesRad[Number(joint)] ?? 0);
        this.anglesRad[Number(joint)] = target - Math.sign(away) * Math.max(0, Math.abs(away) - stepRad);
        moving ||= Math.abs(away) > 0;
      }
      this.#read(procedure);
    }
    this.rest(procedure);
  }

  #read(procedure: CalibrationProcedure): void {
    this.#nowNs += PERIOD_NS;
    const { lost, wrong, noiseTicks } = this.#faults;
    const readings = this.#mountings.map((mounting, joint) => {
      if (this.unplugged.has(joint) || this.#rng.uniform(0, 1) < lost) return undefined;
      if (this.#rng.uniform(0, 1) < wrong) return this.#rng.integer(4096);
      return this.reported(joint, mounting) + Math.round(this.#rng.uniform(-noiseTicks, noiseTicks));
    });
    procedure.observe(readings, this.#nowNs);
  }
}

/** Does all the procedure asks for, in the right order. Returns what was refused. */
export function calibrateByHand(procedure: CalibrationProcedure, arm: HandMovedArm, robot: RobotSpec): string[] {
  const indices = robot.joints.map((_, joint) => joint);
  const all = (angle: (joint: number) => number): Record<number, number> =>
    Object.fromEntries(indices.map((joint) => [joint, angle(joint)]));
  const gripper = indices.length - 1;
  arm.rest(procedure);
  const refused = [...procedure.answer('middle')];
  arm.move(
    procedure,
    all((joint) => arm.limitsRad(joint)[0]),
  );
  arm.move(
    procedure,
    all((joint) => arm.limitsRad(joint)[1]),
  );
  refused.push(...procedure.answer('swept'));
  while (procedure.step.kind === 'direction') {
    const joint = robot.joints.findIndex(({ name }) => name === procedure.step.joint);
    arm.move(procedure, { [joint]: arm.middleRad(joint) - 0.3 });
    procedure.answer('again');
    arm.move(procedure, { [joint]: arm.middleRad(joint) + 0.3 });
    const problems = procedure.answer('moved');
    refused.push(...problems);
    if (problems.length > 0) return refused;
  }
  arm.move(procedure, { [gripper]: arm.limitsRad(gripper)[0] });
  refused.push(...procedure.answer('closed'));
  arm.move(procedure, { [gripper]: arm.limitsRad(gripper)[1] });
  refused.push(...procedure.answer('open'));
  return refused;
}
