import { closedRad } from './goal.ts';
import type { Goal } from './goal.ts';
import { graspGoal } from './grasp.ts';
import type { SceneState } from '../scene-state.ts';

const liftHeightM = 0.085;

/** Hold the source, then straight up. */
export function liftExpert(scene: SceneState): Goal {
  if (!scene.held) return graspGoal(scene);
  const { positionM, yawRad } = scene.gripper;
  return { phase: 'carry', positionM: [positionM[0], positionM[1], liftHeightM], yawRad, jawRad: closedRad };
}
