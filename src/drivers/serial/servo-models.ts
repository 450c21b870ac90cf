import { DYNAMIXEL_BAUD_RATES, XL330_REGISTERS, XL430_REGISTERS } from './dynamixel-registers.ts';
import { FEETECH_BAUD_RATES, SCS_REGISTERS, STS_REGISTERS } from './feetech-registers.ts';
import type { RegisterTable } from './register.ts';

export type ProtocolName = 'feetech' | 'dynamixel';

/** What is sold under one name. Mechanical values are the vendor's, at `nominalVoltageV`. */
export interface ServoModel {
  readonly name: string;
  readonly protocol: ProtocolName;
  /** What its register Model_Number holds. */
  readonly modelNumber: number;
  readonly registers: RegisterTable;
  /** By the value of its register Baud_Rate. */
  readonly baudRates: readonly number[];
  /** Steps of the encoder a turn. */
  readonly ticksPerTurn: number;
  readonly nominalVoltageV: number;
  readonly stallTorqueNm: number;
  readonly stallCurrentA: number;
  readonly noLoadVelocityRadPerS: number;
}

const STS = {
  protocol: 'feetech',
  registers: STS_REGISTERS,
  baudRates: FEETECH_BAUD_RATES,
  ticksPerTurn: 4096,
} as const;
const XL = { protocol: 'dynamixel', baudRates: DYNAMIXEL_BAUD_RATES, ticksPerTurn: 4096 } as const;
const REV_PER_MIN = (2 * Math.PI) / 60;

export const SERVO_MODELS = {
  sts3215: {
    ...STS,
    name: 'sts3215',
    modelNumber: 777,
    nominalVoltageV: 7.4,
    stallTorqueNm: 1.91,
    stallCurrentA: 2.4,
    noLoadVelocityRadPerS: 45 * REV_PER_MIN,
  },
  sts3250: {
    ...STS,
    name: 'sts3250',
    modelNumber: 2825,
    nominalVoltageV: 12,
    stallTorqueNm: 4.9,
    stallCurrentA: 3.6,
    noLoadVelocityRadPerS: 73 * REV_PER_MIN,
  },
  sm8512bl: {
    ...STS,
    name: 'sm8512bl',
    modelNumber: 11_272,
    nominalVoltageV: 12,
    stallTorqueNm: 8.3,
    stallCurrentA: 5.5,
    noLoadVelocityRadPerS: 62 * REV_PER_MIN,
  },
  scs0009: {
    name: 'scs0009',
    protocol: 'feetech',
    modelNumber: 1284,
    registers: SCS_REGISTERS,
    baudRates: FEETECH_BAUD_RATES,
    // 1024 steps over 300 degrees.
    ticksPerTurn: 1228.8,
    nominalVoltageV: 6,
    stallTorqueNm: 0.226,
    stallCurrentA: 1.1,
    noLoadVelocityRadPerS: 100 * REV_PER_MIN,
  },
  'xl330-m077': {
    ...XL,
    name: 'xl330-m077',
    modelNumber: 1190,
    registers: XL330_REGISTERS,
    nominalVoltageV: 5,
    stallTorqueNm: 0.215,
    stallCurrentA: 1.47,
    noLoadVelocityRadPerS: 383 * REV_PER_MIN,
  },
  'xl330-m288': {
    ...XL,
    name: 'xl330-m288',
    modelNumber: 1200,
    registers: XL330_REGISTERS,
    nominalVoltageV: 5,
    stallTorqueNm: 0.52,
    stallCurrentA: 1.47,
    noLoadVelocityRadPerS: 103 * REV_PER_MIN,
  },
  'xl430-w250': {
    ...XL,
    name: 'xl430-w250',
    modelNumber: 1060,
    registers: XL430_REGISTERS,
    nominalVoltageV: 11.1,
    stallTorqueNm: 1.4,
    stallCurrentA: 1.3,
    noLoadVelocityRadPerS: 57 * REV_PER_MIN,
  },
} as const satisfies Record<string, ServoModel>;

export type ServoModelName = keyof typeof SERVO_MODELS;

/** The model of this number, as a servo on a bus of this protocol reports it; undefined for one that is not known. */
export function servoModelOfNumber(protocol: ProtocolName, modelNumber: number): ServoModel | undefined {
  return Object.values<ServoModel>(SERVO_MODELS).find(
    (model) => model.protocol === protocol && model.modelNumber === modelNumber,
  );
}
