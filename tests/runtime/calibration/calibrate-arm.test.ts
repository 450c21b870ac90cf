import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Calibration } from '../../../src/calibration/calibration-problems.ts';
import { loadCalibration } from '../../../src/calibration/load-calibration.ts';
import { MonotonicClock } from '../../../src/core/clock.ts';
import { ArmatureError } from '../../../src/core/errors.ts';
import { requireSerial } from '../../../src/drivers/serial/arm-motors.ts';
import { SetupBus } from '../../../src/drivers/serial/setup-bus.ts';
import { drawCalibration } from '../../../src/emulation/servo-bus/assemble-arm.ts';
import { startServoBus } from '../../../src/emulation/servo-bus/start-servo-bus.ts';
import type { EmulatedServoBus, ServoBusSpec } from '../../../src/emulation/servo-bus/start-servo-bus.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { armServos } from '../../../src/runtime/calibration/arm-servos.ts';
import type { ArmServo, CalibrationBus } from '../../../src/runtime/calibration/arm-servos.ts';
import { calibrateArm, importCalibration } from '../../../src/runtime/calibration/calibrate-arm.ts';
import type { CalibrateOptions } from '../../../src/runtime/calibration/calibrate-arm.ts';
import { EmulatedPerson, heldBy, worstErrorRad } from './emulated-calibration.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const robot = loadRobot('so101');

interface Workplace {
  readonly arm: EmulatedServoBus;
  readonly bus: SetupBus;
  readonly person: EmulatedPerson;
  readonly folder: string;
  readonly path: string;
  readonly options: CalibrateOptions;
  readonly interruption: AbortController;
}

async function openWorkplace(spec: Partial<ServoBusSpec> = {}): Promise<Workplace> {
  const folder = temporaryFolder();
  const arm = await startServoBus({ robot, isCalibrated: false, ...spec });
  const { protocol } = requireSerial(spec.robot ?? robot);
  const bus = await SetupBus.open({ path: arm.path, baudRate: 1_000_000, protocol, patienceMs: 400 });
  const person = new EmulatedPerson(arm, robot);
  onTestFinished(async () => {
    await bus.close();
    await arm.close();
  });
  const path = join(folder, 'arm.json');
  const interruption = new AbortController();
  const view = person;
  const options = {
    robot,
    bus,
    clock: new MonotonicClock(),
    operator: person,
    view,
    signal: interruption.signal,
    path,
  };
  return { arm, bus, person, folder, path, options, interruption };
}

/** An arm whose encoders wrap in the middle of their range, with the elbow and the gripper mounted the other way round. */
const WRAPPED: Calibration = Object.fromEntries(
  robot.joints.map(({ name }, joint) => {
    const reversed = name === 'elbow_flex' || name === 'gripper';
    const [low, high] = robot.joints[joint]?.limits.positionRad ?? [0, 0];
    const half = Math.round((((high - low) / 2) * 4096) / (2 * Math.PI));
    return [
      name,
      {
        id: joint + 1,
        drive_mode: reversed ? 1 : 0,
        homing_offset: -2047 + 3 * joint,
        range_min: 2047 - half,
        range_max: 2047 + half,
      },
    ];
  }),
);

