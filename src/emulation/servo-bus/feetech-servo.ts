import { FEETECH_BAUD_RATES, STS_REGISTERS } from '../../drivers/serial/feetech-registers.ts';
import type { Register } from '../../drivers/serial/register.ts';
import { readRegister } from '../../drivers/serial/register.ts';
import { INSTRUCTION } from '../../drivers/serial/servo-protocol.ts';
import { WRITE_ROOM } from './emulated-servo.ts';
import type { EmulatedServo, Mounting, ServoOptions, ServoSenses, WrittenBytes } from './emulated-servo.ts';
import { FeetechProtection } from './feetech-protection.ts';
import { MotionProfile } from './motion-profile.ts';
import { MotorState } from './motor-state.ts';
import type { JointMotor, ServoLaw } from './plant.ts';
import { RegisterFile } from './register-file.ts';

const TURN = 4096;
/** Written to Torque_Enable: the present position becomes the middle, 2048. */
const CALIBRATE_MIDDLE = 128;
const MIDDLE = 2048;
/** Bit of Phase: feedback counts turns instead of staying within one. */
const FULL_ANGLE_FEEDBACK = 1 << 4;
/** Bit of Goal_Time that is the sign of the duty in the PWM mode. */
const PWM_SIGN = 1 << 10;
/** Slower than this it does not count as moving, ticks/s. */
const STILL_TICKS_PER_S = 5;
const MODE = { position: 0, velocity: 1, pwm: 2, step: 3 } as const;
const R = STS_REGISTERS;
const NO_PARAMETERS = new Uint8Array(0);

/** A servo of the STS or SMS series. */
export class FeetechServo implements EmulatedServo {
  readonly model: ServoOptions['model'];
  readonly registers: RegisterFile;
  readonly #mounting: Mounting;
  readonly #motor: JointMotor;
  readonly #state: MotorState;
  readonly #protection: FeetechProtection;
  readonly #profile = new MotionProfile();
  readonly #limits = { velocity: 0, acceleration: 0 };
  readonly #waiting = { address: 0, bytes: new Uint8Array(WRITE_ROOM), from: 0, to: 0 };
  /** Reported position before it is rounded, ticks; NaN until the first step. */
  #present = Number.NaN;
  #velocity = 0;
  /** Goal of the step mode, in unwrapped ticks of the encoder. */
  #stepGoal = 0;
  #unwrapped = 0;

  constructor({ model, id, mounting, motor }: ServoOptions) {
    this.model = model;
    this.registers = new RegisterFile(model);
    this.registers.setPermanently(R.Model_Number, model.modelNumber);
    this.registers.setPermanently(R.ID, id);
    this.#mounting = mounting;
    this.#motor = motor;
    this.#state = new MotorState(model, motor.stallTorqueNm);
    this.#protection = new FeetechProtection(this.registers);
    this.powerCycle();
  }

  get id(): number {
    return this.registers.get(R.ID);
  }

  get baudRate(): number {
    return FEETECH_BAUD_RATES[this.registers.get(R.Baud_Rate)] ?? 1e6;
  }

  get returnDelayNs(): number {
    return this.registers.get(R.Return_Delay_Time) * 2000;
  }

  get statusError(): number {
    return this.#protection.status;
  }

  get temperatureC(): number {
    return this.#state.temperatureC;
  }

  answers(instruction: number): boolean {
    const always = instruction === INSTRUCTION.ping || instruction === INSTRUCTION.read;
    return always || this.registers.get(R.Response_Status_Level) === 1;
  }

  pingData(): Uint8Array {
    return NO_PARAMETERS;
  }

  /** Every address can be read: where there is no register there are zeros. */
  refusesRead(): number {
    return 0;
  }

  write({ address, bytes, from, to }: WrittenBytes): number {
    for (const register of this.registers.within(address, to - from)) {
      if (register.access === 'rw') this.#writeOne(register, { address, bytes, from, to });
    }
    return 0;
  }

