import type { Clock } from '../core/clock.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { LeaderSource } from '../teleop/leader/leader-source.ts';
import type { ArmConnection, ArmDriverSpec } from './arm/arm-spec.ts';
import { ProcessArm } from './arm/process-arm.ts';

/** A leader that was reached and measures nothing for so long is not there, ms. */
const FIRST_STATE_MS = 2000;

export interface LeaderArmOptions {
  readonly robot: RobotSpec;
  readonly driver: ArmDriverSpec;
  readonly clock: Clock;
  /** Told once what connecting changed in the arm and found out. */
  readonly onConnected?: ((connection: ArmConnection, robot: RobotSpec) => void) | undefined;
}

/**
 * A real arm that is moved by hand. It has an arm process as any other, which is never armed: its motors stay as
 * connecting left them, limp or sprung. Its state is known once this resolves. Throws what ProcessArm.start throws, and
 * E_ARM_SILENT for an arm that does not say where it is.
 */
export async function openLeaderArm({ robot, driver, clock, onConnected }: LeaderArmOptions): Promise<LeaderSource> {
  const arm = await ProcessArm.start({ robot, driver, clock });
  try {
    await arm.until((record) => record.arm.fresh, FIRST_STATE_MS);
  } catch (error) {
    await arm.close();
    throw error;
  }
  onConnected?.(arm.ready.connection, robot);
  return {
    name: robot.name,
    jointNames: robot.joints.map(({ name }) => name),
    read: () => (arm.failure === undefined ? arm.newest?.arm.value : undefined),
    close: () => arm.close(),
  };
}
