import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/core/clock.ts';
import type { ArmDriver } from '../../src/drivers/driver.ts';
import type { SafeCommand } from '../../src/safety/safe-command.ts';
import { FaultyDriver, makeArmState, wrapDriver } from '../../src/testing/index.ts';
import type { DriverFault } from '../../src/testing/index.ts';

const PERIOD_NS = 1e7;

/** An arm that moves by itself: its positions are the ticks since the start. */
function movingArm(): ArmDriver & { tick: number } {
  const arm = {
    name: 'moving',
    tick: 0,
    connect: () => Promise.resolve(),
    read: () => makeArmState([arm.tick, -arm.tick], arm.tick * PERIOD_NS),
    readHealth: () => undefined,
    setTorque: () => undefined,
    write: ({ positionsRad, stampNs }: SafeCommand) => ({ positionsRad, stampNs }),
    close: () => Promise.resolve(),
  };
  return arm;
}

/** What is reported at the last of some ticks, the fault having come after the tenth. */
function reportAfter(fault: DriverFault, ticks: number): ReturnType<ArmDriver['read']> {
  const arm = movingArm();
  const driver = new FaultyDriver(arm);
  for (; arm.tick < 10; arm.tick += 1) driver.read();
  driver.read();
  driver.fault = fault;
  for (let tick = 1; tick < ticks; tick += 1) {
    arm.tick += 1;
    driver.read();
  }
  arm.tick += 1;
  return driver.read();
}

describe('a faulty driver', () => {
  it('works like the one behind it until something is wrong', () => {
    const arm = movingArm();
    arm.tick = 7;
    expect(new FaultyDriver(arm).read()).toEqual(arm.read());
  });

  it('repeats its last values under new stamps when they are frozen', () => {
    expect(reportAfter('frozen', 50)).toEqual(makeArmState([10, -10], 60 * PERIOD_NS));
  });

  it('repeats its last report, stamp and all, when it is silent', () => {
    expect(reportAfter('silent', 50)).toEqual(makeArmState([10, -10], 10 * PERIOD_NS));
  });

  it('reports everything late when it is stale', () => {
    expect(reportAfter('stale', 50)).toEqual(makeArmState([30, -30], 30 * PERIOD_NS));
  });

  it('reports what cannot be', () => {
    expect(reportAfter('impossible', 1).positionsRad[0]).toBeGreaterThan(2 * Math.PI);
    expect(reportAfter('not-finite', 1).positionsRad[0]).toBeNaN();
  });

  it('throws from both ends of a pulled cable, and works again when it is plugged in', () => {
    const arm = movingArm();
    const driver = new FaultyDriver(arm);
    driver.fault = 'unplugged';
    expect(() => driver.read()).toThrow(/^E_NOT_CONNECTED.*unplugged/);
    expect(() => driver.write({} as SafeCommand)).toThrow(/^E_NOT_CONNECTED/);
    expect(driver.writes).toBe(0);
    driver.fault = undefined;
    expect(driver.read()).toEqual(arm.read());
  });

  it('goes wrong as planned after some commands, the clock included', () => {
    const arm = movingArm();
    const clock = new VirtualClock();
    const plan = { fault: 'clock-stepped', afterWrites: 2, clockStepMs: -500 } as const;
    const wrapped = wrapDriver(arm, plan, clock);
    wrapped.driver.write({} as SafeCommand);
    expect(wrapped.clock.nowNs()).toBe(0);
    wrapped.driver.write({} as SafeCommand);
    expect(wrapped.clock.nowNs()).toBe(-5e8);
    const silent = wrapDriver(arm, { fault: 'silent', afterWrites: 1 }, clock).driver;
    const first = silent.read();
    silent.write({} as SafeCommand);
    arm.tick = 3;
    expect(silent.read()).toEqual(first);
  });
});
