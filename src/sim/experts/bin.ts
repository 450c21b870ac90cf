import { lateralDistance } from '../geometry.ts';
import type { SceneState } from '../scene-state.ts';
import type { Vector3 } from '../world.ts';
import type { Goal } from './goal.ts';
import { placeGoal } from './place.ts';

/** The cube's underside and the fingertips clear the 40 mm rim. */
const dropHeightM = 0.075;
const lowestDropM = 0.06;
const insideM = 0.036;

/** The source cube over the bin's middle, then let go. */
export function binExpert(scene: SceneState): Goal {
  const bin = scene.destination.positionM;
  const cube = scene.source.positionM;
  const goal: Vector3 = [bin[0], bin[1], dropHeightM];
  const over = lateralDistance(cube, goal) < insideM;
  const high = cube[2] > lowestDropM;
  return placeGoal(scene, {
    goal,
    safeM: dropHeightM,
    releaseM: { sideways: high ? 0.014 : 0, above: 1 },
    arrived: over,
  });
}
