import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { DashboardOptions } from '../../serve/dashboard-server.ts';

/** What every page is told first of the robot and of who drives it. */
export function helloOf(
  robot: RobotSpec,
  { driver, agent, suggestions }: Pick<DashboardOptions['hello'], 'driver' | 'agent' | 'suggestions'>,
): DashboardOptions['hello'] {
  return {
    robot: robot.name,
    driver,
    agent,
    joints: robot.joints.map(({ name, limits }) => ({
      name,
      lowRad: limits.positionRad[0],
      highRad: limits.positionRad[1],
      velocityRadPerS: limits.velocityRadPerS,
      effortNm: limits.effortNm,
    })),
    cameras: robot.cameras.map(({ name }) => name),
    hottestC: robot.monitors.health?.temperatureC ?? null,
    suggestions,
  };
}
