import { defineRegisters } from './register.ts';
import type { RegisterRow } from './register.ts';

/** One step per second, of 4096 steps a turn, in rad/s. */
const STEP_PER_S = (2 * Math.PI) / 4096;
const VOLTAGE = { unit: 'V', scale: 0.1 } as const;
const DUTY = { unit: 'fraction', scale: 0.001 } as const;
const PERCENT = { unit: 'fraction', scale: 0.01 } as const;
const EEPROM = { area: 'eeprom' } as const;
const READ_ONLY = { access: 'r' } as const;
const STATUS_MASK = { ...EEPROM, maximum: 255 } as const;

/**
 * What both series lay out alike. Sources: the vendor's memory tables of the STS and SCSCL series; initial values are those of
 * a new STS3215 for 7.4 V.
 */
const COMMON = {
  Firmware_Major_Version: { address: 0, ...EEPROM, ...READ_ONLY, initial: 3 },
  Firmware_Minor_Version: { address: 1, ...EEPROM, ...READ_ONLY, initial: 10 },
  Model_Number: { address: 3, size: 2, ...EEPROM, ...READ_ONLY },
  ID: { address: 5, ...EEPROM, initial: 1, maximum: 253 },
  Baud_Rate: { address: 6, ...EEPROM, maximum: 7 },
  Return_Delay_Time: { address: 7, ...EEPROM, initial: 250, maximum: 254, unit: 's', scale: 2e-6 },
  Response_Status_Level: { address: 8, ...EEPROM, initial: 1, maximum: 1 },
  Min_Position_Limit: { address: 9, size: 2, ...EEPROM, maximum: 4095, unit: 'tick' },
  Max_Position_Limit: { address: 11, size: 2, ...EEPROM, initial: 4095, maximum: 4095, unit: 'tick' },
  Max_Temperature_Limit: { address: 13, ...EEPROM, initial: 70, maximum: 100, unit: 'degC' },
  Max_Voltage_Limit: { address: 14, ...EEPROM, initial: 80, maximum: 254, ...VOLTAGE },
  Min_Voltage_Limit: { address: 15, ...EEPROM, initial: 40, maximum: 254, ...VOLTAGE },
  Max_Torque_Limit: { address: 16, size: 2, ...EEPROM, initial: 1000, maximum: 1000, ...DUTY },
  Phase: { address: 18, ...STATUS_MASK, initial: 12 },
  Unloading_Condition: { address: 19, ...STATUS_MASK, initial: 0b101100 },
  LED_Alarm_Condition: { address: 20, ...STATUS_MASK, initial: 0b101111 },
  // The order of the vendor: P, D, I.
  P_Coefficient: { address: 21, ...EEPROM, initial: 32, maximum: 254 },
  D_Coefficient: { address: 22, ...EEPROM, initial: 32, maximum: 254 },
  I_Coefficient: { address: 23, ...EEPROM, maximum: 254 },
  Minimum_Startup_Force: { address: 24, size: 2, ...EEPROM, initial: 16, maximum: 1000, ...DUTY },
  CW_Dead_Zone: { address: 26, ...EEPROM, initial: 1, maximum: 32, unit: 'tick' },
  CCW_Dead_Zone: { address: 27, ...EEPROM, initial: 1, maximum: 32, unit: 'tick' },
  Torque_Enable: { address: 40, maximum: 128 },
  Present_Voltage: { address: 62, ...READ_ONLY, ...VOLTAGE },
  Present_Temperature: { address: 63, ...READ_ONLY, unit: 'degC' },
  Status: { address: 65, ...READ_ONLY },
  Moving: { address: 66, ...READ_ONLY },
} as const satisfies Record<string, RegisterRow>;

