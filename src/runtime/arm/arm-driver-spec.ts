import { UnknownNameError } from '../../core/errors.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { ArmDriverSpec } from './arm-spec.ts';

/** What a person says of where a real arm is. */
export interface ArmAddress {
  /** A block under `drivers` in robot.yaml. */
  readonly driver: string;
  /** serial: the port of the bus. */
  readonly port?: string | undefined;
  /** serial: calibration file of this arm. */
  readonly calibration?: string | undefined;
  /** ros: address of the rosbridge server. */
  readonly url?: string | undefined;
}

/**
 * How an arm process reaches a real arm. Throws UnknownNameError for a driver that robot.yaml has no block for, and what
 * the driver needs and was not given.
 */
export function armDriverSpec(robot: RobotSpec, { driver, url }: ArmAddress): ArmDriverSpec {
  const reachable = Object.keys(robot.drivers).filter((name) => name !== 'sim');
  if (!reachable.includes(driver)) throw new UnknownNameError('driver', driver, reachable);
  if (driver === 'ros') return { kind: 'ros', url };
  return { kind: 'mirror' };
}
