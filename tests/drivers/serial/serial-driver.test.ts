import { beforeEach, describe, expect, it } from 'vitest';
import { ticksToRad } from '../../../src/calibration/joint-scale.ts';
import { linkLost } from '../../../src/drivers/serial/byte-link.ts';
import { connectServos } from '../../../src/drivers/serial/connect-servos.ts';
import { SerialDriver } from '../../../src/drivers/serial/serial-driver.ts';
import { RESTARTED_ERROR } from '../../../src/drivers/serial/status-error.ts';
import { holdWhatAnswers } from '../../../src/drivers/serial/servo-torque.ts';
import { requireSerial } from '../../../src/drivers/serial/arm-motors.ts';
import type { SafeCommand } from '../../../src/safety/safe-command.ts';
import type { FakeServo } from './fake-servos.ts';
import { clock, fakeArm } from './serial-arm.ts';
import type { FakeArm } from './serial-arm.ts';

let arm: FakeArm;
const servo = (place: number): FakeServo => arm.link.servos[place] as FakeServo;
const connect = (): ReturnType<typeof connectServos> => connectServos(arm.bus, arm.motors, requireSerial(arm.robot));

async function driver(): Promise<SerialDriver> {
  const made = new SerialDriver(arm.robot, arm.motors, arm.bus);
  await made.connect();
  return made;
}

function command(positionsRad: readonly number[]): SafeCommand {
  return { positionsRad: Float64Array.from(positionsRad), stampNs: clock.nowNs() } as unknown as SafeCommand;
}

