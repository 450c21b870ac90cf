import { describe, expect, it } from 'vitest';
import { XL330_REGISTERS as R, XL430_REGISTERS } from '../../../src/drivers/serial/dynamixel-registers.ts';
import { encodeFactoryReset, encodePing, encodeReboot } from '../../../src/drivers/serial/instructions.ts';
import {
  DYNAMIXEL_ALERT,
  DYNAMIXEL_ERROR,
  DYNAMIXEL_HARDWARE_ERROR_BITS,
} from '../../../src/drivers/serial/status-error.ts';
import { BenchArm, BROADCAST_ID } from './bench-arm.ts';

const arm = (): BenchArm => new BenchArm(['xl430-w250', 'xl330-m288', 'xl330-m288']);

describe('an emulated Dynamixel', () => {
  it('answers a ping with its model and firmware, and a ping to all after the others', () => {
    const bench = arm();
    expect(bench.ask((protocol, out) => encodePing(protocol, out, 1))[0]?.data).toEqual([1060 & 255, 1060 >> 8, 50]);
    const answers = bench.ask((protocol, out) => encodePing(protocol, out, BROADCAST_ID));
    expect(answers.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it('moves to its goal, and begins where it is when its torque comes on', () => {
    const bench = arm();
    bench.write(2, R.Goal_Position, 3000);
    bench.write(2, R.Torque_Enable, 1);
    bench.wait(0.5);
    expect(bench.read(2, R.Present_Position)).toBe(2048);
    bench.write(2, R.Goal_Position, 2500);
    bench.wait(2);
    expect(Math.abs(bench.read(2, R.Present_Position) - 2500)).toBeLessThan(40);
  });

  it('keeps to the velocity of its profile', () => {
    const bench = arm();
    bench.write(1, R.Profile_Velocity, 20);
    bench.write(1, R.Torque_Enable, 1);
    bench.write(1, R.Goal_Position, 3500);
    bench.wait(1);
    const velocity = bench.read(1, R.Present_Velocity);
    expect(velocity).toBeGreaterThan(17);
    expect(velocity).toBeLessThan(23);
  });

  it('refuses with the reason', () => {
    const bench = arm();
    expect(bench.write(2, R.Present_Position, 1)).toBe(DYNAMIXEL_ERROR['access denied']);
    expect(bench.write(2, R.Goal_Position, 5000)).toBe(DYNAMIXEL_ERROR['value beyond limit']);
    bench.write(2, R.Torque_Enable, 1);
    expect(bench.write(2, R.Return_Delay_Time, 0)).toBe(DYNAMIXEL_ERROR['access denied']);
    bench.write(2, R.Torque_Enable, 0);
    expect(bench.write(2, R.Return_Delay_Time, 0)).toBe(0);
  });

  it('reports its position plus its homing offset, and turned round in reverse', () => {
    const bench = arm();
    bench.write(2, R.Homing_Offset, -100);
    bench.wait(0.01);
    expect(bench.read(2, R.Present_Position)).toBe(1948);
    bench.write(2, R.Homing_Offset, 0);
    bench.write(2, R.Drive_Mode, 1);
    bench.write(2, R.Operating_Mode, 4);
    bench.ask((protocol, out) => encodeReboot(protocol, out, 2));
    bench.plant.reset([0, 0.5, 0]);
    bench.wait(0.01);
    const there = bench.read(2, R.Present_Position);
    bench.plant.reset([0, 0.6, 0]);
    bench.wait(0.01);
    expect(bench.read(2, R.Present_Position)).toBeLessThan(there);
  });

  it('counts turns in the extended position mode', () => {
    const bench = arm();
    bench.write(3, R.Operating_Mode, 4);
    bench.write(3, R.Torque_Enable, 1);
    bench.write(3, R.Goal_Position, 6000);
    bench.wait(2);
    expect(Math.abs(bench.read(3, R.Present_Position) - 6000)).toBeLessThan(40);
  });

  it('pushes no harder than its goal current allows', () => {
    const bench = arm();
    bench.write(3, R.Operating_Mode, 5);
    bench.write(3, R.Goal_Current, 200);
    bench.write(3, R.Torque_Enable, 1);
    bench.plant.setExternalTorque(2, -0.3);
    bench.write(3, R.Goal_Position, 3000);
    bench.wait(0.5);
    expect(Math.abs(bench.read(3, R.Present_Current))).toBeLessThanOrEqual(201);
  });

  it('stops and holds when its watchdog hears nothing, and takes goals again when that is cleared', () => {
    const bench = arm();
    bench.write(2, R.Profile_Velocity, 20);
    bench.write(2, R.Bus_Watchdog, 5);
    bench.write(2, R.Torque_Enable, 1);
    bench.write(2, R.Goal_Position, 4000);
    bench.wait(0.08);
    expect(bench.read(2, R.Bus_Watchdog)).toBe(5);
    bench.wait(0.15);
    const there = bench.read(2, R.Present_Position);
    bench.wait(0.5);
    expect(bench.read(2, R.Bus_Watchdog)).toBe(-1);
    expect(Math.abs(bench.read(2, R.Present_Position) - there)).toBeLessThan(20);
    expect(bench.write(2, R.Goal_Position, 2000)).toBe(DYNAMIXEL_ERROR['value out of range']);
    bench.write(2, R.Bus_Watchdog, 0);
    expect(bench.write(2, R.Goal_Position, 2000)).toBe(0);
  });

  it('shuts down when it is overloaded, and works again after a reboot alone', () => {
    const bench = arm();
    bench.write(2, R.Torque_Enable, 1);
    bench.plant.setExternalTorque(1, -2);
    bench.wait(2);
    expect(bench.read(2, R.Torque_Enable)).toBe(0);
    expect(bench.read(2, R.Hardware_Error_Status)).toBe(DYNAMIXEL_HARDWARE_ERROR_BITS.overload);
    expect(bench.error(2)).toBe(DYNAMIXEL_ALERT);
    bench.plant.setExternalTorque(1, 0);
    bench.write(2, R.Torque_Enable, 1);
    expect(bench.read(2, R.Torque_Enable)).toBe(0);
    bench.ask((protocol, out) => encodeReboot(protocol, out, 2));
    bench.write(2, R.Torque_Enable, 1);
    expect(bench.read(2, R.Torque_Enable)).toBe(1);
    expect(bench.error(2)).toBe(0);
  });

  it('keeps its id over a factory reset that says so', () => {
    const bench = arm();
    bench.write(3, R.Temperature_Limit, 60);
    bench.ask((protocol, out) => encodeFactoryReset(protocol, out, 3, 'idAndBaudRate'));
    expect(bench.read(3, R.Temperature_Limit)).toBe(70);
    expect(bench.read(1, XL430_REGISTERS.Present_Load)).toBe(0);
  });
});