describe('calibrating an emulated arm', { timeout: 120_000 }, () => {
  it('invariant 10: finds joints that wrap in their middle and turn the other way round, through noise and lost packets', async () => {
    const { arm, bus, person, path, options } = await openWorkplace({ calibration: WRAPPED });
    const before = await heldBy(bus, robot);
    const calibrating = calibrateArm(options);
    await person.begin();
    for (const fault of ['noise 0.05', 'lose 0.05', 'checksum 0.05']) arm.control(`fault ${fault}`);
    await person.sweep();
    arm.control('fault clear');
    await person.say('swept');
    await person.showDirections();
    expect(person.seen.join('\n')).toMatch(/"elbow_flex" turns against.*\n.*"gripper" turns against/);
    expect(person.latest.some(({ failedReads }) => failedReads > 0)).toBe(true);
    // Until the operator says yes, nothing is written.
    expect([await heldBy(bus, robot), existsSync(path)]).toEqual([before, false]);
    person.said.push('yes');
    const outcome = await calibrating;
    const { calibration } = loadCalibration(path, robot);
    expect(outcome).toEqual({ calibration, path, previousPath: undefined });
    expect(Object.values(calibration).map((motor) => motor.drive_mode)).toEqual([0, 0, 1, 0, 0, 1]);
    for (const share of [0, 0.5, 1] as const) {
      await person.move(person.end(share));
      // 6 ticks.
      expect(await worstErrorRad({ bus, robot, arm, calibration })).toBeLessThan(0.01);
    }
  });

  it('names a servo that is unplugged in the middle, and goes on when it is back', async () => {
    const { arm, person, options, interruption } = await openWorkplace();
    const calibrating = calibrateArm(options);
    await person.begin();
    await person.move(person.end(0));
    arm.control('fault silent 3');
    await person.move(person.end(1));
    await person.rest(40);
    await person.say('swept');
    expect(person.seen.at(-1)).toMatch(/^joint "elbow_flex" does not answer for .* s: check its cable and power/);
    arm.control('fault clear');
    await person.rest();
    await person.say('swept');
    expect(person.seen.at(-1)).toMatch(/^joint "elbow_flex" was calibrated over .* move it from stop to stop/);
    await person.move(person.end(0));
    await person.say('swept');
    expect(person.prompts.at(-1)?.title).toMatch('direction of shoulder_pan');
    interruption.abort();
    expect(await calibrating).toBeUndefined();
  });

  it('ends with a clear error when the cable goes, with nothing changed', async () => {
    const { arm, person, options, path } = await openWorkplace();
    const calibrating = calibrateArm(options);
    const failing = expect(calibrating).rejects.toMatchObject({ code: 'E_SERIAL_LOST' });
    await person.begin();
    arm.control('fault cut');
    await failing;
    expect(existsSync(path)).toBe(false);
  });

  it('says which joints are silent before it begins', async () => {
    const { arm, options } = await openWorkplace();
    arm.control('fault silent 2');
    await expect(calibrateArm(options)).rejects.toThrow(/E_SERVO_MISSING.*"shoulder_lift" \(id 2\)/);
  });
});

