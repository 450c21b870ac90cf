import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCS_REGISTERS, STS_REGISTERS } from '../../../src/drivers/serial/feetech-registers.ts';
import { XL330_REGISTERS } from '../../../src/drivers/serial/dynamixel-registers.ts';
import { readRegister, writeRegister } from '../../../src/drivers/serial/register.ts';
import { SERVO_MODELS, servoModelOfNumber } from '../../../src/drivers/serial/servo-models.ts';
import type { ServoModel } from '../../../src/drivers/serial/servo-models.ts';

const MODELS = Object.values<ServoModel>(SERVO_MODELS);
const REGISTERS = MODELS.flatMap(({ name, registers }) =>
  Object.values(registers).map((register) => ({ model: name, register })),
);

describe('registers', () => {
  it('give back every value they take', () => {
    fc.assert(
      fc.property(fc.constantFrom(...REGISTERS), fc.double({ min: 0, max: 1, noNaN: true }), ({ register }, share) => {
        const value = Math.round(register.minimum + share * (register.maximum - register.minimum));
        const bytes = new Uint8Array(8).fill(0xaa);
        writeRegister(register, value, bytes, 2);
        expect(readRegister(register, bytes, 2)).toBe(value);
        expect(bytes.filter((byte) => byte === 0xaa).length).toBeGreaterThanOrEqual(8 - register.size);
      }),
    );
  });

  it('hold negative values as their servos do', () => {
    const bytes = new Uint8Array(4);
    writeRegister(STS_REGISTERS.Homing_Offset, -2047, bytes, 0);
    expect([...bytes]).toEqual([0xff, 0x0f, 0, 0]);
    writeRegister(STS_REGISTERS.Goal_Velocity, -1, bytes, 0);
    expect([...bytes]).toEqual([0x01, 0x80, 0, 0]);
    writeRegister(XL330_REGISTERS.Goal_Position, -1, bytes, 0);
    expect([...bytes]).toEqual([0xff, 0xff, 0xff, 0xff]);
    writeRegister(SCS_REGISTERS.Goal_Position, 0x0123, bytes, 0);
    expect([...bytes.subarray(0, 2)]).toEqual([0x01, 0x23]);
  });

  it('refuse what they cannot hold, and name themselves', () => {
    const bytes = new Uint8Array(4);
    expect(() => writeRegister(STS_REGISTERS.Homing_Offset, 2048, bytes, 0)).toThrow(
      /E_REGISTER_VALUE: register Homing_Offset .* 2048\. Expected a whole number from -2047 to 2047/,
    );
    expect(() => writeRegister(STS_REGISTERS.Goal_Position, 0.5, bytes, 0)).toThrow(/E_REGISTER_VALUE/);
    expect(() => writeRegister(STS_REGISTERS.Goal_Position, Number.NaN, bytes, 0)).toThrow(/E_REGISTER_VALUE/);
  });
});

describe.each(MODELS)('the control table of $name', ({ registers, protocol, modelNumber, name }) => {
  it('has no two registers in one place, EEPROM below RAM, and initial values within bounds', () => {
    const taken = new Map<number, string>();
    for (const register of Object.values(registers)) {
      for (let index = 0; index < register.size; index++) {
        expect(taken.get(register.address + index), register.name).toBeUndefined();
        taken.set(register.address + index, register.name);
      }
      expect(register.initial, register.name).toBeGreaterThanOrEqual(register.access === 'r' ? 0 : register.minimum);
      expect(register.initial, register.name).toBeLessThanOrEqual(register.maximum);
    }
  });

  it('is found by its model number', () => {
    expect(servoModelOfNumber(protocol, modelNumber)?.name).toBe(name);
  });
});
