import { cubeM, distance, halfCubeM, lateralDistance } from './geometry.ts';
import type { SceneState } from './scene-state.ts';
import type { SuccessRule } from './task-spec.ts';

/** A finger farther away than this has let go. */
const releasedM = 0.002;

/** Whether the rule's condition holds now, without its holding time. */
export function fulfils(rule: SuccessRule, scene: SceneState): boolean {
  const { source, destination, gripper } = scene;
  const sideways = lateralDistance(source.positionM, destination.positionM);
  const height = source.positionM[2];
  switch (rule.rule) {
    case 'reached':
      return distance(gripper.positionM, destination.positionM) < rule.withinM;
    case 'lifted':
      return height - halfCubeM >= rule.bottomM;
    case 'pushed':
      return sideways < rule.withinM && source.speedMPerS < rule.speedMPerS && Math.abs(height - halfCubeM) < 0.005;
    case 'stacked':
      return sideways < rule.withinM && isSetDown(scene, cubeM, rule.heightToleranceM);
    case 'contained':
      return isReleased(scene) && sideways < rule.halfWidthM && height + halfCubeM < rule.rimM;
    case 'shelved':
      return sideways < rule.withinM && isSetDown(scene, halfCubeM, rule.heightToleranceM);
    case 'pressed':
      return scene.pressedM.source >= rule.travelM;
  }
}

/** Whether something was done that cannot be undone: a button that was not named counts as pressed. */
export function forfeits(rule: SuccessRule, scene: SceneState): boolean {
  return rule.rule === 'pressed' && scene.pressedM.rivals >= rule.travelM;
}

/** Let go of, with the centre as high above the destination's origin as it should be. */
function isSetDown(scene: SceneState, aboveM: number, toleranceM: number): boolean {
  return isReleased(scene) && Math.abs(scene.source.positionM[2] - scene.destination.positionM[2] - aboveM) < toleranceM;
}

function isReleased({ fingerGapsM }: SceneState): boolean {
  return fingerGapsM.every((gap) => gap > releasedM);
}