  registerWrite({ address, bytes, from, to }: WrittenBytes): number {
    this.#waiting.address = address;
    this.#waiting.to = Math.min(WRITE_ROOM, to - from);
    for (let index = 0; index < this.#waiting.to; index++) this.#waiting.bytes[index] = bytes[from + index] ?? 0;
    return 0;
  }

  action(): void {
    if (this.#waiting.to > 0) this.write(this.#waiting);
    this.#waiting.to = 0;
  }

  hear(): void {
    // No watchdog: what it was told last it does for ever.
  }

  powerCycle(): void {
    this.registers.powerOn();
    this.registers.set(R.Torque_Limit, this.registers.get(R.Max_Torque_Limit));
    this.#waiting.to = 0;
    this.#protection.clear();
    this.#present = Number.NaN;
  }

  reboot(): void {
    this.powerCycle();
  }

  factoryReset(): void {
    this.registers.restoreFactory([R.ID, R.Model_Number]);
    this.powerCycle();
  }

  setTemperature(temperatureC: number): void {
    this.#state.temperatureC = temperatureC;
  }

  step(dtS: number, senses: Readonly<ServoSenses>, law: ServoLaw): void {
    this.#state.step(dtS, senses.torqueNm, senses.velocityRadPerS);
    this.#sense(senses);
    if (this.#protection.step(dtS, this.#state, senses.supplyV)) this.registers.set(R.Torque_Enable, 0);
    this.#report(senses.supplyV);
    this.#drive(dtS, senses, law);
  }

  #sense({ positionRad, velocityRadPerS }: Readonly<ServoSenses>): void {
    const { tickAtZero, ticksPerRad } = this.#mounting;
    this.#unwrapped = tickAtZero + ticksPerRad * positionRad;
    this.#velocity = ticksPerRad * velocityRadPerS;
    const reported = this.#unwrapped - this.registers.get(R.Homing_Offset);
    const isStepping = this.registers.get(R.Operating_Mode) === MODE.step;
    const countsTurns = isStepping || (this.registers.get(R.Phase) & FULL_ANGLE_FEEDBACK) !== 0;
    const isFirst = Number.isNaN(this.#present);
    this.#present = countsTurns ? reported : reported - TURN * Math.floor((reported + 0.5) / TURN);
    if (!isFirst) return;
    // Power has just come on: the goal is where the joint is.
    this.registers.set(R.Goal_Position, Math.round(this.#present));
    this.#profile.restart(this.#present);
    this.#stepGoal = this.#unwrapped;
  }

  #report(supplyV: number): void {
    const { registers } = this;
    const direction = Math.sign(this.#mounting.ticksPerRad);
    registers.set(R.Present_Position, Math.round(this.#present));
    registers.set(R.Present_Velocity, Math.round(this.#velocity));
    registers.set(R.Present_Load, Math.round(direction * this.#state.duty * 1000));
    registers.set(R.Present_Current, Math.round((direction * this.#state.currentA) / R.Present_Current.scale));
    registers.set(R.Present_Voltage, Math.round(supplyV / R.Present_Voltage.scale));
    registers.set(R.Present_Temperature, Math.round(this.#state.temperatureC));
    registers.set(R.Status, this.#protection.status);
    const moves = Math.abs(this.#velocity) > STILL_TICKS_PER_S || this.#profile.velocity !== 0;
    registers.set(R.Moving, moves ? 1 : 0);
  }

  /** What the motor does until the next step. */
  #drive(dtS: number, senses: Readonly<ServoSenses>, law: ServoLaw): void {
    law.constantNm = 0;
    law.perRadNm = 0;
    law.perRadPerSNm = 0;
    const limit = this.registers.get(R.Torque_Limit) / 1000;
    law.limitNm = this.#motor.stallTorqueNm * limit * this.#protection.torqueShare;
    if (this.registers.get(R.Torque_Enable) !== 1) {
      law.limitNm = 0;
      this.#profile.restart(this.#present);
      return;
    }
    const mode = this.registers.get(R.Operating_Mode);
    if (mode === MODE.velocity) this.#driveVelocity(law);
    else if (mode === MODE.pwm) this.#driveDuty(law);
    else this.#drivePosition(dtS, senses, law);
  }

  #drivePosition(dtS: number, senses: Readonly<ServoSenses>, law: ServoLaw): void {
    const isStepping = this.registers.get(R.Operating_Mode) === MODE.step;
    const fastest = this.model.noLoadVelocityRadPerS * Math.abs(this.#mounting.ticksPerRad);
    const wanted = Math.abs(this.registers.get(R.Goal_Velocity));
    this.#limits.velocity = wanted === 0 ? fastest : Math.min(fastest, wanted);
    const hardest = this.registers.get(R.Maximum_Acceleration) || R.Maximum_Acceleration.maximum;
    const chosen = this.registers.get(R.Acceleration);
    this.#limits.acceleration = 100 * (chosen === 0 ? hardest : Math.min(hardest, chosen));
    this.#profile.step(isStepping ? this.#stepGoal - this.#unwrapped + this.#present : this.#goal(), dtS, this.#limits);
    const stiffness = (this.#motor.stiffnessNmPerRad * this.registers.get(R.P_Coefficient)) / this.#motor.gains.p;
    const targetRad = senses.positionRad + (this.#profile.position - this.#present) / this.#mounting.ticksPerRad;
    law.constantNm = stiffness * targetRad;
    law.perRadNm = -stiffness;
    law.perRadPerSNm = -(this.#motor.dampingNmSPerRad * this.registers.get(R.D_Coefficient)) / this.#motor.gains.d;
  }

  #goal(): number {
    const goal = this.registers.get(R.Goal_Position);
    const low = this.registers.get(R.Min_Position_Limit);
    const high = this.registers.get(R.Max_Position_Limit);
    return low === 0 && high === 0 ? goal : Math.max(low, Math.min(high, goal));
  }

  #driveVelocity(law: ServoLaw): void {
    const goalRadPerS = this.registers.get(R.Goal_Velocity) / this.#mounting.ticksPerRad;
    const gain = this.#motor.stallTorqueNm / (0.1 * this.model.noLoadVelocityRadPerS);
    law.constantNm = gain * goalRadPerS;
    law.perRadPerSNm = -gain;
  }

  #driveDuty(law: ServoLaw): void {
    const written = this.registers.get(R.Goal_Time);
    const duty = ((written & PWM_SIGN) !== 0 ? -1 : 1) * Math.min(1, (written & (PWM_SIGN - 1)) / 1000);
    law.constantNm = Math.sign(this.#mounting.ticksPerRad) * duty * this.#motor.stallTorqueNm;
    law.perRadPerSNm = -this.#motor.stallTorqueNm / this.model.noLoadVelocityRadPerS;
  }

  /** A value out of range is not taken; EEPROM keeps it only while the lock is open. */
  #writeOne(register: Register, { address, bytes, from, to }: WrittenBytes): void {
    const live = this.registers.bytes;
    const before = this.registers.get(register);
    const end = Math.min(register.address + register.size, address + to - from);
    for (let at = Math.max(register.address, address); at < end; at++) live[at] = bytes[from + at - address] ?? 0;
    const value = readRegister(register, live, register.address);
    if (value < register.minimum || value > register.maximum) {
      this.registers.set(register, before);
      return;
    }
    if (register.area === 'eeprom' && this.registers.get(R.Lock) === 0) this.registers.keep(register);
    this.#react(register, before, value);
  }

  #react(register: Register, before: number, value: number): void {
    if (register === R.Torque_Enable) {
      this.#protection.clear();
      if (value === CALIBRATE_MIDDLE) this.#calibrateMiddle(before);
    } else if (register === R.Goal_Position) {
      this.#protection.newGoal(Math.sign((this.#goal() - this.#present) * this.#mounting.ticksPerRad));
      if (this.registers.get(R.Operating_Mode) === MODE.step) this.#stepGoal += value;
    } else if (register === R.Operating_Mode || register === R.Homing_Offset) {
      this.#profile.restart(this.#present);
      this.#stepGoal = this.#unwrapped;
    }
  }

  #calibrateMiddle(torqueBefore: number): void {
    this.registers.set(R.Torque_Enable, torqueBefore);
    const away = Math.round(this.#unwrapped) - MIDDLE;
    const offset = away - TURN * Math.round(away / TURN);
    this.registers.setPermanently(R.Homing_Offset, Math.max(-2047, Math.min(2047, offset)));
  }
}
