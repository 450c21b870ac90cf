import { expect, it } from 'vitest';
import { send } from '../../src/actuators/send.ts';
import type { ArmDriver, SentCommand } from '../../src/drivers/driver.ts';
import type { SafeCommand } from '../../src/safety/safe-command.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import { makeArmState, makeRobot, makeTarget } from '../../src/testing/index.ts';

/** A driver that rounds to hundredths of a radian and reuses its buffer, as a servo bus may. */
class RoundingDriver implements ArmDriver {
  readonly name = 'rounding';
  readonly #sentRad = new Float64Array(2);

  connect(): Promise<void> {
    return Promise.resolve();
  }

  read(): never {
    throw new Error('not read in this test');
  }

  write(command: SafeCommand): SentCommand {
    command.positionsRad.forEach((position, joint) => (this.#sentRad[joint] = Math.round(position * 100) / 100));
    return { positionsRad: this.#sentRad, stampNs: command.stampNs + 1 };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

it('says what was really sent, and keeps saying it after the next command', () => {
  const gate = new SafetyGate(makeRobot());
  gate.arm(makeArmState([0.1234, 0.5678]), 0);
  const driver = new RoundingDriver();
  const measured = { value: makeArmState([0.1234, 0.5678]), ageNs: 0, fresh: true };
  const { command } = gate.step({ nowNs: 1e7, target: undefined, measured });
  const sent = send(driver, command);
  expect(sent.stampNs).toBe(1e7 + 1);
  const towards = gate.step({ nowNs: 2e7, target: makeTarget([1, 1], 2e7), measured });
  for (let count = 0; count < 3; count += 1) send(driver, towards.command);
  expect([...sent.positionsRad]).toEqual([0.12, 0.57]);
});
