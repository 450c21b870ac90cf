import { DYNAMIXEL_BAUD_RATES, XL330_REGISTERS, XL430_REGISTERS } from '../../drivers/serial/dynamixel-registers.ts';
import { readRegister } from '../../drivers/serial/register.ts';
import type { Register } from '../../drivers/serial/register.ts';
import { INSTRUCTION } from '../../drivers/serial/servo-protocol.ts';
import { DYNAMIXEL_ALERT, DYNAMIXEL_ERROR } from '../../drivers/serial/status-error.ts';
import { DynamixelMotion } from './dynamixel-motion.ts';
import { DynamixelProtection } from './dynamixel-protection.ts';
import { WRITE_ROOM } from './emulated-servo.ts';
import type { EmulatedServo, ServoOptions, ServoSenses, WrittenBytes } from './emulated-servo.ts';
import { MotorState } from './motor-state.ts';
import type { ServoLaw } from './plant.ts';
import { RegisterFile } from './register-file.ts';

const R = XL330_REGISTERS;
/** Parameters of a factory reset; see KEPT_BY_RESET. */
const KEEP_ID = 1;
const KEEP_ID_AND_BAUD_RATE = 2;
/** Value of Operating_Mode: position within one turn, the only one that knows the position limits. */
const POSITION_MODE = 3;
/** Largest goal of the other position modes, either way: 256 turns. */
const FARTHEST_GOAL = 1_048_575;
/** What the watchdog makes read-only when it has bitten. */
const GOALS: readonly string[] = [R.Goal_PWM, R.Goal_Current, R.Goal_Velocity, R.Goal_Position].map(({ name }) => name);

/** An XL330 or XL430. */
export class DynamixelServo implements EmulatedServo {
  readonly model: ServoOptions['model'];
  readonly registers: RegisterFile;
  readonly #state: MotorState;
  readonly #protection: DynamixelProtection;
  readonly #motion: DynamixelMotion;
  readonly #waiting = { address: 0, bytes: new Uint8Array(WRITE_ROOM), from: 0, to: 0 };
  readonly #pingData = new Uint8Array(3);
  #uptimeS = 0;

  constructor({ model, id, mounting, motor }: ServoOptions) {
    this.model = model;
    this.registers = new RegisterFile(model);
    this.registers.setPermanently(R.Model_Number, model.modelNumber);
    this.registers.setPermanently(R.ID, id);
    this.registers.setPermanently(R.Baud_Rate, DYNAMIXEL_BAUD_RATES.indexOf(1_000_000));
    this.#state = new MotorState(model, motor.stallTorqueNm);
    this.#protection = new DynamixelProtection(this.registers);
    this.#motion = new DynamixelMotion({ registers: this.registers, model, mounting, motor });
    this.powerCycle();
  }

  get id(): number {
    return this.registers.get(R.ID);
  }

  get baudRate(): number {
    return DYNAMIXEL_BAUD_RATES[this.registers.get(R.Baud_Rate)] ?? 1e6;
  }

  get returnDelayNs(): number {
    return this.registers.get(R.Return_Delay_Time) * 2000;
  }

  get statusError(): number {
    return this.#protection.hardwareError === 0 ? 0 : DYNAMIXEL_ALERT;
  }

  get temperatureC(): number {
    return this.#state.temperatureC;
  }

  answers(instruction: number): boolean {
    const level = this.registers.get(R.Status_Return_Level);
    if (instruction === INSTRUCTION.ping) return true;
    return level === 2 || (level === 1 && instruction === INSTRUCTION.read);
  }

  /** Model number and firmware. */
  pingData(): Uint8Array {
    this.#pingData.set(this.registers.bytes.subarray(R.Model_Number.address, R.Model_Number.address + 2));
    this.#pingData[2] = this.registers.get(R.Firmware_Version);
    return this.#pingData;
  }

  refusesRead(address: number, length: number): number {
    return length === 0 || address + length > this.registers.bytes.length ? DYNAMIXEL_ERROR['value out of range'] : 0;
  }

