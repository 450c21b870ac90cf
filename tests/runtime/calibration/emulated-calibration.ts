import { setTimeout as sleep } from 'node:timers/promises';
import type { Calibration } from '../../../src/calibration/calibration-problems.ts';
import { ENCODER_CONVENTIONS } from '../../../src/calibration/encoder-convention.ts';
import { jointScale, ticksToRad } from '../../../src/calibration/joint-scale.ts';
import type { JointProgress } from '../../../src/calibration/procedure.ts';
import { requireSerial } from '../../../src/drivers/serial/arm-motors.ts';
import type { EmulatedServoBus } from '../../../src/emulation/servo-bus/start-servo-bus.ts';
import type { RobotSpec } from '../../../src/robot/robot-spec.ts';
import { armServos } from '../../../src/runtime/calibration/arm-servos.ts';
import type { CalibrationBus } from '../../../src/runtime/calibration/arm-servos.ts';
import type { CalibrationView } from '../../../src/runtime/calibration/calibrate-arm.ts';
import type { CalibrationOperator, CalibrationPrompt } from '../../../src/runtime/calibration/calibration-operator.ts';

/** Somebody at an emulated arm: sees what is shown, moves joints, and says words. */
export class EmulatedPerson implements CalibrationOperator, CalibrationView {
  readonly prompts: CalibrationPrompt[] = [];
  readonly said: string[] = [];
  readonly seen: string[] = [];
  latest: readonly JointProgress[] = [];
  reviewed: Calibration | undefined;
  isGone = false;
  readonly #arm: EmulatedServoBus;
  readonly #robot: RobotSpec;

  constructor(arm: EmulatedServoBus, robot: RobotSpec) {
    this.#arm = arm;
    this.#robot = robot;
  }

  next(): string | undefined {
    return this.said.shift();
  }

  step(prompt: CalibrationPrompt): void {
    this.prompts.push(prompt);
  }

  notes(lines: readonly string[]): void {
    this.seen.push(...lines);
  }

  joints(joints: readonly JointProgress[]): void {
    this.latest = joints;
  }

  review(calibration: Calibration): void {
    this.reviewed = calibration;
  }

  /** Waits for the next prompt after this word. */
  async say(word: string): Promise<void> {
    const { length } = this.prompts;
    const before = this.seen.length;
    this.said.push(word);
    while (this.prompts.length === length && this.seen.length === before && !this.isGone) await sleep(5);
  }

  /** Takes the joints named to angles, and lets them rest. Others stay where they are. */
  async move(targetsRad: Readonly<Record<string, number>>): Promise<void> {
    const { positionsRad } = await this.#arm.state();
    const goals = this.#robot.joints.map(({ name }, joint) => targetsRad[name] ?? positionsRad[joint] ?? 0);
    this.#arm.control({ kind: 'move', positionsRad: goals });
    const isThere = (angles: readonly number[]): boolean =>
      goals.every((goal, joint) => Math.abs(goal - (angles[joint] ?? 0)) < 0.01);
    while (!isThere((await this.#arm.state()).positionsRad)) await sleep(10);
    // Until the readings say so, too.
    await this.rest();
  }

  /** Lets so many readings pass. */
  async rest(readings = 15): Promise<void> {
    for (let count = 0; count < readings; count += 1) {
      const { latest } = this;
      for (let turns = 0; latest === this.latest && turns < 100; turns += 1) await sleep(2);
    }
  }

  end(share: 0 | 0.5 | 1): Record<string, number> {
    return Object.fromEntries(
      this.#robot.joints.map(({ name, limits: { positionRad } }) => [
        name,
        positionRad[0] + share * (positionRad[1] - positionRad[0]),
      ]),
    );
  }

  /** Everything up to the sweep, which is not said to be done. */
  async begin(): Promise<void> {
    while (this.prompts.length === 0) await sleep(5);
    await this.say('ready');
    await this.move(this.end(0.5));
    await this.say('middle');
  }

  /** Only joints that have stops. */
  async sweep(): Promise<void> {
    const { motors } = requireSerial(this.#robot);
    const stops = (share: 0 | 0.5 | 1): Record<string, number> =>
      Object.fromEntries(Object.entries(this.end(share)).filter(([joint]) => motors[joint]?.fullTurn !== true));
    await this.move(stops(0));
    await this.move(stops(1));
    await this.move(stops(0.5));
  }

  /** Everything from after the sweep up to the review. */
  async showDirections(): Promise<void> {
    const middle = this.end(0.5);
    for (const { name } of this.#robot.joints.filter((joint) => joint.name !== this.#robot.gripper)) {
      await this.move({ [name]: (middle[name] ?? 0) + 0.4 });
      await this.say('moved');
    }
    await this.move({ [this.#robot.gripper]: this.end(0)[this.#robot.gripper] ?? 0 });
    await this.say('closed');
    await this.move({ [this.#robot.gripper]: this.end(1)[this.#robot.gripper] ?? 0 });
    await this.say('open');
  }
}

/** What every servo holds, by joint. */
export async function heldBy(bus: CalibrationBus, robot: RobotSpec): Promise<Record<string, number[]>> {
  const held: Record<string, number[]> = {};
  for (const { joint, address } of armServos(robot)) {
    held[joint] = [];
    for (const name of ['Homing_Offset', 'Min_Position_Limit', 'Max_Position_Limit']) {
      held[joint].push(await bus.read(address, name));
    }
  }
  return held;
}

/** Largest difference between where joints are and where their servos say they are by a calibration, rad. */
export async function worstErrorRad(options: {
  readonly bus: CalibrationBus;
  readonly robot: RobotSpec;
  readonly arm: EmulatedServoBus;
  readonly calibration: Calibration;
}): Promise<number> {
  const { bus, robot, arm, calibration } = options;
  const { protocol, motors } = requireSerial(robot);
  const { positionsRad } = await arm.state();
  let worst = 0;
  for (const [index, { joint, address }] of armServos(robot).entries()) {
    const spec = robot.joints[index];
    const motor = calibration[joint];
    if (spec === undefined || motor === undefined) throw new Error(joint);
    const unit = motors[joint]?.unit ?? 'angle';
    const scale = jointScale(spec, motor, { unit, convention: ENCODER_CONVENTIONS[protocol] });
    const angle = ticksToRad(scale, await bus.read(address, 'Present_Position'));
    worst = Math.max(worst, Math.abs(angle - (positionsRad[index] ?? 0)));
  }
  return worst;
}
