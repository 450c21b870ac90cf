import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAULTS } from '../../../bench/faults/fault-rows.ts';
import { runRow } from '../../../bench/faults/run-row.ts';
import { reconnect, startSerialArm } from '../../../bench/faults/serial-arm.ts';
import type { SerialArm } from '../../../bench/faults/serial-arm.ts';
import { MonotonicClock } from '../../../src/core/clock.ts';
import { openSerialPort } from '../../../src/drivers/serial/serial-port.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { ProcessArm } from '../../../src/runtime/arm/process-arm.ts';
import type { ProcessArmOptions } from '../../../src/runtime/arm/process-arm.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** Waits are for events, and bounds are generous: the machine may be busy. */
const PATIENCE_MS = 60_000;

const clock = new MonotonicClock();
const robot = loadRobot('so101');
let directory: string;
let serial: SerialArm;
const started: ProcessArm[] = [];

beforeEach(async () => {
  directory = temporaryFolder();
  serial = await startSerialArm(robot, directory);
});

afterEach(async () => {
  for (const arm of started.splice(0)) await arm.close();
  await serial.bus.close();
});

async function start(changes: Partial<ProcessArmOptions> = {}): Promise<ProcessArm> {
  const arm = await ProcessArm.start({ robot, driver: serial.driver, clock, ...changes });
  started.push(arm);
  await arm.until((record) => record.arm.fresh, PATIENCE_MS);
  return arm;
}

/** Leads the first joint away from where it is until something holds. */
async function lead<Result>(arm: ProcessArm, until: () => Promise<Result>): Promise<Result> {
  const positionsRad = Float64Array.from(arm.newest?.measuredRad ?? []);
  positionsRad[0] = (positionsRad[0] ?? 0) + 0.4;
  const timer = setInterval(() => {
    arm.follow({ positionsRad, createdNs: clock.nowNs(), observedNs: clock.nowNs() });
  }, 50);
  return until().finally(() => clearInterval(timer));
}

const torque = async (): Promise<readonly boolean[]> => (await serial.bus.state()).hasTorque;
const ALL_ON = robot.joints.map(() => true);
const ALL_OFF = robot.joints.map(() => false);

describe('a serial arm in its process', { timeout: 2 * PATIENCE_MS }, () => {
  it('connects without torque, is armed where it is measured, follows, and goes on holding itself up', async () => {
    const arm = await start();
    expect(await torque()).toEqual(ALL_OFF);
    expect(arm.newest?.health?.voltagesV?.every((voltage) => voltage > 5)).toBe(true);
    const before = (await serial.bus.state()).positionsRad;
    await arm.arm();
    expect(await torque()).toEqual(ALL_ON);
    (await serial.bus.state()).positionsRad.forEach((position, joint) =>
      expect(position).toBeCloseTo(before[joint] ?? NaN, 2),
    );
    await lead(arm, () => arm.until(({ measuredRad }) => (measuredRad[0] ?? 0) > 0.3, PATIENCE_MS));
    await arm.close();
    expect(arm.failure).toBeUndefined();
    expect(await torque()).toEqual(ALL_ON);
  });

  it('gives up its torque when it is disarmed', async () => {
    const arm = await start();
    await arm.arm();
    arm.command('disarm');
    await arm.until(({ state }) => state === 'disarmed', PATIENCE_MS);
    expect(await torque()).toEqual(ALL_OFF);
  });

  it('says why it cannot be reached', async () => {
    const open = (changes: Partial<SerialArm['driver']>): Promise<ProcessArm> =>
      ProcessArm.start({ robot, driver: { ...serial.driver, ...changes }, clock });
    await expect(open({ port: '/dev/ttyNONE7' })).rejects.toMatchObject({ code: 'E_SERIAL_MISSING' });
    await expect(open({ calibration: 'calibration/example.json' })).rejects.toMatchObject({ code: 'E_CALIBRATION' });
    const taken = await openSerialPort({ path: serial.driver.port, baudRate: 1_000_000 });
    await expect(open({})).rejects.toMatchObject({ code: 'E_SERIAL_BUSY' });
    await taken.close();
    serial.bus.control('fault silent 4');
    await expect(open({})).rejects.toMatchObject({ code: 'E_SERVO_MISSING', problem: /wrist_flex/ });
    writeFileSync(serial.driver.calibration, '{}');
    await expect(open({})).rejects.toMatchObject({ code: 'E_INVALID_FILE' });
  });

  it('invariant 14: holds where it is when the gate hangs, and is let go when an operator asks for it', async () => {
    const url = new URL('../../../src/testing/index.ts', import.meta.url).href;
    const arm = await start({ wrap: { url, options: { fault: 'hanging', afterWrites: 60 } } });
    await arm.arm();
    await expect(lead(arm, () => arm.until(() => false, PATIENCE_MS))).rejects.toMatchObject({ code: 'E_GATE_DEAD' });
    expect(arm.newest?.state).toBe('gate-dead');
    expect(await torque()).toEqual(ALL_ON);
    arm.command('estop');
    for (let looks = 0; looks < 1000 && (await torque()).includes(true); looks += 1);
    expect(await torque()).toEqual(ALL_OFF);
  });

  it('invariant 15: a cable that comes back brings nothing back; connected anew, it stands until it is armed', async () => {
    const arm = await start();
    await arm.arm();
    await lead(arm, () => arm.until(({ measuredRad }) => (measuredRad[0] ?? 0) > 0.1, PATIENCE_MS));
    serial.bus.control('fault cut');
    await expect(arm.until(() => false, PATIENCE_MS)).rejects.toMatchObject({
      // Where the hang-up itself goes unseen, the silence is.
      code: expect.stringMatching(/^E_SERIAL_LOST|E_SERVO_SILENT$/),
    });
    serial.bus.control('plug');
    await serial.bus.state();
    await expect(arm.arm()).rejects.toMatchObject({ code: expect.stringMatching(/^E_CANNOT_ARM|E_SERVO_SILENT$/) });
    await arm.close();
    expect(await reconnect(serial, robot)).toBeUndefined();
  });
});

describe('faults of a bus', { timeout: 4 * PATIENCE_MS }, () => {
  it.each([
    ['noise on the bus', /^active$/],
    ['servo silent', /^protective-stop/],
    ['brown-out 0.1 s', /^protective-stop/],
  ] as const)('%s: the arm goes on, or stops within its limits', async (name, finalState) => {
    const fault = FAULTS.find((row) => row.name === name);
    if (fault === undefined) throw new Error(`no fault "${name}"`);
    const row = await runRow({ robot: 'so101', fault, driver: 'serial', state: 'ACTIVE' });
    expect(row).toMatchObject({ ok: true, finalState: expect.stringMatching(finalState) });
  });
});
