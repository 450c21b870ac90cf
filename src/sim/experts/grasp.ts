import { wrapAngle } from '../inverse-kinematics.ts';
import type { SceneState } from '../scene-state.ts';
import type { Vector3 } from '../world.ts';
import { closedRad, funnel, hoverM, nearestYaw, radialYaw } from './goal.ts';
import type { Goal } from './goal.ts';

const toleranceM = 0.004;
/** The cube counts as between the fingers inside this box of the gripper frame, and the robot's way along the jaw's heading. */
const between = { asideM: 0.007, heightM: 0.008, yawRad: 0.2 } as const;
/** One radian of wrong heading counts as this much sideways error. */
const yawErrorM = 0.03;
const jawSlackRad = 0.1;
/** Middles of the open fingers, ahead of the cube's centre along the jaw's heading. */
const fingerPlacesM = [-0.03, 0.034];
/** Half of a finger's width. */
const fingerM = 0.01;
/** A quarter turn of the wrist counts as this much overlap of fingers and obstacles. */
const turnCostM = 0.002;

/** Get hold of the source cube: above it with an open jaw, down around it, close. */
export function graspGoal(scene: SceneState): Goal {
  const { gripper, source, grasp } = scene;
  const yawRad = graspYaw(scene);
  const height = graspHeight(scene);
  if (isBetweenFingers(scene, yawRad)) {
    return { phase: 'grasp', positionM: [gripper.positionM[0], gripper.positionM[1], height], yawRad, jawRad: closedRad };
  }
  const goal: Vector3 = [
    source.positionM[0] - grasp.aheadM * Math.cos(yawRad),
    source.positionM[1] - grasp.aheadM * Math.sin(yawRad),
    height,
  ];
  const yawError = Math.abs(wrapAngle(gripper.yawRad - yawRad));
  const closed = Math.max(0, grasp.openRad - jawSlackRad - gripper.jawRad);
  const positionM = funnel(gripper.positionM, goal, {
    safeM: hoverM + Math.max(0, height - 0.015),
    toleranceM,
    extraErrorM: yawErrorM * yawError + 0.1 * closed,
  });
  const phase = positionM[2] < height + 0.02 ? 'descend' : 'approach';
  return { phase, positionM, yawRad, jawRad: grasp.openRad };
}

/** Of the gripper frame around the source: at its middle, or as low as the fingers may go. */
function graspHeight({ source, grasp }: SceneState): number {
  return Math.max(grasp.lowestM, source.positionM[2]);
}

function isBetweenFingers(scene: SceneState, yawRad: number): boolean {
  const { gripper, source, grasp } = scene;
  const x = source.positionM[0] - gripper.positionM[0];
  const y = source.positionM[1] - gripper.positionM[1];
  const ahead = x * Math.cos(gripper.yawRad) + y * Math.sin(gripper.yawRad);
  const aside = y * Math.cos(gripper.yawRad) - x * Math.sin(gripper.yawRad);
  return (
    ahead > grasp.betweenM[0] &&
    ahead < grasp.betweenM[1] &&
    Math.abs(aside) < between.asideM &&
    Math.abs(graspHeight(scene) - gripper.positionM[2]) < between.heightM &&
    Math.abs(wrapAngle(gripper.yawRad - yawRad)) < between.yawRad
  );
}

/** The heading parallel to two of the cube's faces that turns the wrist least and keeps the fingers free of others. */
function graspYaw(scene: SceneState): number {
  const { source } = scene;
  const radial = radialYaw(scene, source.positionM);
  const nearest = nearestYaw(source.yawRad, radial, Math.PI / 2);
  const aside = nearestYaw(nearest + Math.PI / 2, radial, Math.PI);
  const candidates = [
    { yawRad: nearest, cost: overlap(scene, nearest) },
    { yawRad: aside, cost: overlap(scene, aside) + turnCostM },
    { yawRad: wrapAngle(aside + Math.PI), cost: overlap(scene, aside + Math.PI) + turnCostM },
  ];
  return candidates.reduce((best, candidate) => (candidate.cost < best.cost ? candidate : best)).yawRad;
}

/** How deep the open fingers around the source would stand in obstacles, m. */
function overlap({ source, obstacles }: SceneState, yawRad: number): number {
  let depth = 0;
  for (const ahead of fingerPlacesM) {
    const x = source.positionM[0] + ahead * Math.cos(yawRad);
    const y = source.positionM[1] + ahead * Math.sin(yawRad);
    for (const { positionM, radiusM } of obstacles) {
      depth += Math.max(0, radiusM + fingerM - Math.hypot(positionM[0] - x, positionM[1] - y));
    }
  }
  return depth;
}
