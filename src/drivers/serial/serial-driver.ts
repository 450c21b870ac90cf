import { radToTicks, ticksToRad } from '../../calibration/joint-scale.ts';
import { NS_PER_MS, NS_PER_S } from '../../core/clock.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { ArmState } from '../../core/observation.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { ArmHealth } from '../../safety/health-monitor.ts';
import type { SafeCommand } from '../../safety/safe-command.ts';
import type { ArmDriver, SentCommand } from '../driver.ts';
import type { ArmMotor } from './arm-motors.ts';
import { requireSerial, turnsFrom } from './arm-motors.ts';
import { encodeSyncWrite } from './instructions.ts';
import { powerWitness, profileRegisters } from './motion-profile.ts';
import { readRegister, writeRegister } from './register.ts';
import type { Register } from './register.ts';
import { registerOf } from './servo-address.ts';
import type { ServoBus } from './servo-bus.ts';
import { commonRegister } from './servo-registers.ts';
import { switchTorque } from './servo-torque.ts';
import { DYNAMIXEL_ALERT, RESTARTED_ERROR } from './status-error.ts';
import { SyncReader } from './sync-reader.ts';
import { Telemetry, telemetrySpan } from './telemetry.ts';

/** Part of a gate period in which a cycle may ask again for what is missing. */
const BUDGET = 0.4;
/** Answers are waited for so much longer than usual before a tick begins, ns, but no longer than this part of a period. */
const LEAD_MARGIN_NS = 300_000;
const LONGEST_LEAD = 0.5;
/** Cycles that show how long one takes. */
const FIRST_CYCLES = 20;
/** A motor silent for so many times the timeout of the sensors is lost: the gate has brought the arm to a stop before. */
const LOST_TIMEOUTS = 3;
/** Cycles a motor may miss before it is asked whether its power was gone. */
const SUSPECT_CYCLES = 3;

/**
 * An arm of servos on one bus, for the thread that commands it. One sync read per cycle brings everything; a motor that does not
 * answer shows its last values with their old stamp, so that the gate's monitors see how old they are. After a fault of the port, or
 * when a motor is silent for long, every call throws and nothing is sent any more: the arm has to be opened anew.
 * Opening, checking and setting up the motors is `connectServos`.
 */
