import { readRegister, storeRegister } from '../../drivers/serial/register.ts';
import type { Register } from '../../drivers/serial/register.ts';
import type { ServoModel } from '../../drivers/serial/servo-models.ts';

/** Beyond the last address of every table. */
const SIZE = 1024;

/** The control table of one servo as bytes, with an EEPROM that survives a loss of power. */
export class RegisterFile {
  readonly bytes: Uint8Array = new Uint8Array(SIZE);
  readonly #permanent = new Uint8Array(SIZE);
  readonly #registers: readonly Register[];
  /** By address: the register that has this byte. */
  readonly #owners: readonly (Register | undefined)[];

  constructor(model: ServoModel) {
    this.#registers = Object.values(model.registers);
    const owners: (Register | undefined)[] = Array.from({ length: SIZE });
    for (const register of this.#registers) {
      for (let index = 0; index < register.size; index++) owners[register.address + index] = register;
    }
    this.#owners = owners;
    this.restoreFactory([]);
  }

  get(register: Register): number {
    return readRegister(register, this.bytes, register.address);
  }

  /** Sets a live value, whatever its access; what is in EEPROM stays there. */
  set(register: Register, value: number): void {
    storeRegister(register, value, this.bytes, register.address);
  }

  /** Sets a value and keeps it over a loss of power. */
  setPermanently(register: Register, value: number): void {
    this.set(register, value);
    this.keep(register);
  }

  /** Writes the live value of a register into EEPROM. */
  keep(register: Register): void {
    for (let at = register.address; at < register.address + register.size; at++)
      this.#permanent[at] = this.bytes[at] ?? 0;
  }

  /** Every register that has a byte from `address` up to `address + length - 1`, in order. */
  within(address: number, length: number): Register[] {
    const found = new Set<Register>();
    for (let at = address; at < address + length; at++) {
      const owner = this.#owners[at];
      if (owner !== undefined) found.add(owner);
    }
    return [...found];
  }

  hasRegisterAt(address: number): boolean {
    return this.#owners[address] !== undefined;
  }

  /** Power comes on: EEPROM as it was kept, RAM as it begins. */
  powerOn(): void {
    for (const register of this.#registers) {
      if (register.area === 'ram') this.set(register, register.initial);
      else
        this.bytes.set(this.#permanent.subarray(register.address, register.address + register.size), register.address);
    }
  }

  /** Everything as it was delivered, but for some registers. */
  restoreFactory(kept: readonly Register[]): void {
    for (const register of this.#registers) {
      if (!kept.includes(register)) this.setPermanently(register, register.initial);
    }
  }
}
