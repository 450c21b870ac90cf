import type { ArmDriver, SentCommand } from '../drivers/driver.ts';
import type { SafeCommand } from '../safety/safe-command.ts';

/**
 * The only caller of ArmDriver.write and ArmDriver.setTorque. Torque comes on with the first command after it was off,
 * and is not touched before that.
 */
export class Actuator {
  readonly #driver: ArmDriver;
  #hasTorque = false;

  constructor(driver: ArmDriver) {
    this.#driver = driver;
  }

  /**
   * Sends one command where the arm may have torque; elsewhere takes the torque away, and undefined is returned.
   * Throws what the driver throws.
   */
  carryOut(command: SafeCommand, mayHaveTorque: boolean): SentCommand | undefined {
    if (mayHaveTorque) return this.send(command);
    this.relax();
    return undefined;
  }

  /**
   * Returns a copy of what was really sent: the driver may round to encoder ticks or clip, and that is what datasets
   * and the next observation hold. Throws what the driver throws; what torque the motors have then is not known.
   */
  send(command: SafeCommand): SentCommand {
    if (!this.#hasTorque) this.#driver.setTorque(true);
    this.#hasTorque = false;
    const { positionsRad, stampNs } = this.#driver.write(command);
    this.#hasTorque = true;
    return { positionsRad: positionsRad.slice(), stampNs };
  }

  /** Takes the torque away, unless that was done. Throws what the driver throws. */
  relax(): void {
    if (this.#hasTorque) this.#driver.setTorque(false);
    this.#hasTorque = false;
  }
}