describe("LeRobot's calibration", { timeout: 120_000 }, () => {
  const given: Calibration = Object.fromEntries(
    Object.entries(WRAPPED).map(([name, motor]) => [name, { ...motor, drive_mode: 0, homing_offset: 100 * motor.id }]),
  );

  it('is written into the servos and a file that LeRobot reads, and the former file is kept', async () => {
    const { arm, bus, person, path, folder, options } = await openWorkplace({ calibration: given });
    writeFileSync(path, '{}');
    person.said.push('ready', 'nonsense', 'yes');
    expect(await importCalibration(given, options)).toEqual({
      calibration: given,
      path,
      previousPath: join(folder, 'arm.1.json'),
    });
    expect(person.seen).toEqual(['"nonsense" is no answer here; say yes, no or quit']);
    expect(readFileSync(join(folder, 'arm.1.json'), 'utf8')).toBe('{}');
    expect(readFileSync(path, 'utf8')).toMatch(
      /^\{\n {4}"shoulder_pan": \{\n {8}"id": 1,\n {8}"drive_mode": 0,\n {8}"homing_offset": 100,\n {8}"range_min": 795,/,
    );
    expect(loadCalibration(path, robot).calibration).toEqual(given);
    const held = await heldBy(bus, robot);
    expect(held['elbow_flex']).toEqual([300, 945, 3149]);
    // EEPROM keeps it without power.
    arm.control('fault brown-out 0.01');
    while ((await arm.state()).supplyV < 5) await person.rest(1);
    expect(await heldBy(bus, robot)).toEqual(held);
    expect(readdirSync(folder).toSorted()).toEqual(['arm.1.json', 'arm.json']);
  });

  it('is written into Dynamixels, which turn round by themselves', async () => {
    const koch = loadRobot('koch');
    const drawn = drawCalibration(koch, 5);
    const calibration = { ...drawn, elbow_flex: { ...drawn['elbow_flex'], drive_mode: 1 } } as Calibration;
    const { arm, bus, person, options } = await openWorkplace({ robot: koch, calibration });
    person.said.push('ready', 'yes');
    await importCalibration(calibration, { ...options, robot: koch });
    const { address } = armServos(koch)[2] as ArmServo;
    expect(await bus.read(address, 'Drive_Mode')).toBe(1);
    expect(await worstErrorRad({ bus, robot: koch, arm, calibration })).toBeLessThan(0.005);
  });

  const brokenAt = (bus: SetupBus, isBroken: (id: number, name: string) => boolean): CalibrationBus => ({
    ping: (id, attempts) => bus.ping(id, attempts),
    read: (servo, name) => bus.read(servo, name),
    readAll: (servos, name) => bus.readAll(servos, name),
    write: async (servo, name, value) => {
      if (isBroken(servo.id, name)) throw new ArmatureError('E_SERVO_SILENT', 'the servo is away', { remedy: '' });
      await bus.write(servo, name, value);
    },
  });

  it('is taken back from all servos when one of them does not take it', async () => {
    const { bus, person, path, options } = await openWorkplace({ calibration: given });
    const before = await heldBy(bus, robot);
    person.said.push('ready', 'yes');
    let failures = 2;
    const flaky = brokenAt(bus, (id, name) => id === 4 && name === 'Max_Position_Limit' && (failures -= 1) >= 0);
    const work = importCalibration(given, { ...options, bus: flaky });
    await expect(work).rejects.toThrow(
      /E_CALIBRATION_WRITE.*"wrist_flex".*the servo is away.*hold what they held before/,
    );
    expect(await heldBy(bus, robot)).toEqual(before);
    expect(existsSync(path)).toBe(false);
  });

  it('names the servos that could not be given back what they held', async () => {
    const { bus, person, path, options } = await openWorkplace({ calibration: given });
    person.said.push('ready', 'yes');
    let isAway = false;
    const cut = brokenAt(bus, (id, name) => (isAway ||= id === 2 && name === 'Min_Position_Limit'));
    await expect(importCalibration(given, { ...options, bus: cut })).rejects.toThrow(
      /servos of shoulder_lift, shoulder_pan could not be given back/,
    );
    expect(existsSync(path)).toBe(false);
  });

  it('is taken back when the file cannot be written', async () => {
    const { bus, person, folder, options } = await openWorkplace({ calibration: given });
    const before = await heldBy(bus, robot);
    writeFileSync(join(folder, 'file'), '');
    person.said.push('ready', 'yes');
    const path = join(folder, 'file', 'arm.json');
    await expect(importCalibration(given, { ...options, path })).rejects.toThrow(/cannot be written.*--out/);
    expect(await heldBy(bus, robot)).toEqual(before);
  });

  it('is not written when the operator says no', async () => {
    const { bus, person, folder, path, options } = await openWorkplace({ calibration: given });
    const before = await heldBy(bus, robot);
    writeFileSync(path, 'what was here before');
    person.said.push('ready', 'no');
    expect(await importCalibration(given, options)).toBeUndefined();
    expect(await heldBy(bus, robot)).toEqual(before);
    expect(readdirSync(folder)).toEqual(['arm.json']);
    expect(readFileSync(path, 'utf8')).toBe('what was here before');
  });

  it('is not written over when it was interrupted', async () => {
    const { bus, person, options, interruption, path } = await openWorkplace({ calibration: given });
    const before = await heldBy(bus, robot);
    person.said.push('ready', 'yes');
    const stopping = brokenAt(bus, (id) => {
      if (id === 3) interruption.abort();
      return false;
    });
    expect(await importCalibration(given, { ...options, bus: stopping })).toBeUndefined();
    expect(await heldBy(bus, robot)).toEqual(before);
    expect(existsSync(path)).toBe(false);
  });
});
