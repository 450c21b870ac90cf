import { z } from 'zod';

/**
 * Registers of a servo by the name they have in the driver's tables (`src/drivers/serial/*-registers.ts`), with values as the
 * vendor's manual writes them: in the servo's own steps, signed where the register is.
 */
const registersSchema = z.record(z.string().min(1), z.int());

/** The servo of one joint. */
const motorSchema = z.strictObject({
  /** Address on the bus. */
  id: z.int().min(0).max(252),
  /** A name of `SERVO_MODELS`, such as `sts3215` or `xl330-m288`: decides the registers and is held against what the servo says. */
  model: z.string().min(1),
  /**
   * How ticks become radians. `angle`: the middle of the calibrated range is the middle of the joint's `positionRad`, and a
   * turn of the servo is a turn of the joint. `range`: the calibrated range is stretched over `positionRad`, for grippers, of which
   * the ends are what is known. Default `angle`.
   */
  unit: z.enum(['angle', 'range']).default('angle'),
  /**
   * The joint turns (nearly) all the way round, so that its stops do not tell its range: it is calibrated by its middle pose alone,
   * and its range is the whole turn, as LeRobot does with wrist_roll, and on the Koch with shoulder_pan. Default false.
   */
  fullTurn: z.boolean().default(false),
  /** Of a leader only: its torque is on, at this position, rad, so that it springs back when let go. Absent: limp. */
  springRad: z.number().optional(),
  /**
   * Errors the servo may report without the gate stopping the arm, such as `overload` of a gripper that gives in while it holds. Names
   * are those of the error bits (`status-error.ts`): voltage, encoder, overheat, overcurrent, overload. Default none.
   */
  toleratedErrors: z.array(z.enum(['voltage', 'encoder', 'overheat', 'overcurrent', 'overload'])).default([]),
  /** Written at connect for this motor, over those of the whole bus. Default none. */
  registers: registersSchema.default({}),
});

/**
 * The `drivers.serial` block of robot.yaml: servos on one bus. Connecting writes `registers` to every motor and reads them back;
 * those of EEPROM are written only where they differ. The driver itself sets, and robot.yaml may not: the goal, the torque, the lock,
 * the calibration (Homing_Offset, Min_Position_Limit, Max_Position_Limit), and the profile velocity and acceleration, which follow
 * from the joint's limits.
 */
export const serialSchema = z.strictObject({
  /** `feetech`: their protocol of the STS, SMS and SCS series. `dynamixel`: protocol 2.0. */
  protocol: z.enum(['feetech', 'dynamixel']),
  /** Bits per second. */
  baudRate: z.int().positive(),
  /** A leader is moved by hand and only read: its torque stays off, but for joints with a `springRad`. Default `follower`. */
  role: z.enum(['follower', 'leader']).default('follower'),
  /** Written to every motor at connect. Default none. */
  registers: registersSchema.default({}),
  /**
   * Servos that hear nothing for so long stop by themselves and hold, ms: Dynamixel's bus watchdog, in steps of 20 ms up to 2540.
   * Absent: off. Feetech's servos have none.
   */
  busWatchdogMs: z.number().min(20).max(2540).optional(),
  /** By joint name; every joint needs one. */
  motors: z.record(z.string().min(1), motorSchema),
});

export type SerialSpec = Readonly<z.infer<typeof serialSchema>>;
export type SerialMotorSpec = SerialSpec['motors'][string];

/** What the block says against the joints of the robot; empty for one that fits. Each problem names its joint. */
export function serialProblems(serial: SerialSpec, jointNames: readonly string[]): string[] {
  const problems = Object.keys(serial.motors)
    .filter((name) => !jointNames.includes(name))
    .map((name) => `drivers.serial.motors: "${name}" is no joint; joints are ${jointNames.join(', ')}`);
  const owners = new Map<number, string>();
  for (const name of jointNames) {
    const motor = Object.hasOwn(serial.motors, name) ? serial.motors[name] : undefined;
    if (motor === undefined) {
      problems.push(`drivers.serial.motors: joint "${name}" has no motor`);
      continue;
    }
    const owner = owners.get(motor.id);
    if (owner !== undefined) problems.push(`drivers.serial.motors: joint "${name}" has the id of joint "${owner}"`);
    owners.set(motor.id, name);
    problems.push(...reservedProblems(name, { ...serial.registers, ...motor.registers }));
  }
  return problems;
}

/** Set by the driver from elsewhere: two sources for one value would contradict each other one day. */
const RESERVED = new Set([
  'ID',
  'Baud_Rate',
  'Torque_Enable',
  'Lock',
  'Goal_Position',
  'Homing_Offset',
  'Min_Position_Limit',
  'Max_Position_Limit',
  'Acceleration',
  'Goal_Velocity',
  'Profile_Acceleration',
  'Profile_Velocity',
  'Bus_Watchdog',
]);

function reservedProblems(joint: string, registers: Readonly<Record<string, number>>): string[] {
  return Object.keys(registers)
    .filter((name) => RESERVED.has(name))
    .map((name) => `drivers.serial: register ${name} of joint "${joint}" is set by the driver itself`);
}
