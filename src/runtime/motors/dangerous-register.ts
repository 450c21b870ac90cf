import type { Register } from '../../drivers/serial/register.ts';

/** Registers of RAM that move an arm, let it fall, or change what it does next. */
const MOVING = /^(Torque_|Goal_|Profile_|Acceleration|Bus_Watchdog|.*_Gain$|.*_Coefficient$)/;

/** Why writing a register wants a person's word; undefined for one that does not. */
export function dangerOfWriting({ name, area }: Register): string | undefined {
  if (name === 'ID' || name === 'Baud_Rate') return 'the servo answers elsewhere afterwards, or not at all';
  if (name === 'Torque_Enable') return 'the arm falls without torque, and leaps to an old goal with it';
  if (area === 'eeprom') return 'the servo keeps it without power';
  return MOVING.test(name) ? 'it changes what the motor does' : undefined;
}

/** The value in its unit, for people; undefined for codes and ticks. */
export function valueInUnit(register: Register, value: number): string | undefined {
  const { unit, scale } = register;
  if (unit === 'tick' || unit === 'code') return undefined;
  return `${Number((value * scale).toPrecision(4))} ${UNITS[unit] ?? unit}`;
}

const UNITS: Partial<Record<Register['unit'], string>> = { degC: '°C', fraction: 'of 1', 'rad/s2': 'rad/s²' };