/** STS and SMS series: words with the low byte first, 4096 steps a turn. */
export const STS_REGISTERS = defineRegisters('little', {
  ...COMMON,
  Protection_Current: { address: 28, size: 2, ...EEPROM, initial: 500, maximum: 511, unit: 'A', scale: 0.0065 },
  Angular_Resolution: { address: 30, ...EEPROM, initial: 1, minimum: 1, maximum: 100 },
  // Present_Position is what the encoder says minus this.
  Homing_Offset: { address: 31, size: 2, ...EEPROM, signBit: 11, unit: 'tick' },
  Operating_Mode: { address: 33, ...EEPROM, maximum: 3 },
  Protective_Torque: { address: 34, ...EEPROM, initial: 20, maximum: 100, ...PERCENT },
  Protection_Time: { address: 35, ...EEPROM, initial: 200, maximum: 254, unit: 's', scale: 0.01 },
  Overload_Torque: { address: 36, ...EEPROM, initial: 80, maximum: 100, ...PERCENT },
  Velocity_P_Coefficient: { address: 37, ...EEPROM, initial: 10, maximum: 100 },
  Over_Current_Protection_Time: { address: 38, ...EEPROM, initial: 200, maximum: 254, unit: 's', scale: 0.01 },
  Velocity_I_Coefficient: { address: 39, ...EEPROM, initial: 10, maximum: 254 },
  Acceleration: { address: 41, maximum: 254, unit: 'rad/s2', scale: 100 * STEP_PER_S },
  Goal_Position: { address: 42, size: 2, signBit: 15, unit: 'tick' },
  // In the PWM mode the goal's duty stands here, with bit 10 as its sign.
  Goal_Time: { address: 44, size: 2 },
  Goal_Velocity: { address: 46, size: 2, signBit: 15, unit: 'rad/s', scale: STEP_PER_S },
  Torque_Limit: { address: 48, size: 2, initial: 1000, maximum: 1000, ...DUTY },
  Lock: { address: 55, initial: 1, maximum: 1 },
  Present_Position: { address: 56, size: 2, ...READ_ONLY, signBit: 15, unit: 'tick' },
  Present_Velocity: { address: 58, size: 2, ...READ_ONLY, signBit: 15, unit: 'rad/s', scale: STEP_PER_S },
  Present_Load: { address: 60, size: 2, ...READ_ONLY, signBit: 10, ...DUTY },
  Present_Current: { address: 69, size: 2, ...READ_ONLY, signBit: 15, unit: 'A', scale: 0.0065 },
  Goal_Position_2: { address: 71, size: 2, ...READ_ONLY, signBit: 15, unit: 'tick' },
  Moving_Velocity: { address: 80, ...EEPROM, ...READ_ONLY, initial: 50 },
  Moving_Velocity_Threshold: { address: 81, ...EEPROM, ...READ_ONLY, initial: 10 },
  Maximum_Velocity_Limit: { address: 84, ...EEPROM, initial: 60 },
  Maximum_Acceleration: { address: 85, ...EEPROM, initial: 50, maximum: 254, unit: 'rad/s2', scale: 100 * STEP_PER_S },
  Acceleration_Multiplier: { address: 86, ...EEPROM, initial: 1 },
});

/** SCS series: words with the high byte first, 1024 steps a 300 degrees, no homing offset and no acceleration. */
export const SCS_REGISTERS = defineRegisters('big', {
  ...COMMON,
  Min_Position_Limit: { address: 9, size: 2, ...EEPROM, initial: 20, maximum: 1023, unit: 'tick' },
  Max_Position_Limit: { address: 11, size: 2, ...EEPROM, initial: 1003, maximum: 1023, unit: 'tick' },
  Unloading_Condition: { address: 19, ...STATUS_MASK, initial: 0b100101 },
  LED_Alarm_Condition: { address: 20, ...STATUS_MASK, initial: 0b100101 },
  Protective_Torque: { address: 37, ...EEPROM, initial: 40, maximum: 100, ...PERCENT },
  Protection_Time: { address: 38, ...EEPROM, initial: 80, maximum: 254, unit: 's', scale: 0.01 },
  Goal_Position: { address: 42, size: 2, maximum: 1023, unit: 'tick' },
  Goal_Time: { address: 44, size: 2 },
  Goal_Velocity: { address: 46, size: 2 },
  Lock: { address: 48, initial: 1, maximum: 1 },
  Present_Position: { address: 56, size: 2, ...READ_ONLY, unit: 'tick' },
  Present_Velocity: { address: 58, size: 2, ...READ_ONLY, signBit: 15 },
  Present_Load: { address: 60, size: 2, ...READ_ONLY, signBit: 10, ...DUTY },
});

/** Value of `Baud_Rate` by place. The vendor's table; LeRobot's says 57600, 38400 and 19200 for the last three. */
export const FEETECH_BAUD_RATES: readonly number[] = [
  1_000_000, 500_000, 250_000, 128_000, 115_200, 76_800, 57_600, 38_400,
];
