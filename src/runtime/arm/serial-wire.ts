import type { Calibration } from '../../calibration/calibration-problems.ts';
import type { Clock } from '../../core/clock.ts';
import { armBusOf } from '../../drivers/serial/arm-bus-of.ts';
import { armMotors } from '../../drivers/serial/arm-motors.ts';
import { SerialDriver } from '../../drivers/serial/serial-driver.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';

/** What the gate's thread needs to use the port that the main thread opened. */
export interface SerialWire {
  readonly kind: 'serial';
  readonly descriptor: number;
  readonly path: string;
  readonly hasEcho: boolean;
  readonly calibration: Calibration;
  /** One Int32; not 0: the main thread has taken the port over, and the gate's thread must not use it any more. */
  readonly isTaken: SharedArrayBuffer;
}

/** The gate's end. Throws what SerialDriver.connect throws. */
export async function serialDriverOf(robot: RobotSpec, wire: SerialWire, clock: Clock): Promise<SerialDriver> {
  const isTaken = new Int32Array(wire.isTaken);
  const bus = armBusOf(robot, { ...wire, clock, mayUse: () => Atomics.load(isTaken, 0) === 0 });
  const driver = new SerialDriver(robot, armMotors(robot, wire.calibration), bus);
  await driver.connect();
  return driver;
}
