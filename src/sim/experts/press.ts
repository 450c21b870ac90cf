import type { SceneState } from '../scene-state.ts';
import type { Vector3 } from '../world.ts';
import { closedRad, funnel, hoverM, radialYaw } from './goal.ts';
import type { Goal } from './goal.ts';

/** The gripper frame lies 10 mm above the fingertips. */
const tipM = 0.01;
/** Well past the travel that counts, short of the button's stop. */
const pushM = 0.0065;
const toleranceM = 0.004;
/** One radian of a jaw too open counts as this much sideways error. */
const jawErrorM = 0.05;
const jawSlackRad = 0.1;

/** The cap between open fingers would be pinched as they close, and drawn out. */
const besideM = 0.001;
const restM = 0.0005;

/** Closed fingers over the source's middle, then down on it. */
export function pressExpert(scene: SceneState): Goal {
  const { gripper } = scene;
  const top = scene.source.positionM;
  const isOpen = gripper.jawRad > closedRad + jawSlackRad;
  if (isOpen && gripper.positionM[2] - tipM < top[2] + besideM && scene.pressedM.source < restM) {
    const above: Vector3 = [gripper.positionM[0], gripper.positionM[1], hoverM];
    return { phase: 'approach', positionM: above, yawRad: gripper.yawRad, jawRad: scene.grasp.openRad };
  }
  const goal: Vector3 = [top[0], top[1], top[2] + tipM - pushM];
  const jawError = jawErrorM * Math.max(0, gripper.jawRad - closedRad - jawSlackRad);
  const positionM = funnel(gripper.positionM, goal, { safeM: hoverM, toleranceM, extraErrorM: jawError });
  const phase = positionM[2] < top[2] + 0.02 ? 'descend' : 'approach';
  return { phase, positionM, yawRad: radialYaw(scene, top), jawRad: closedRad };
}
