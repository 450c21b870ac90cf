import { calibrationPath } from '../../calibration/load-calibration.ts';
import { ArmatureError, UnknownNameError } from '../../core/errors.ts';
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
 * the driver needs and was not given: E_PORT_MISSING.
 */
export function armDriverSpec(robot: RobotSpec, { driver, port, calibration, url }: ArmAddress): ArmDriverSpec {
  const reachable = Object.keys(robot.drivers).filter((name) => name !== 'sim');
  if (!reachable.includes(driver)) throw new UnknownNameError('driver', driver, reachable);
  if (driver === 'mirror') return { kind: 'mirror' };
  if (driver === 'ros') return { kind: 'ros', url };
  if (port !== undefined) {
    return { kind: 'serial', port, calibration: calibration ?? calibrationPath(robot.name) };
  }
  throw new ArmatureError('E_PORT_MISSING', `robot "${robot.name}" is on a serial bus, and no port was given`, {
    remedy: 'Give it with --port; `armature ports` finds arms.',
  });
}
