import { expect, it } from 'vitest';
import { hardwareErrors, statusErrors } from '../../../src/drivers/serial/status-error.ts';

it('names what a Feetech servo reports, and bits nobody knows', () => {
  expect(statusErrors('feetech', 0)).toEqual([]);
  expect(statusErrors('feetech', 0b100101)).toEqual(['voltage', 'overheat', 'overload']);
  expect(statusErrors('feetech', 0b1010000)).toEqual(['bits 0x50']);
});

it('names why a Dynamixel refuses, and that its hardware has an error', () => {
  expect(statusErrors('dynamixel', 0)).toEqual([]);
  expect(statusErrors('dynamixel', 7)).toEqual(['access denied']);
  expect(statusErrors('dynamixel', 0x80)).toEqual(['hardware error']);
  expect(statusErrors('dynamixel', 0x83)).toEqual(['bad CRC', 'hardware error']);
  expect(statusErrors('dynamixel', 0x20)).toEqual(['error 32']);
  expect(hardwareErrors(0b100001)).toEqual(['voltage', 'overload']);
});
