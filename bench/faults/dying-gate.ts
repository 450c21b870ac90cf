import type { ArmDriver } from '../../src/drivers/driver.ts';

/** Wraps a driver so that the thread of the gate ends, without a word, after some commands. */
export function wrapDriver(driver: ArmDriver, options: unknown): { readonly driver: ArmDriver } {
  const { afterWrites } = options as { readonly afterWrites: number };
  let writes = 0;
  const dying: ArmDriver = {
    name: driver.name,
    connect: () => driver.connect(),
    read: () => {
      // In a worker this ends the thread, not the process.
      if (writes >= afterWrites) process.exit(1);
      return driver.read();
    },
    readHealth: () => driver.readHealth(),
    setTorque: (isOn) => driver.setTorque(isOn),
    write: (command) => {
      writes += 1;
      return driver.write(command);
    },
    close: () => driver.close(),
  };
  return { driver: dying };
}
