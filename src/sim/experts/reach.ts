import { closedRad, radialYaw } from './goal.ts';
import type { Goal } from './goal.ts';
import type { SceneState } from '../scene-state.ts';

/** Straight to the point above the target, jaw closed. */
export function reachExpert(scene: SceneState): Goal {
  const { positionM } = scene.destination;
  return { phase: 'approach', positionM, yawRad: radialYaw(scene, positionM), jawRad: closedRad };
}
