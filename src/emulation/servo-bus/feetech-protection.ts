import { STS_REGISTERS } from '../../drivers/serial/feetech-registers.ts';
import { FEETECH_ERROR_BITS } from '../../drivers/serial/status-error.ts';
import type { MotorState } from './motor-state.ts';
import type { RegisterFile } from './register-file.ts';

/**
 * How a Feetech servo looks after itself. Its Status says what is wrong now; Unloading_Condition names the bits for which it acts:
 * overload makes it give in to Protective_Torque, everything else switches its torque off.
 */
export class FeetechProtection {
  /** Bits of `FEETECH_ERROR_BITS`. */
  status = 0;
  readonly #registers: RegisterFile;
  #overloadedS = 0;
  #overcurrentS = 0;
  /** Sign of the torque when it gave in; 0 while it has not. */
  #gaveInTowards = 0;

  constructor(registers: RegisterFile) {
    this.#registers = registers;
  }

  /** Share of the stall torque that the protection leaves, 0 to 1. */
  get torqueShare(): number {
    return this.#gaveInTowards === 0 ? 1 : this.#registers.get(STS_REGISTERS.Protective_Torque) / 100;
  }

  /** True when the torque is to go off now. */
  step(dtS: number, motor: MotorState, supplyV: number): boolean {
    const { voltage, overheat, overcurrent, overload } = FEETECH_ERROR_BITS;
    const get = (name: keyof typeof STS_REGISTERS): number => this.#registers.get(STS_REGISTERS[name]);
    const decivolts = Math.round(supplyV * 10);
    const current = Math.abs(motor.currentA) / STS_REGISTERS.Protection_Current.scale;
    this.#overcurrentS = current > get('Protection_Current') ? this.#overcurrentS + dtS : 0;
    const isOverloaded = Math.abs(motor.torqueShare) * 100 > get('Overload_Torque');
    this.#overloadedS = isOverloaded ? this.#overloadedS + dtS : 0;
    const unloading = get('Unloading_Condition');
    if (this.#overloadedS > get('Protection_Time') / 100 && (unloading & overload) !== 0) {
      this.#gaveInTowards = Math.sign(motor.torqueShare);
    }
    this.status =
      (decivolts > get('Max_Voltage_Limit') || decivolts < get('Min_Voltage_Limit') ? voltage : 0) |
      (motor.temperatureC > get('Max_Temperature_Limit') ? overheat : 0) |
      (this.#overcurrentS > get('Over_Current_Protection_Time') / 100 ? overcurrent : this.status & overcurrent) |
      (this.#gaveInTowards !== 0 ? overload : 0);
    return (this.status & unloading & ~overload) !== 0;
  }

  /** A new goal in this direction: away from what it pushed against, an overloaded servo works again. */
  newGoal(direction: number): void {
    if (direction * this.#gaveInTowards < 0) this.clear();
  }

  /** The torque was switched: what has passed is forgotten. */
  clear(): void {
    this.#gaveInTowards = 0;
    this.#overloadedS = 0;
    this.#overcurrentS = 0;
    this.status &= ~(FEETECH_ERROR_BITS.overload | FEETECH_ERROR_BITS.overcurrent);
  }
}