export class SerialDriver implements ArmDriver {
  readonly name = 'serial';
  readonly #bus: ServoBus;
  readonly #motors: readonly ArmMotor[];
  readonly #watchdogMs: number | undefined;
  readonly #reader: SyncReader;
  readonly #telemetry: Telemetry;
  readonly #goal: Register;
  readonly #goalWrite: {
    readonly address: number;
    readonly length: number;
    readonly ids: Uint8Array;
    readonly data: Uint8Array;
  };
  /** Whole turns by which a motor's steps are off those of its calibration, steps. */
  readonly #turns: Float64Array;
  readonly #missed: Uint16Array;
  readonly #isSuspect: Uint8Array;
  /** What a Dynamixel says of an error that it stays in until it is rebooted. */
  readonly #hardware: Uint8Array;
  readonly #isRestarted: Uint8Array;
  readonly #periodNs: number;
  readonly #lostNs: number;
  #lost: ArmatureError | undefined;
  #state: ArmState | undefined;

  /** @param motors see armMotors; the bus must have been connected, see connectServos. */
  constructor(robot: RobotSpec, motors: readonly ArmMotor[], bus: ServoBus) {
    this.#bus = bus;
    this.#motors = motors;
    this.#watchdogMs = requireSerial(robot).busWatchdogMs;
    const ids = Uint8Array.from(motors, ({ id }) => id);
    const span = telemetrySpan(motors);
    this.#reader = new SyncReader(bus, ids, span);
    this.#telemetry = new Telemetry(motors, span);
    this.#goal = commonRegister(motors, 'Goal_Position');
    const { address, size } = this.#goal;
    this.#goalWrite = { address, length: size, ids, data: new Uint8Array(ids.length * size) };
    this.#turns = new Float64Array(ids.length);
    this.#missed = new Uint16Array(ids.length);
    this.#isSuspect = new Uint8Array(ids.length);
    this.#hardware = new Uint8Array(ids.length);
    this.#isRestarted = new Uint8Array(ids.length);
    this.#periodNs = NS_PER_S / robot.rates.gateHz;
    this.#lostNs = LOST_TIMEOUTS * robot.timeouts.sensorMs * NS_PER_MS;
  }

  /** How long a cycle is on the wire: the request, the answers and the goals, ns. */
  get wireNs(): number {
    const goals = encodeSyncWrite(this.#bus.protocol, this.#bus.outgoing, this.#goalWrite);
    return this.#reader.wireNs + this.#bus.wireNs(goals);
  }

  /** Before which time a tick should `request`, so that its answers are there when it begins, ns. */
  get leadNs(): number {
    return Math.min(this.#reader.usualNs + LEAD_MARGIN_NS, LONGEST_LEAD * this.#periodNs);
  }

  /** Reads all motors, and learns how long that takes. Throws ArmatureError E_SERVO_SILENT, E_SERIAL_LOST. */
  connect(): Promise<void> {
    for (let cycle = 0; cycle < FIRST_CYCLES; cycle += 1) this.#cycle(this.#bus.clock.nowNs() + this.#lostNs);
    this.#state = this.#decode();
    return Promise.resolve();
  }

  /** Asks the motors, so that their answers come while nobody waits; `read` takes them. Throws nothing. */
  request(): void {
    if (this.#lost !== undefined || this.#reader.isUnderWay) return;
    try {
      this.#reader.request();
    } catch {
      // The link stays shut: the next call says so.
    }
  }

  /** Takes the answers to `request`, or asks first. The stamp is that of the motor that was heard longest ago. */
  read(): ArmState {
    this.#requireLink();
    this.#cycle(this.#bus.clock.nowNs() + BUDGET * this.#periodNs);
    this.#state = this.#decode();
    return this.#state;
  }

  readHealth(): ArmHealth | undefined {
    this.#requireLink();
    return this.#state === undefined ? undefined : this.#telemetry.health();
  }

  setTorque(isOn: boolean): void {
    this.#requireLink();
    if (isOn) this.#requirePower();
    switchTorque(this.#bus, this.#motors, { isOn, watchdogMs: this.#watchdogMs });
    if (!isOn) return;
    this.#motors.forEach((motor, place) => {
      this.#turns[place] = turnsFrom(motor, this.#telemetry.ticks[place] as number);
    });
  }

  write(command: SafeCommand): SentCommand {
    this.#requireLink();
    const { data } = this.#goalWrite;
    const positionsRad = new Float64Array(this.#motors.length);
    for (let place = 0; place < this.#motors.length; place += 1) {
      const { scale } = this.#motors[place] as ArmMotor;
      const tick = radToTicks(scale, command.positionsRad[place] as number);
      positionsRad[place] = ticksToRad(scale, tick);
      writeRegister(this.#goal, tick + (this.#turns[place] as number), data, place * this.#goal.size);
    }
    this.#bus.syncWrite(this.#goalWrite);
    return { positionsRad, stampNs: command.stampNs };
  }

  /** Leaves torque and goals as they are: the arm goes on holding itself up. Whoever opened the port closes it. */
  close(): Promise<void> {
    this.#lost ??= notConnected();
    return Promise.resolve();
  }

  #cycle(untilNs: number): void {
    const reader = this.#reader;
    try {
      if (!reader.isUnderWay) reader.request();
      const missing = reader.collect(untilNs);
      this.#judge(missing > 0);
    } catch (error) {
      if (error instanceof ArmatureError) this.#lost = error;
      throw error;
    }
  }

  #judge(isIncomplete: boolean): void {
    const nowNs = this.#bus.clock.nowNs();
    const { stampsNs } = this.#reader;
    for (let place = 0; place < stampsNs.length; place += 1) {
      const ageNs = nowNs - (stampsNs[place] as number);
      if (ageNs > this.#lostNs) throw this.#silent(nowNs);
      const isMissing = isIncomplete && ageNs > this.#periodNs;
      if (isMissing) this.#missed[place] = (this.#missed[place] as number) + 1;
      else {
        if ((this.#missed[place] as number) >= SUSPECT_CYCLES) this.#isSuspect[place] = 1;
        this.#missed[place] = 0;
        if (this.#isSuspect[place] === 1 && this.#bus.isQuiet) this.#askForPower(place);
      }
    }
  }

  /** A motor that was away may have lost its power: it must not be commanded before it is set up anew. */
  #askForPower(place: number): void {
    const motor = this.#motors[place] as ArmMotor;
    const witness = powerWitness(motor);
    const register = registerOf(motor.model, witness);
    const reply = this.#bus.read(motor.id, { address: register.address, length: register.size }, 1);
    if (reply?.data.length !== register.size) return;
    this.#isSuspect[place] = 0;
    if (readRegister(register, reply.data, 0) !== profileRegisters(motor)[witness]) this.#isRestarted[place] = 1;
  }

  #decode(): ArmState {
    const { data, stampsNs } = this.#reader;
    let oldestNs = Infinity;
    for (const stampNs of stampsNs) oldestNs = Math.min(oldestNs, stampNs);
    const state = this.#telemetry.decode(data, this.#errors(), oldestNs);
    for (let place = 0; place < this.#isRestarted.length; place += 1) {
      if (this.#isRestarted[place] === 1) {
        this.#telemetry.motorErrors[place] = (this.#telemetry.motorErrors[place] as number) | RESTARTED_ERROR;
      }
    }
    return state;
  }

  /** The error bytes; of a Dynamixel, which only says that there is one, its own words for it once they are known. */
  #errors(): Uint8Array {
    const { errors } = this.#reader;
    for (let place = 0; place < errors.length; place += 1) {
      const { model, id } = this.#motors[place] as ArmMotor;
      const status = model.registers['Hardware_Error_Status'];
      if (status === undefined || ((errors[place] as number) & DYNAMIXEL_ALERT) === 0) continue;
      if (this.#hardware[place] === 0 && this.#bus.isQuiet) {
        const reply = this.#bus.read(id, { address: status.address, length: status.size }, 1);
        this.#hardware[place] = reply?.data[0] ?? 0;
      }
      if (this.#hardware[place] !== 0) errors[place] = this.#hardware[place] as number;
    }
    return errors;
  }

  #silent(nowNs: number): ArmatureError {
    const names = this.#motors
      .filter((_, place) => nowNs - (this.#reader.stampsNs[place] as number) > this.#lostNs)
      .map(({ joint }) => `"${joint.name}"`);
    const isAll = names.length === this.#motors.length;
    return new ArmatureError(
      'E_SERVO_SILENT',
      isAll ? 'no motor of the arm answers any more' : `no answer from the motor of joint ${names.join(', ')}`,
      {
        expected: `an answer at least every ${this.#lostNs / NS_PER_MS} ms`,
        remedy: 'Nothing is sent to the arm any more. Check power and cables, look at the arm, then start again.',
      },
    );
  }

  #requirePower(): void {
    const names = this.#motors.filter((_, place) => this.#isRestarted[place] === 1).map(({ joint }) => joint.name);
    if (names.length === 0) return;
    throw new ArmatureError('E_SERVO_RESTARTED', `the motor of joint ${names.join(', ')} lost its power meanwhile`, {
      remedy: 'What it was set up with is gone. Check supply and cables, end this run and start again.',
    });
  }

  #requireLink(): void {
    if (this.#lost !== undefined) throw this.#lost;
  }
}

function notConnected(): ArmatureError {
  return new ArmatureError('E_NOT_CONNECTED', 'the serial arm was closed', { remedy: 'Open it anew.' });
}