async function waitMs(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

beforeEach(() => {
  arm = fakeArm();
});

describe('connecting to an arm', () => {
  it('writes the registers of robot.yaml where they differ, and moves nothing', () => {
    const { changed, firmware, notes } = connect();
    expect(servo(0).get('P_Coefficient')).toBe(16);
    expect(servo(5).get('Max_Torque_Limit')).toBe(500);
    expect(servo(0).get('Lock')).toBe(1);
    expect(servo(0).get('Goal_Velocity')).toBe(Math.floor((3 / (2 * Math.PI)) * 4096));
    expect(changed).toContain('shoulder_pan: P_Coefficient 32 -> 16');
    // A new servo would stay far below what the joint may do, and far behind the policy.
    expect(changed).toContain('shoulder_pan: Maximum_Acceleration 50 -> 254');
    expect(firmware['gripper']).toBe('3.10');
    expect(notes).toEqual([]);
    const writes = arm.link.servos.flatMap(({ written }) => written);
    expect(writes.filter((entry) => /^(Goal_Position|Torque_Enable)/.test(entry))).toEqual([]);
  });

  it('writes nothing the second time: EEPROM wears', () => {
    connect();
    for (const { written } of arm.link.servos) written.length = 0;
    expect(connect().changed).toEqual([]);
    expect(arm.link.servos.flatMap(({ written }) => written)).toEqual([]);
  });

  it('names the motor that does not answer', () => {
    servo(3).isSilent = true;
    expect(connect).toThrow(/wrist_flex.*id 4/);
    for (const each of arm.link.servos) each.isSilent = true;
    expect(connect).toThrow(/any joint/);
  });

  it('refuses another model, and another calibration', () => {
    servo(2).set('Model_Number', 2825);
    expect(connect).toThrow(/elbow_flex.*sts3250/s);
    arm = fakeArm();
    servo(1).set('Homing_Offset', -77);
    expect(connect).toThrow(/E_CALIBRATION.*"shoulder_lift": homing_offset is 10 in the file and -77 in the motor/s);
  });

  it('tells of motors with different firmware', () => {
    servo(4).set('Firmware_Minor_Version', 9);
    expect(connect().notes[0]).toMatch(/wrist_roll 3\.9/);
  });

  it('says which register a motor does not take', () => {
    const take = servo(0).take.bind(servo(0));
    servo(0).take = (address, data) => {
      if (address !== 21) take(address, data);
    };
    expect(connect).toThrow(/E_SERVO_REGISTER.*P_Coefficient/);
  });
});

describe('a serial arm', () => {
  beforeEach(() => void connect());

  it('tells position, velocity, torque and health in SI units from one cycle', async () => {
    servo(1).set('Present_Velocity', -400);
    servo(1).set('Present_Load', -500);
    servo(1).set('Present_Current', 100);
    servo(1).set('Present_Temperature', 41);
    const made = await driver();
    const sent = arm.link.sent.length;
    const state = made.read();
    expect(arm.link.sent.length).toBe(sent + 1);
    const [, motor] = arm.motors;
    expect(state.positionsRad[1]).toBeCloseTo(ticksToRad(motor!.scale, 2001), 12);
    expect(state.velocitiesRadPerS[1]).toBeCloseTo((-400 / 4096) * 2 * Math.PI, 9);
    expect(state.effortsNm[1]).toBeCloseTo((-0.65 / 2.4) * 1.91, 9);
    const health = made.readHealth();
    expect(health?.currentsA?.[1]).toBeCloseTo(0.65, 9);
    expect(health?.temperaturesC?.[1]).toBe(41);
    expect(health?.voltagesV?.[1]).toBeCloseTo(7.5, 9);
    expect([...(health?.motorErrors ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('tells the error byte, but for what robot.yaml tolerates', async () => {
    const made = await driver();
    servo(0).error = 0x04;
    servo(5).error = 0x21;
    made.read();
    expect([...(made.readHealth()?.motorErrors ?? [])]).toEqual([4, 0, 0, 0, 0, 1]);
  });

  it('takes what was asked for before, without asking again', async () => {
    const made = await driver();
    made.request();
    const sent = arm.link.sent.length;
    made.read();
    expect(arm.link.sent.length).toBe(sent);
  });

  it('invariant 9: gives torque where the arm is measured', async () => {
    const made = await driver();
    servo(0).set('Goal_Position', 3000);
    made.setTorque(true);
    arm.link.servos.forEach((each, place) => {
      expect(each.get('Goal_Position')).toBe(2000 + place);
      expect(each.get('Torque_Enable')).toBe(1);
      const goal = each.written.findIndex((entry) => entry.startsWith('Goal_Position'));
      expect(goal).toBeLessThan(each.written.indexOf('Torque_Enable 1'));
    });
    made.setTorque(false);
    expect(arm.link.servos.every((each) => each.get('Torque_Enable') === 0)).toBe(true);
  });

  it('says what it really sent: the nearest steps of the motors', async () => {
    const made = await driver();
    made.setTorque(true);
    const sent = made.write(command([0.3, -0.2, 0.1, 0, 0.5, 0.8]));
    expect(Math.abs((sent.positionsRad[0] ?? 0) - 0.3)).toBeLessThanOrEqual(Math.PI / 4096);
    expect(servo(0).get('Goal_Position')).toBe(Math.round(2047 + (0.3 / 2 / Math.PI) * 4096));
  });

  it('invariant 11: shows a silent motor with its last values and their old stamp, then is lost', async () => {
    const made = await driver();
    const before = made.read();
    servo(2).isSilent = true;
    servo(3).set('Present_Position', 2100);
    made.read();
    // Asked last from now on, it keeps nobody waiting.
    const after = made.read();
    expect(after.stampNs).toBe(before.stampNs);
    expect(after.positionsRad[2]).toBe(before.positionsRad[2]);
    expect(after.positionsRad[3]).not.toBe(before.positionsRad[3]);
    await waitMs(310);
    expect(() => made.read()).toThrow(/E_SERVO_SILENT.*elbow_flex/);
    servo(2).isSilent = false;
    const sent = arm.link.sent.length;
    expect(() => made.read()).toThrow(/E_SERVO_SILENT/);
    expect(() => made.write(command([0, 0, 0, 0, 0, 0]))).toThrow(/E_SERVO_SILENT/);
    expect(() => made.setTorque(true)).toThrow(/E_SERVO_SILENT/);
    expect(arm.link.sent.length).toBe(sent);
  });

  it('tells of a motor whose power was gone, and gives no torque before it is set up anew', async () => {
    const made = await driver();
    made.setTorque(true);
    servo(4).isSilent = true;
    for (let cycle = 0; cycle < 5; cycle += 1) {
      await waitMs(12);
      made.read();
    }
    servo(4).set('Torque_Enable', 0);
    servo(4).set('Goal_Velocity', 0);
    servo(4).isSilent = false;
    made.read();
    // Asked once no late answer can be mistaken for that to this question.
    await waitMs(40);
    made.read();
    expect(made.readHealth()?.motorErrors?.[4]).toBe(RESTARTED_ERROR);
    expect(() => made.setTorque(true)).toThrow(/E_SERVO_RESTARTED.*wrist_roll/);
    expect(servo(4).get('Torque_Enable')).toBe(0);
  });

  it('goes on with a motor that was only not heard for a while', async () => {
    const made = await driver();
    servo(4).isSilent = true;
    for (let cycle = 0; cycle < 5; cycle += 1) {
      await waitMs(12);
      made.read();
    }
    servo(4).isSilent = false;
    made.read();
    await waitMs(40);
    made.read();
    expect(made.readHealth()?.motorErrors?.[4]).toBe(0);
  });

  it('invariant 15: once the link has failed, nothing is sent by this connection any more', async () => {
    const made = await driver();
    made.setTorque(true);
    const read = arm.link.read.bind(arm.link);
    arm.link.read = () => {
      throw linkLost('/dev/ttyACM0', 'its other end is gone');
    };
    expect(() => made.read()).toThrow(/E_SERIAL_LOST/);
    arm.link.read = read;
    const sent = arm.link.sent.length;
    expect(() => made.read()).toThrow(/E_SERIAL_LOST/);
    expect(() => made.write(command([0, 0, 0, 0, 0, 0]))).toThrow(/E_SERIAL_LOST/);
    expect(() => made.readHealth()).toThrow(/E_SERIAL_LOST/);
    made.request();
    expect(arm.link.sent.length).toBe(sent);
  });

  it('has every motor hold where it is, of those that answer', async () => {
    servo(1).isSilent = true;
    expect(holdWhatAnswers(arm.bus, arm.motors)).toEqual(['shoulder_lift']);
    expect(servo(0).get('Goal_Position')).toBe(2000);
    expect(servo(5).get('Goal_Position')).toBe(2005);
  });
});

describe('an arm of Dynamixels', () => {
  beforeEach(() => {
    arm = fakeArm('koch');
  });

  it('is set up: gains after the operating mode that resets them', () => {
    const elbow = servo(2);
    elbow.set('Operating_Mode', 3);
    elbow.set('Position_P_Gain', 1500);
    const take = elbow.take.bind(elbow);
    elbow.take = (address, data) => {
      take(address, data);
      if (address === 11) elbow.set('Position_P_Gain', 400);
    };
    connect();
    expect(elbow.get('Operating_Mode')).toBe(4);
    expect(elbow.get('Position_P_Gain')).toBe(1500);
    expect(elbow.get('Profile_Velocity')).toBeGreaterThan(0);
  });

  it('is not set up while a motor has torque', () => {
    servo(0).set('Torque_Enable', 1);
    servo(0).set('Operating_Mode', 3);
    servo(0).set('Return_Delay_Time', 250);
    expect(connect).toThrow(/E_SERVO_REGISTER.*shoulder_pan.*torque/);
  });

  it('commands a motor in the turn it is in', async () => {
    connect();
    servo(0).set('Present_Position', 2000 + 4096);
    const made = await driver();
    made.setTorque(true);
    const state = made.read();
    made.write(command([...state.positionsRad]));
    expect(servo(0).get('Goal_Position')).toBe(2000 + 4096);
    expect(servo(1).get('Goal_Position')).toBe(2001);
  });

  it('has its watchdog guard it as long as it has torque', async () => {
    connect();
    const made = await driver();
    expect(servo(0).get('Bus_Watchdog')).toBe(0);
    made.setTorque(true);
    expect(servo(0).get('Bus_Watchdog')).toBe(10);
    made.setTorque(false);
    expect(servo(0).get('Bus_Watchdog')).toBe(0);
  });

  it('tells which error a motor is in, but for what robot.yaml tolerates', async () => {
    connect();
    const made = await driver();
    for (const place of [1, 5]) {
      servo(place).error = 0x80;
      servo(place).set('Hardware_Error_Status', place === 1 ? 0x04 : 0x20);
    }
    made.read();
    expect([...(made.readHealth()?.motorErrors ?? [])]).toEqual([0, 4, 0, 0, 0, 0]);
  });
});

describe('a leader', () => {
  it('becomes limp when it is connected', () => {
    arm = fakeArm('so101-leader');
    for (const each of arm.link.servos) each.set('Torque_Enable', 1);
    connect();
    expect(arm.link.servos.map((each) => each.get('Torque_Enable'))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('keeps the spring of its handle', () => {
    arm = fakeArm('koch-leader');
    connect();
    expect(arm.link.servos.map((each) => each.get('Torque_Enable'))).toEqual([0, 0, 0, 0, 0, 1]);
  });
});
