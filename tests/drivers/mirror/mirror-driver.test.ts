import { describe, expect, it } from 'vitest';
import type { ArmState } from '../../../src/core/observation.ts';
import { MirrorDriver } from '../../../src/drivers/mirror/mirror-driver.ts';
import { SafetyGate } from '../../../src/safety/gate.ts';
import { makeRobot, makeTarget } from '../../../src/testing/index.ts';

describe('MirrorDriver', () => {
  it('starts at the home pose and is where it was last sent', async () => {
    const driver = new MirrorDriver(makeRobot(), 0);
    await driver.connect();
    expect([...driver.read().positionsRad]).toEqual([0, 0.5]);
    const gate = new SafetyGate(makeRobot());
    gate.arm(driver.read(), 0);
    const measured = { value: driver.read(), ageNs: 0, fresh: true };
    const { command } = gate.step({ nowNs: 1e7, target: makeTarget([0.0004, 0.5], 1e7), measured });
    driver.write(command);
    const states: ArmState[] = [];
    driver.source.subscribe({ next: (state) => states.push(state), error: () => undefined });
    driver.publish(2e7);
    expect(states).toHaveLength(1);
    expect([...(states[0]?.positionsRad ?? [])]).toEqual([0.0004, 0.5]);
    expect(states[0]?.velocitiesRadPerS[0]).toBeCloseTo(0.04, 12);
    expect(states[0]?.stampNs).toBe(2e7);
  });

  it('cannot be read or driven before it is connected or after it is closed', async () => {
    const driver = new MirrorDriver(makeRobot(), 0);
    expect(() => driver.read()).toThrow(/E_NOT_CONNECTED.*Call connect first/);
    await driver.connect();
    await driver.close();
    expect(() => driver.read()).toThrow(/E_NOT_CONNECTED/);
  });
});
