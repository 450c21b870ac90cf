import type { ProtocolName } from './servo-models.ts';

/** Bits of the error byte of a Feetech servo, which are those of its registers Status, Unloading_Condition and LED_Alarm. */
export const FEETECH_ERROR_BITS = {
  voltage: 1 << 0,
  /** The magnetic encoder is faulty. */
  encoder: 1 << 1,
  overheat: 1 << 2,
  overcurrent: 1 << 3,
  overload: 1 << 5,
} as const;

/** Bits of a Dynamixel's registers Hardware_Error_Status and Shutdown. */
export const DYNAMIXEL_HARDWARE_ERROR_BITS = {
  voltage: 1 << 0,
  overheat: 1 << 2,
  encoder: 1 << 3,
  'electrical shock': 1 << 4,
  overload: 1 << 5,
} as const;

/** Bit of a Dynamixel's error byte: its Hardware_Error_Status is not 0. The other bits are one of `DYNAMIXEL_ERROR`. */
export const DYNAMIXEL_ALERT = 0x80;

/** Why a Dynamixel did not carry out an instruction. */
export const DYNAMIXEL_ERROR = {
  'could not process': 1,
  'unknown instruction': 2,
  'bad CRC': 3,
  'value out of range': 4,
  'data length': 5,
  'value beyond limit': 6,
  'access denied': 7,
} as const;

const DYNAMIXEL_ERROR_NAMES = Object.fromEntries(Object.entries(DYNAMIXEL_ERROR).map(([name, code]) => [code, name]));

/** What the error byte of a status packet says, in words; empty for 0. */
export function statusErrors(protocol: ProtocolName, error: number): string[] {
  if (protocol === 'feetech') return namesOfBits(FEETECH_ERROR_BITS, error);
  const code = error & ~DYNAMIXEL_ALERT;
  const refusal = code === 0 ? [] : [DYNAMIXEL_ERROR_NAMES[code] ?? `error ${code}`];
  return error & DYNAMIXEL_ALERT ? [...refusal, 'hardware error'] : refusal;
}

/** What a Dynamixel's register Hardware_Error_Status says, in words. */
export function hardwareErrors(status: number): string[] {
  return namesOfBits(DYNAMIXEL_HARDWARE_ERROR_BITS, status);
}

/** Told as an error of a motor whose power was gone, and with it all that was set up. No servo uses this bit. */
export const RESTARTED_ERROR = 0x40;

/** What an error byte of ArmHealth says, in words: of a status packet and of the register with the faults of the motor. */
export function motorErrorWords(protocol: ProtocolName, error: number): string[] {
  const own = error & ~RESTARTED_ERROR;
  const names = protocol === 'feetech' ? statusErrors(protocol, own) : hardwareErrors(own & ~DYNAMIXEL_ALERT);
  return error & RESTARTED_ERROR ? [...names, 'its power was gone'] : names;
}

function namesOfBits(bits: Readonly<Record<string, number>>, value: number): string[] {
  const known = Object.entries(bits);
  const unknown = value & ~known.reduce((mask, [, bit]) => mask | bit, 0);
  const names = known.filter(([, bit]) => (value & bit) !== 0).map(([name]) => name);
  return unknown === 0 ? names : [...names, `bits 0x${unknown.toString(16)}`];
}
