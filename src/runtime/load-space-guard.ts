import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { openSpace } from '../safety/space-guard.ts';
import type { SpaceGuard } from '../safety/space-guard.ts';
import { TwinGuard } from '../safety/twin/twin-guard.ts';
import { mujoco } from '../sim/mujoco.ts';

/**
 * The space guard of a robot: by a twin of its model, or an open space for a robot without one. Dispose of it when
 * done. Throws ArmatureError E_SPACE_MODEL for a model that cannot be judged.
 */
export async function loadSpaceGuard(robot: RobotSpec): Promise<SpaceGuard> {
  const block = robot.drivers.sim;
  if (block === undefined) return openSpace;
  const modelXml = readFileSync(join(robot.directory, block.model), 'utf8');
  return new TwinGuard({ module: await mujoco(), robot, block, modelXml });
}
