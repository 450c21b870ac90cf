import type { SceneState } from '../scene-state.ts';
import type { Vector3 } from '../world.ts';
import { lateralDistance } from './goal.ts';
import type { Goal } from './goal.ts';
import { placeGoal } from './place.ts';

const cubeM = 0.03;
const clearanceM = 0.03;
const arrivedM = { sideways: 0.013, height: 0.006 };

/** The source cube onto the destination cube. */
export function stackExpert(scene: SceneState): Goal {
  const base = scene.destination.positionM;
  const goal: Vector3 = [base[0], base[1], base[2] + cubeM];
  const cube = scene.source.positionM;
  return placeGoal(scene, {
    goal,
    safeM: goal[2] + clearanceM,
    releaseM: { sideways: 0.007, above: 0.003 },
    arrived:
      lateralDistance(cube, goal) < arrivedM.sideways && Math.abs(cube[2] - goal[2]) < arrivedM.height,
  });
}
