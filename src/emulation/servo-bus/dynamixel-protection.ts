import { XL330_REGISTERS } from '../../drivers/serial/dynamixel-registers.ts';
import { DYNAMIXEL_HARDWARE_ERROR_BITS } from '../../drivers/serial/status-error.ts';
import type { MotorState } from './motor-state.ts';
import type { RegisterFile } from './register-file.ts';

/** Near its whole torque for so long, a servo is overloaded. */
const OVERLOAD_SHARE = 0.9;
const OVERLOAD_S = 1.5;
/** Value of Bus_Watchdog that says it has bitten. */
const BITTEN = -1;
const R = XL330_REGISTERS;

/**
 * How a Dynamixel looks after itself. Hardware_Error_Status keeps what was ever wrong until a reboot; the bits that Shutdown names
 * switch the torque off until then. The bus watchdog stops a servo that hears nothing.
 */
export class DynamixelProtection {
  readonly #registers: RegisterFile;
  #overloadedS = 0;
  #silentS = 0;

  constructor(registers: RegisterFile) {
    this.#registers = registers;
  }

  get hardwareError(): number {
    return this.#registers.get(R.Hardware_Error_Status);
  }

  get isShutDown(): boolean {
    return (this.hardwareError & this.#registers.get(R.Shutdown)) !== 0;
  }

  get watchdogHasBitten(): boolean {
    return this.#registers.get(R.Bus_Watchdog) === BITTEN;
  }

  hear(): void {
    this.#silentS = 0;
  }

  clear(): void {
    this.#overloadedS = 0;
    this.#silentS = 0;
  }

  step(dtS: number, motor: MotorState, supplyV: number): void {
    const { voltage, overheat, overload } = DYNAMIXEL_HARDWARE_ERROR_BITS;
    const registers = this.#registers;
    const decivolts = Math.round(supplyV * 10);
    this.#overloadedS = Math.abs(motor.torqueShare) > OVERLOAD_SHARE ? this.#overloadedS + dtS : 0;
    const isVoltageBad =
      decivolts > registers.get(R.Max_Voltage_Limit) || decivolts < registers.get(R.Min_Voltage_Limit);
    const isHot = motor.temperatureC > registers.get(R.Temperature_Limit);
    const found =
      (isVoltageBad ? voltage : 0) | (isHot ? overheat : 0) | (this.#overloadedS > OVERLOAD_S ? overload : 0);
    registers.set(R.Hardware_Error_Status, this.hardwareError | found);
    this.#watch(dtS);
  }

  #watch(dtS: number): void {
    this.#silentS += dtS;
    const timeout = this.#registers.get(R.Bus_Watchdog);
    const isOn = this.#registers.get(R.Torque_Enable) === 1;
    if (isOn && timeout > 0 && this.#silentS > timeout * R.Bus_Watchdog.scale)
      this.#registers.set(R.Bus_Watchdog, BITTEN);
  }
}
