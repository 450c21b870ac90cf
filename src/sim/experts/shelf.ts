import type { SceneState } from '../scene-state.ts';
import type { Vector3 } from '../world.ts';
import { lateralDistance } from './goal.ts';
import type { Goal } from './goal.ts';
import { placeGoal } from './place.ts';

const halfCubeM = 0.015;
const clearanceM = 0.03;
const arrivedM = { sideways: 0.041, height: 0.006 };

/** The source cube onto the middle of the shelf. */
export function shelfExpert(scene: SceneState): Goal {
  const top = scene.destination.positionM;
  const goal: Vector3 = [top[0], top[1], top[2] + halfCubeM];
  const cube = scene.source.positionM;
  return placeGoal(scene, {
    goal,
    safeM: goal[2] + clearanceM,
    releaseM: { sideways: 0.012, above: 0.003 },
    arrived: lateralDistance(cube, goal) < arrivedM.sideways && Math.abs(cube[2] - goal[2]) < arrivedM.height,
  });
}