  write(write: WrittenBytes): number {
    const { address, from, to } = write;
    const registers = this.registers.within(address, to - from);
    const refusal = registers.reduce((found, register) => found || this.#refusal(register, write), 0);
    if (registers.length === 0) return DYNAMIXEL_ERROR['access denied'];
    if (refusal !== 0) return refusal;
    for (const register of registers) this.#writeOne(register, write);
    return 0;
  }

  registerWrite({ address, bytes, from, to }: WrittenBytes): number {
    this.#waiting.address = address;
    this.#waiting.to = Math.min(WRITE_ROOM, to - from);
    for (let index = 0; index < this.#waiting.to; index++) this.#waiting.bytes[index] = bytes[from + index] ?? 0;
    this.registers.set(R.Registered_Instruction, 1);
    return 0;
  }

  action(): void {
    if (this.#waiting.to > 0) this.write(this.#waiting);
    this.#waiting.to = 0;
    this.registers.set(R.Registered_Instruction, 0);
  }

  hear(): void {
    this.#protection.hear();
  }

  powerCycle(): void {
    this.registers.powerOn();
    // Goals begin at their limits; the tables' own are those of the XL330-M288.
    this.registers.set(R.Goal_PWM, this.registers.get(R.PWM_Limit));
    if ('Goal_Current' in this.model.registers) this.registers.set(R.Goal_Current, this.registers.get(R.Current_Limit));
    this.#waiting.to = 0;
    this.#protection.clear();
    this.#motion.powerOn();
  }

  reboot(): void {
    this.powerCycle();
  }

  factoryReset(parameter: number | undefined): void {
    const kept = [R.Model_Number];
    if (parameter === KEEP_ID || parameter === KEEP_ID_AND_BAUD_RATE) kept.push(R.ID);
    if (parameter === KEEP_ID_AND_BAUD_RATE) kept.push(R.Baud_Rate);
    const names = new Set(kept.map(({ name }) => name));
    this.registers.restoreFactory(Object.values(this.model.registers).filter(({ name }) => names.has(name)));
    this.powerCycle();
  }

  setTemperature(temperatureC: number): void {
    this.#state.temperatureC = temperatureC;
  }

  step(dtS: number, senses: Readonly<ServoSenses>, law: ServoLaw): void {
    this.#uptimeS += dtS;
    this.#state.step(dtS, senses.torqueNm, senses.velocityRadPerS);
    this.#protection.step(dtS, this.#state, senses.supplyV);
    if (this.#protection.isShutDown) this.registers.set(R.Torque_Enable, 0);
    this.#motion.sense(senses);
    this.#report(senses.supplyV);
    this.#motion.drive(dtS, senses, { law, isStopped: this.#protection.watchdogHasBitten });
  }

  #report(supplyV: number): void {
    const { registers } = this;
    const direction = this.#motion.direction;
    registers.set(R.Present_PWM, Math.round((direction * this.#state.duty) / R.Present_PWM.scale));
    if ('Present_Current' in this.model.registers) {
      registers.set(R.Present_Current, Math.round((direction * this.#state.currentA) / R.Present_Current.scale));
    } else {
      registers.set(XL430_REGISTERS.Present_Load, Math.round(direction * this.#state.torqueShare * 1000));
    }
    registers.set(R.Present_Input_Voltage, Math.round(supplyV / R.Present_Input_Voltage.scale));
    registers.set(R.Present_Temperature, Math.round(this.#state.temperatureC));
    registers.set(R.Realtime_Tick, Math.floor(this.#uptimeS * 1000) % 32_768);
  }

  /** Why a write that touches this register is refused; 0 where it is not. */
  #refusal(register: Register, write: WrittenBytes): number {
    const isTorqueOn = this.registers.get(R.Torque_Enable) === 1;
    if (register.access === 'r' || (register.area === 'eeprom' && isTorqueOn)) return DYNAMIXEL_ERROR['access denied'];
    const at = write.from + register.address - write.address;
    if (at < write.from || at + register.size > write.to) return DYNAMIXEL_ERROR['data length'];
    const value = readRegister(register, write.bytes, at);
    if (this.#protection.watchdogHasBitten && GOALS.includes(register.name))
      return DYNAMIXEL_ERROR['value out of range'];
    const [low, high] = this.#range(register);
    return value < low || value > high ? DYNAMIXEL_ERROR['value beyond limit'] : 0;
  }

  #range(register: Register): readonly [number, number] {
    const limited = (limit: Register): readonly [number, number] => {
      const most = this.registers.get(limit);
      return [-most, most];
    };
    switch (register.name) {
      case 'Goal_Position':
        if (this.registers.get(R.Operating_Mode) !== POSITION_MODE) return [-FARTHEST_GOAL, FARTHEST_GOAL];
        return [this.registers.get(R.Min_Position_Limit), this.registers.get(R.Max_Position_Limit)];
      case 'Goal_Velocity':
        return limited(R.Velocity_Limit);
      case 'Goal_Current':
        return limited(R.Current_Limit);
      case 'Goal_PWM':
        return limited(R.PWM_Limit);
      default:
        return [register.minimum, register.maximum];
    }
  }

  #writeOne(register: Register, { address, bytes, from }: WrittenBytes): void {
    const value = readRegister(register, bytes, from + register.address - address);
    // After a shutdown the torque stays off until a reboot.
    const isRefusedTorque = register.name === 'Torque_Enable' && value === 1 && this.#protection.isShutDown;
    this.registers.set(register, isRefusedTorque ? 0 : value);
    if (register.area === 'eeprom') this.registers.keep(register);
    if (register.name === 'Torque_Enable') this.#motion.restart();
  }
}
