import { listRobots, loadRobot } from '../../src/robot/load-robot.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import { inventedRobots } from './invented-robots.ts';

/** What the gate is attacked on: every robot that ships, but leaders, which are only read, and some that are made up. */
export const fuzzedRobots: readonly RobotSpec[] = [
  ...listRobots()
    .map((name) => loadRobot(name))
    .filter(({ drivers }) => drivers.serial?.role !== 'leader'),
  ...inventedRobots,
];
