import { describe, expect, it } from 'vitest';
import { STS_REGISTERS as R } from '../../../src/drivers/serial/feetech-registers.ts';
import { encodeAction, encodeRegWrite } from '../../../src/drivers/serial/instructions.ts';
import { FEETECH_ERROR_BITS } from '../../../src/drivers/serial/status-error.ts';
import { BenchArm, BROADCAST_ID } from './bench-arm.ts';

const arm = (): BenchArm => new BenchArm(['sts3215', 'sts3215']);

describe('an emulated STS3215', () => {
  it('moves to its goal when its torque is on, and not before', () => {
    const bench = arm();
    bench.write(1, R.Goal_Position, 2500);
    bench.wait(0.5);
    expect(bench.read(1, R.Present_Position)).toBe(2048);
    bench.write(1, R.Torque_Enable, 1);
    bench.wait(1.5);
    expect(bench.read(1, R.Present_Position)).toBeCloseTo(2500, -1);
    expect(bench.read(1, R.Moving)).toBe(0);
    expect(bench.read(2, R.Present_Position)).toBe(2048);
  });

  it('goes no faster than its goal velocity, and gains speed by its acceleration', () => {
    const bench = arm();
    bench.write(1, R.Goal_Velocity, 500);
    bench.write(1, R.Acceleration, 10);
    bench.write(1, R.Torque_Enable, 1);
    bench.write(1, R.Goal_Position, 3500);
    bench.wait(0.25);
    expect(bench.read(1, R.Present_Velocity)).toBeLessThan(300);
    bench.wait(1);
    const velocity = bench.read(1, R.Present_Velocity);
    expect(velocity).toBeGreaterThan(480);
    expect(velocity).toBeLessThan(520);
  });

  it('keeps its goal within its position limits', () => {
    const bench = arm();
    bench.write(1, R.Max_Position_Limit, 2200);
    bench.write(1, R.Torque_Enable, 1);
    bench.write(1, R.Goal_Position, 4000);
    bench.wait(2);
    expect(bench.read(1, R.Present_Position)).toBeCloseTo(2200, -1);
  });

  it('reports its position less its homing offset, within one turn', () => {
    const bench = arm();
    bench.write(1, R.Homing_Offset, 100);
    bench.wait(0.01);
    expect(bench.read(1, R.Present_Position)).toBe(1948);
    bench.write(1, R.Homing_Offset, -2047);
    bench.wait(0.01);
    expect(bench.read(1, R.Present_Position)).toBe(4095);
    bench.plant.reset([0.01, 0]);
    bench.wait(0.01);
    expect(bench.read(1, R.Present_Position)).toBe(6);
  });

  it('takes its present position for the middle when it is told so', () => {
    const bench = arm();
    bench.plant.reset([1, 0]);
    bench.wait(0.01);
    bench.write(1, R.Torque_Enable, 128);
    bench.wait(0.01);
    expect(bench.read(1, R.Present_Position)).toBe(2048);
    expect(bench.read(1, R.Homing_Offset)).toBe(652);
  });

  it('forgets what was written into EEPROM behind its lock', () => {
    const bench = arm();
    bench.write(1, R.P_Coefficient, 16);
    expect(bench.read(1, R.P_Coefficient)).toBe(16);
    bench.arm.brownOut(0.1);
    bench.wait(0.2);
    expect(bench.read(1, R.P_Coefficient)).toBe(32);
    bench.write(1, R.Lock, 0);
    bench.write(1, R.P_Coefficient, 16);
    bench.arm.brownOut(0.1);
    bench.wait(0.2);
    expect(bench.read(1, R.P_Coefficient)).toBe(16);
    expect(bench.read(1, R.Torque_Enable)).toBe(0);
  });

  it('takes neither what is out of range nor what is read-only', () => {
    const bench = arm();
    expect(bench.write(1, R.Operating_Mode, 9)).toBe(0);
    expect(bench.read(1, R.Operating_Mode)).toBe(0);
    bench.write(1, R.Present_Voltage, 1);
    bench.wait(0.01);
    expect(bench.read(1, R.Present_Voltage)).toBe(74);
  });

  it('lets a register write wait for its action', () => {
    const bench = arm();
    const data = Uint8Array.of(77);
    bench.ask((protocol, out) => encodeRegWrite(protocol, out, { id: 2, address: R.Acceleration.address, data }));
    expect(bench.read(2, R.Acceleration)).toBe(0);
    expect(bench.ask((protocol, out) => encodeAction(protocol, out, BROADCAST_ID))).toEqual([]);
    expect(bench.read(2, R.Acceleration)).toBe(77);
  });

  it('gives in when it is overloaded, says so, and works again when it is called back', () => {
    const bench = arm();
    bench.write(1, R.Torque_Enable, 1);
    bench.plant.setExternalTorque(0, -1.8);
    bench.write(1, R.Goal_Position, 2100);
    bench.wait(1.5);
    expect(bench.error(1)).toBe(0);
    bench.wait(1.5);
    expect(bench.error(1)).toBe(FEETECH_ERROR_BITS.overload);
    expect(bench.read(1, R.Status)).toBe(FEETECH_ERROR_BITS.overload);
    bench.wait(0.2);
    expect(Math.abs(bench.plant.torqueNm(0))).toBeLessThan(0.25 * bench.plant.motors[0]!.stallTorqueNm);
    bench.plant.setExternalTorque(0, 0);
    bench.write(1, R.Goal_Position, bench.read(1, R.Present_Position) - 200);
    expect(bench.error(1)).toBe(0);
  });

  it('switches its torque off when it is too hot', () => {
    const bench = arm();
    bench.write(1, R.Torque_Enable, 1);
    bench.arm.servos[0]!.setTemperature(71);
    bench.wait(0.01);
    expect(bench.read(1, R.Torque_Enable)).toBe(0);
    expect(bench.error(1)).toBe(FEETECH_ERROR_BITS.overheat);
    expect(bench.read(1, R.Present_Temperature)).toBe(71);
    expect(bench.error(2)).toBe(0);
  });

  it('turns at a velocity, with a duty, and by steps in its other modes', () => {
    const bench = arm();
    bench.write(1, R.Operating_Mode, 1);
    bench.write(1, R.Torque_Enable, 1);
    bench.write(1, R.Goal_Velocity, -800);
    bench.wait(1);
    expect(bench.read(1, R.Present_Velocity)).toBeLessThan(-500);
    bench.write(2, R.Operating_Mode, 3);
    bench.write(2, R.Torque_Enable, 1);
    bench.write(2, R.Goal_Position, 300);
    bench.wait(1);
    bench.write(2, R.Goal_Position, 300);
    bench.wait(1);
    expect(bench.read(2, R.Present_Position)).toBeCloseTo(2648, -1);
    bench.write(2, R.Operating_Mode, 2);
    bench.write(2, R.Goal_Time, 1024 + 500);
    bench.wait(0.5);
    expect(bench.read(2, R.Present_Velocity)).toBeLessThan(-100);
  });

  it('holds where it was told to be, however it is pushed, with load, current and warmth', () => {
    const bench = arm();
    bench.write(1, R.Goal_Position, 2048);
    bench.write(1, R.Torque_Enable, 1);
    bench.plant.setExternalTorque(0, 1);
    bench.wait(1);
    expect(bench.read(1, R.Present_Position)).toBeCloseTo(2048, -1);
    expect(bench.read(1, R.Present_Load)).toBeLessThan(-400);
    expect(bench.read(1, R.Present_Current)).toBeLessThan(-100);
    bench.wait(20);
    expect(bench.read(1, R.Present_Temperature)).toBeGreaterThan(27);
    expect(bench.read(1, R.Present_Voltage)).toBeLessThanOrEqual(74);
  });
});
