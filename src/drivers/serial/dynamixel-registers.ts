import { defineRegisters } from './register.ts';
import type { RegisterRow } from './register.ts';

/** 0.229 revolutions a minute in rad/s: the unit of every velocity. */
const VELOCITY = { unit: 'rad/s', scale: (0.229 * 2 * Math.PI) / 60 } as const;
/** 214.577 revolutions a minute squared in rad/s2. */
const ACCELERATION = { unit: 'rad/s2', scale: (214.577 * 2 * Math.PI) / 3600 } as const;
const VOLTAGE = { unit: 'V', scale: 0.1 } as const;
/** 885 is the whole duty: 0.113 % each. */
const PWM = { size: 2, unit: 'fraction', scale: 1 / 885 } as const;
const EEPROM = { area: 'eeprom' } as const;
const READ_ONLY = { access: 'r' } as const;
const SIGNED = { isTwosComplement: true } as const;
const GAIN = { size: 2, maximum: 16_383 } as const;
const PULSES = { size: 4, unit: 'tick' } as const;

/** What XL330 and XL430 lay out alike; initial values of the XL330-M288. Source: ROBOTIS' control tables. */
const COMMON = {
  Model_Number: { address: 0, size: 2, ...EEPROM, ...READ_ONLY },
  Model_Information: { address: 2, size: 4, ...EEPROM, ...READ_ONLY },
  Firmware_Version: { address: 6, ...EEPROM, ...READ_ONLY, initial: 50 },
  ID: { address: 7, ...EEPROM, initial: 1, maximum: 252 },
  Baud_Rate: { address: 8, ...EEPROM, initial: 1, maximum: 6 },
  Return_Delay_Time: { address: 9, ...EEPROM, initial: 250, maximum: 254, unit: 's', scale: 2e-6 },
  Drive_Mode: { address: 10, ...EEPROM, maximum: 13 },
  Operating_Mode: { address: 11, ...EEPROM, initial: 3, maximum: 16 },
  Secondary_ID: { address: 12, ...EEPROM, initial: 255 },
  Protocol_Type: { address: 13, ...EEPROM, initial: 2, minimum: 2, maximum: 22 },
  // Present_Position is what the encoder says plus this.
  Homing_Offset: { address: 20, ...PULSES, ...EEPROM, ...SIGNED, minimum: -1_044_479, maximum: 1_044_479 },
  Moving_Threshold: { address: 24, size: 4, ...EEPROM, initial: 10, maximum: 1023, ...VELOCITY },
  Temperature_Limit: { address: 31, ...EEPROM, initial: 70, maximum: 100, unit: 'degC' },
  Max_Voltage_Limit: { address: 32, size: 2, ...EEPROM, initial: 70, minimum: 31, maximum: 70, ...VOLTAGE },
  Min_Voltage_Limit: { address: 34, size: 2, ...EEPROM, initial: 35, minimum: 31, maximum: 70, ...VOLTAGE },
  PWM_Limit: { address: 36, ...PWM, ...EEPROM, initial: 885, maximum: 885 },
  Velocity_Limit: { address: 44, size: 4, ...EEPROM, initial: 445, maximum: 2047, ...VELOCITY },
  Max_Position_Limit: { address: 48, ...PULSES, ...EEPROM, initial: 4095, maximum: 4095 },
  Min_Position_Limit: { address: 52, ...PULSES, ...EEPROM, maximum: 4095 },
  Startup_Configuration: { address: 60, ...EEPROM, maximum: 3 },
  Shutdown: { address: 63, ...EEPROM, initial: 0b110101, maximum: 0b111101 },
  Torque_Enable: { address: 64, maximum: 1 },
  LED: { address: 65, maximum: 1 },
  Status_Return_Level: { address: 68, initial: 2, maximum: 2 },
  Registered_Instruction: { address: 69, ...READ_ONLY },
  Hardware_Error_Status: { address: 70, ...READ_ONLY },
  Velocity_I_Gain: { address: 76, ...GAIN, initial: 1600 },
  Velocity_P_Gain: { address: 78, ...GAIN, initial: 180 },
  Position_D_Gain: { address: 80, ...GAIN },
  Position_I_Gain: { address: 82, ...GAIN },
  Position_P_Gain: { address: 84, ...GAIN, initial: 400 },
  Feedforward_2nd_Gain: { address: 88, ...GAIN },
  Feedforward_1st_Gain: { address: 90, ...GAIN },
  // -1 says that the watchdog has bitten; writing 0 clears it.
  Bus_Watchdog: { address: 98, ...SIGNED, minimum: 0, maximum: 127, unit: 's', scale: 0.02 },
  Goal_PWM: { address: 100, ...PWM, ...SIGNED, initial: 885, minimum: -885, maximum: 885 },
  Goal_Velocity: { address: 104, size: 4, ...SIGNED, minimum: -2047, maximum: 2047, ...VELOCITY },
  Profile_Acceleration: { address: 108, size: 4, maximum: 32_767, ...ACCELERATION },
  Profile_Velocity: { address: 112, size: 4, maximum: 32_767, ...VELOCITY },
  Goal_Position: { address: 116, ...PULSES, ...SIGNED },
  Realtime_Tick: { address: 120, size: 2, ...READ_ONLY, unit: 's', scale: 0.001 },
  Moving: { address: 122, ...READ_ONLY },
  Moving_Status: { address: 123, ...READ_ONLY },
  Present_PWM: { address: 124, ...PWM, ...READ_ONLY, ...SIGNED },
  Present_Velocity: { address: 128, size: 4, ...READ_ONLY, ...SIGNED, ...VELOCITY },
  Present_Position: { address: 132, ...PULSES, ...READ_ONLY, ...SIGNED },
  Velocity_Trajectory: { address: 136, size: 4, ...READ_ONLY, ...SIGNED, ...VELOCITY },
  Position_Trajectory: { address: 140, ...PULSES, ...READ_ONLY, ...SIGNED },
  Present_Input_Voltage: { address: 144, size: 2, ...READ_ONLY, ...VOLTAGE },
  Present_Temperature: { address: 146, ...READ_ONLY, unit: 'degC' },
  Backup_Ready: { address: 147, ...READ_ONLY },
} as const satisfies Record<string, RegisterRow>;

