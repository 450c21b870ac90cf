import { halfCubeM } from '../geometry.ts';
import type { SceneState } from '../scene-state.ts';
import type { Goal } from './goal.ts';
import { putOnTop } from './place.ts';

/** The source cube onto the middle of the shelf. */
export function shelfExpert(scene: SceneState): Goal {
  return putOnTop(scene, { aboveM: halfCubeM, releaseM: { sideways: 0.012, above: 0.003 }, arrivedM: 0.041 });
}
