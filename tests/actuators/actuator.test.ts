import { expect, it } from 'vitest';
import { Actuator } from '../../src/actuators/actuator.ts';
import type { ArmDriver, SentCommand } from '../../src/drivers/driver.ts';
import type { SafeCommand } from '../../src/safety/safe-command.ts';
import { SafetyGate } from '../../src/safety/gate.ts';
import { makeArmState, makeRobot, makeTarget } from '../../src/testing/index.ts';

/** A driver that rounds to hundredths of a radian and reuses its buffer, as a servo bus may. */
class RoundingDriver implements ArmDriver {
  readonly name = 'rounding';
  readonly switched: boolean[] = [];
  readonly #sentRad = new Float64Array(2);

  connect(): Promise<void> {
    return Promise.resolve();
  }

  read(): never {
    throw new Error('not read in this test');
  }

  readHealth(): undefined {
    return undefined;
  }

  setTorque(isOn: boolean): void {
    this.switched.push(isOn);
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
  const actuator = new Actuator(driver);
  const sent = actuator.send(command);
  expect(sent.stampNs).toBe(1e7 + 1);
  const towards = gate.step({ nowNs: 2e7, target: makeTarget([1, 1], 2e7), measured });
  for (let count = 0; count < 3; count += 1) actuator.send(towards.command);
  expect([...sent.positionsRad]).toEqual([0.12, 0.57]);
});

it('switches the torque on with a command and off once, and not before anything was commanded', () => {
  const gate = new SafetyGate(makeRobot());
  gate.arm(makeArmState([0, 0.5]), 0);
  const { command } = gate.step({
    nowNs: 1e7,
    target: undefined,
    measured: { value: makeArmState([0, 0.5]), ageNs: 0, fresh: true },
  });
  const driver = new RoundingDriver();
  const actuator = new Actuator(driver);
  actuator.relax();
  expect(driver.switched).toEqual([]);
  for (const deed of ['send', 'send', 'relax', 'relax', 'send'] as const) {
    if (deed === 'send') actuator.send(command);
    else actuator.relax();
  }
  expect(driver.switched).toEqual([true, false, true]);
});

it('switches the torque on anew after a write that failed: nobody knows what the motors have then', () => {
  const gate = new SafetyGate(makeRobot());
  gate.arm(makeArmState([0, 0.5]), 0);
  const measured = { value: makeArmState([0, 0.5]), ageNs: 0, fresh: true };
  const { command } = gate.step({ nowNs: 1e7, target: undefined, measured });
  const driver = new RoundingDriver();
  const actuator = new Actuator(driver);
  actuator.carryOut(command, true);
  driver.write = () => {
    throw new Error('the link is lost');
  };
  expect(() => actuator.carryOut(command, true)).toThrow('the link is lost');
  expect(() => actuator.carryOut(command, true)).toThrow('the link is lost');
  expect(driver.switched).toEqual([true, true]);
});