/** XL330-M077 and -M288: they measure their current and can hold it within a goal. */
export const XL330_REGISTERS = defineRegisters('little', {
  ...COMMON,
  Current_Limit: { address: 38, size: 2, ...EEPROM, initial: 1750, maximum: 1750, unit: 'A', scale: 0.001 },
  PWM_Slope: { address: 62, ...EEPROM, initial: 140, minimum: 1 },
  Goal_Current: {
    address: 102,
    size: 2,
    ...SIGNED,
    initial: 1750,
    minimum: -1750,
    maximum: 1750,
    unit: 'A',
    scale: 0.001,
  },
  Present_Current: { address: 126, size: 2, ...READ_ONLY, ...SIGNED, unit: 'A', scale: 0.001 },
});

/** XL430-W250: no current sensor, it estimates its load. */
export const XL430_REGISTERS = defineRegisters('little', {
  ...COMMON,
  Baud_Rate: { address: 8, ...EEPROM, initial: 1, maximum: 7 },
  Operating_Mode: { address: 11, ...EEPROM, initial: 3, minimum: 1, maximum: 16 },
  Temperature_Limit: { address: 31, ...EEPROM, initial: 72, maximum: 100, unit: 'degC' },
  Max_Voltage_Limit: { address: 32, size: 2, ...EEPROM, initial: 140, minimum: 60, maximum: 140, ...VOLTAGE },
  Min_Voltage_Limit: { address: 34, size: 2, ...EEPROM, initial: 60, minimum: 60, maximum: 140, ...VOLTAGE },
  Velocity_Limit: { address: 44, size: 4, ...EEPROM, initial: 265, maximum: 1023, ...VELOCITY },
  Shutdown: { address: 63, ...EEPROM, initial: 0b110100, maximum: 0b111101 },
  Velocity_I_Gain: { address: 76, ...GAIN, initial: 1000 },
  Velocity_P_Gain: { address: 78, ...GAIN, initial: 100 },
  Position_P_Gain: { address: 84, ...GAIN, initial: 800 },
  Present_Load: { address: 126, size: 2, ...READ_ONLY, ...SIGNED, unit: 'fraction', scale: 0.001 },
});

/** Value of `Baud_Rate` by place; the last one only of the XL430. */
export const DYNAMIXEL_BAUD_RATES: readonly number[] = [
  9600, 57_600, 115_200, 1_000_000, 2_000_000, 3_000_000, 4_000_000, 4_500_000,
];
