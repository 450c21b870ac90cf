import type { Clock } from '../core/clock.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { LeaderSource } from '../teleop/leader/leader-source.ts';
import type { ArmDriverSpec } from './arm/arm-spec.ts';
import { ProcessArm } from './arm/process-arm.ts';

/**
 * A real arm that is moved by hand. It has an arm process as any other, which is never armed: its motors stay as
 * connecting left them, limp or sprung. Throws what ProcessArm.start throws.
 */
export async function openLeaderArm(robot: RobotSpec, driver: ArmDriverSpec, clock: Clock): Promise<LeaderSource> {
  const arm = await ProcessArm.start({ robot, driver, clock });
  return {
    name: robot.name,
    jointNames: robot.joints.map(({ name }) => name),
    read: () => (arm.failure === undefined ? arm.newest?.arm.value : undefined),
    close: () => arm.close(),
  };
}
