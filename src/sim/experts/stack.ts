import { cubeM } from '../geometry.ts';
import type { SceneState } from '../scene-state.ts';
import type { Goal } from './goal.ts';
import { putOnTop } from './place.ts';

/** The source cube onto the destination cube. */
export function stackExpert(scene: SceneState): Goal {
  return putOnTop(scene, { aboveM: cubeM, releaseM: { sideways: 0.007, above: 0.003 }, arrivedM: 0.013 });
}
