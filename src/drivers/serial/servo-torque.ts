import { ArmatureError } from '../../core/errors.ts';
import type { ArmMotor } from './arm-motors.ts';
import type { ServoBus } from './servo-bus.ts';
import { readServos, writeServo, writeServos } from './servo-registers.ts';

const ATTEMPTS = 3;
/** All of a change takes no longer, ns: the gate waits for it, and one that is late for longer is taken for dead. */
const BUDGET_NS = 60e6;
/** An attempt of several takes no longer, ns. */
const ATTEMPT_NS = 25e6;

/**
 * Has every motor want to be where it is: the goal is what it measures. Without torque nothing moves; with torque the arm
 * holds. Returns where the motors are, in their steps. Throws ArmatureError E_SERVO_SILENT, E_SERVO_REGISTER.
 */
export function holdHere(
  bus: ServoBus,
  motors: readonly ArmMotor[],
  untilNs: number = bus.clock.nowNs() + BUDGET_NS,
): number[] {
  const ticks = readServos(bus, motors, 'Present_Position', untilNs).map((tick, place) => known(tick, motors[place]));
  writeVerified({ bus, motors, untilNs }, 'Goal_Position', ticks);
  return ticks;
}

/** As `holdHere`, for those that answer: a dead-man does what it can. Returns the joints that could not be told. */
export function holdWhatAnswers(bus: ServoBus, motors: readonly ArmMotor[]): string[] {
  const failed = new Set(motors);
  for (let attempt = 0; attempt < ATTEMPTS && failed.size > 0; attempt += 1) {
    const left = [...failed];
    const ticks = readServos(bus, left, 'Present_Position', bus.clock.nowNs() + ATTEMPT_NS);
    const there = left.filter((_, place) => ticks[place] !== undefined);
    const goals = ticks.filter((tick) => tick !== undefined);
    if (there.length === 0) continue;
    writeServos(bus, there, 'Goal_Position', goals);
    const found = readServos(bus, there, 'Goal_Position', bus.clock.nowNs() + ATTEMPT_NS);
    there.forEach((motor, place) => {
      if (found[place] === goals[place]) failed.delete(motor);
    });
  }
  return [...failed].map(({ joint }) => joint.name);
}

/**
 * Torque on, with every goal set to where the motor is measured, or off. With a bus watchdog, it guards as long as torque is on.
 * Throws ArmatureError E_SERVO_SILENT, E_SERVO_REGISTER with the joint: torque may be on in some motors then.
 */
export function switchTorque(
  bus: ServoBus,
  motors: readonly ArmMotor[],
  { isOn, watchdogMs }: { readonly isOn: boolean; readonly watchdogMs?: number | undefined },
): void {
  const untilNs = bus.clock.nowNs() + BUDGET_NS;
  // One that has bitten refuses goals until it is cleared.
  if (watchdogMs !== undefined) for (const motor of motors) writeServo(bus, motor, 'Bus_Watchdog', 0);
  if (isOn) holdHere(bus, motors, untilNs);
  writeVerified(
    { bus, motors, untilNs },
    'Torque_Enable',
    motors.map(() => (isOn ? 1 : 0)),
  );
  if (!isOn || watchdogMs === undefined) return;
  for (const motor of motors) writeServo(bus, motor, 'Bus_Watchdog', Math.ceil(watchdogMs / WATCHDOG_STEP_MS));
}

const WATCHDOG_STEP_MS = 20;

interface Change {
  readonly bus: ServoBus;
  readonly motors: readonly ArmMotor[];
  readonly untilNs: number;
}

/** To all at once, read back; what was lost on the way is written again. */
function writeVerified({ bus, motors, untilNs }: Change, name: string, values: readonly number[]): void {
  let found: (number | undefined)[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    writeServos(bus, motors, name, values);
    found = readServos(bus, motors, name, Math.min(untilNs, bus.clock.nowNs() + ATTEMPT_NS));
    if (found.every((value, place) => isTaken(value, values[place], motors[place]))) return;
  }
  const place = found.findIndex((value, index) => !isTaken(value, values[index], motors[index]));
  const motor = motors[place] as ArmMotor;
  known(found[place], motor);
  throw new ArmatureError('E_SERVO_REGISTER', `the motor of joint "${motor.joint.name}" does not take ${name}`, {
    expected: String(values[place]),
    found: String(found[place]),
    remedy: 'Look at the arm; a motor that protects itself has to lose its power before it moves again.',
  });
}

/** Servos keep goals within the limits they hold, which are the ends of the calibrated range. */
function isTaken(found: number | undefined, value: number | undefined, motor: ArmMotor | undefined): boolean {
  if (found === undefined || value === undefined || motor === undefined) return false;
  const { range_min: lowest, range_max: highest } = motor.calibration;
  return found === value || found === Math.min(Math.max(value, lowest), highest);
}

function known(value: number | undefined, motor: ArmMotor | undefined): number {
  if (value !== undefined) return value;
  throw new ArmatureError('E_SERVO_SILENT', `the motor of joint "${motor?.joint.name}" does not answer`, {
    remedy: 'Check its cable and its power; `armature ports` finds servos.',
  });
}
