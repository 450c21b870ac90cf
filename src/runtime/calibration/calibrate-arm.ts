import { setTimeout as sleep } from 'node:timers/promises';
import type { Calibration } from '../../calibration/calibration-problems.ts';
import type { CalibrationStep } from '../../calibration/calibration-steps.ts';
import { ENCODER_CONVENTIONS } from '../../calibration/encoder-convention.ts';
import { CalibrationProcedure } from '../../calibration/procedure.ts';
import type { JointProgress } from '../../calibration/procedure.ts';
import { stageCalibration } from '../../calibration/save-calibration.ts';
import type { Clock } from '../../core/clock.ts';
import { requireSerial } from '../../drivers/serial/arm-motors.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { armServos, heldByMotor, readHeld, releaseTorque, requireServos, torquedJoints } from './arm-servos.ts';
import type { ArmServo, CalibrationBus, HeldRegisters } from './arm-servos.ts';
import { QUIT } from './calibration-operator.ts';
import type { CalibrationOperator, CalibrationPrompt } from './calibration-operator.ts';
import { writeFailure, writeToServos } from './write-to-servos.ts';

/** How often all servos are read, ms: a joint turned by hand moves a tenth of a radian in this time. */
const PERIOD_MS = 20;

/** What the operator sees. */
export interface CalibrationView {
  /** A step begins. */
  step(prompt: CalibrationPrompt): void;
  /** Why the step is not done, or what is worth knowing. */
  notes(lines: readonly string[]): void;
  /** After every reading of the servos. */
  joints(joints: readonly JointProgress[]): void;
  /** What is about to be written, and what each servo holds now. */
  review(calibration: Calibration, held: Readonly<Record<string, HeldRegisters>>): void;
}

export interface CalibrateOptions {
  readonly robot: RobotSpec;
  /** Open, at the robot's baud rate and protocol. */
  readonly bus: CalibrationBus;
  readonly clock: Clock;
  readonly operator: CalibrationOperator;
  readonly view: CalibrationView;
  /** Aborted: ends without a change. */
  readonly signal: AbortSignal;
  /** File of the calibration. */
  readonly path: string;
}

export interface CalibrationOutcome {
  readonly calibration: Calibration;
  readonly path: string;
  /** Where the file is that was there before. */
  readonly previousPath: string | undefined;
}

/**
 * Calibrates an arm by hand: reads its servos while the operator follows the steps, and in the end writes servos and file. Until
 * then nothing but the torque changes, so that ending at any moment leaves servos and file as they were.
 * Returns undefined when it was ended. Throws ArmatureError E_SERVO_MISSING, E_SERVO_SILENT, E_SERVO_MODEL, E_CALIBRATION_WRITE, E_SERIAL_LOST and
 * InvalidFileError.
 */
export async function calibrateArm(options: CalibrateOptions): Promise<CalibrationOutcome | undefined> {
  const { robot, view } = options;
  const { servos, held } = await openArm(options);
  if (!(await release(options, servos))) return undefined;
  const motors = Object.fromEntries(Object.entries(held).map(([joint, values]) => [joint, heldByMotor(values)]));
  const procedure = new CalibrationProcedure(robot, ENCODER_CONVENTIONS[requireSerial(robot).protocol], motors);
  await follow(options, { servos, procedure, held });
  if (procedure.confirmed !== true) return undefined;
  view.notes(['Writing the servos: hold the arm still.']);
  return save(procedure.calibration(), options, servos);
}

/**
 * Writes a calibration that exists already, LeRobot's or one of an earlier day, into the servos and the file, when the operator
 * says yes. Returns and throws as calibrateArm.
 */
export async function importCalibration(
  calibration: Calibration,
  options: CalibrateOptions,
): Promise<CalibrationOutcome | undefined> {
  const { servos, held } = await openArm(options);
  if (!(await release(options, servos))) return undefined;
  const words = ['yes', 'no'] as const;
  options.view.review(calibration, held);
  options.view.step({ title: 'Review', instruction: 'Write this into the servos and the file?', words });
  const word = await nextWord(options, words);
  return word === 'yes' ? save(calibration, options, servos) : undefined;
}

async function openArm({ robot, bus }: CalibrateOptions): Promise<{
  readonly servos: readonly ArmServo[];
  readonly held: Readonly<Record<string, HeldRegisters>>;
}> {
  const servos = armServos(robot);
  await requireServos(bus, servos);
  const held: Record<string, HeldRegisters> = {};
  for (const servo of servos) held[servo.joint] = await readHeld(bus, requireSerial(robot).protocol, servo);
  return { servos, held };
}

/** False when the operator does not want to. */
async function release(options: CalibrateOptions, servos: readonly ArmServo[]): Promise<boolean> {
  const joints = await torquedJoints(options.bus, servos);
  const words = ['ready'] as const;
  const instruction =
    joints.length === 0
      ? 'The arm is limp. Hold it.'
      : `The torque of ${joints.join(', ')} goes off, and the arm sinks: hold it.`;
  options.view.step({ title: 'Torque off', instruction, words });
  if ((await nextWord(options, words)) === undefined) return false;
  await releaseTorque(options.bus, servos);
  return true;
}

/** The next of these words; undefined when the operator ends it. */
async function nextWord(
  { operator, signal, view }: CalibrateOptions,
  words: readonly string[],
): Promise<string | undefined> {
  while (!signal.aborted) {
    const word = operator.next(words);
    if (word !== undefined && words.includes(word)) return word;
    if (word === QUIT || (word === undefined && operator.isGone)) return undefined;
    if (word !== undefined) view.notes([`"${word}" is no answer here; say ${words.join(', ')} or ${QUIT}`]);
    else await sleep(PERIOD_MS);
  }
  return undefined;
}

async function follow(
  options: CalibrateOptions,
  work: {
    readonly servos: readonly ArmServo[];
    readonly procedure: CalibrationProcedure;
    readonly held: Readonly<Record<string, HeldRegisters>>;
  },
): Promise<void> {
  const { bus, clock, operator, view, signal } = options;
  const { procedure, held } = work;
  const addresses = work.servos.map(({ address }) => address);
  let shown: CalibrationStep | undefined;
  while (!signal.aborted && procedure.confirmed === undefined) {
    if (shown !== procedure.step) {
      shown = procedure.step;
      if (shown.kind === 'review') {
        view.review(procedure.calibration(), held);
        view.notes(procedure.warnings());
      }
      view.step(shown);
    }
    const startNs = clock.nowNs();
    procedure.observe(await bus.readAll(addresses, 'Present_Position'), clock.nowNs());
    view.joints(procedure.progress());
    const word = operator.next(procedure.step.words);
    if (word === QUIT || (word === undefined && operator.isGone)) return;
    if (word !== undefined) view.notes(procedure.answer(word));
    await sleep(Math.max(0, PERIOD_MS - (clock.nowNs() - startNs) / 1e6));
  }
}

/** Servos and file, or neither. */
async function save(
  calibration: Calibration,
  { robot, bus, signal, path }: CalibrateOptions,
  servos: readonly ArmServo[],
): Promise<CalibrationOutcome | undefined> {
  const staged = stageCalibration(path, calibration);
  try {
    const restore = await writeToServos(calibration, { bus, protocol: requireSerial(robot).protocol, servos, signal });
    if (restore === undefined) return undefined;
    try {
      return { calibration, path, previousPath: staged.commit() };
    } catch (cause) {
      const lost = await restore();
      if (lost.length > 0) throw writeFailure(lost[0] ?? '', lost, cause);
      throw cause;
    }
  } finally {
    staged.discard();
  }
}
