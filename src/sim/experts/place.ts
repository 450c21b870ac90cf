import { lateralDistance } from '../geometry.ts';
import type { SceneState } from '../scene-state.ts';
import type { Vector3 } from '../world.ts';
import { closedRad, funnel, radialYaw } from './goal.ts';
import type { Goal } from './goal.ts';
import { graspGoal } from './grasp.ts';

export interface Placement {
  /** Where the source's centre goes, m. */
  readonly goal: Vector3;
  /** Height of the source's centre while travelling, m. */
  readonly safeM: number;
  /** How near the goal to let go: sideways, and above it, m. */
  readonly releaseM: { readonly sideways: number; readonly above: number };
  /** The source is where it belongs, held or not. */
  readonly arrived: boolean;
}

const funnelToleranceM = 0.004;
const retreatHeightM = 0.12;

/** Hold the source, carry it over the goal, lower it, let go, and leave upwards. */
export function placeGoal(scene: SceneState, placement: Placement): Goal {
  const { gripper, source, held, grasp } = scene;
  if (!held) return placement.arrived ? leaveGoal(scene) : graspGoal(scene);
  const { goal } = placement;
  const yawRad = radialYaw(scene, goal);
  const near = lateralDistance(source.positionM, goal) < placement.releaseM.sideways;
  if (near && source.positionM[2] - goal[2] < placement.releaseM.above) {
    return { phase: 'place', positionM: gripper.positionM, yawRad: gripper.yawRad, jawRad: grasp.openRad };
  }
  const next = funnel(source.positionM, goal, { safeM: placement.safeM, toleranceM: funnelToleranceM });
  const positionM: Vector3 = [
    gripper.positionM[0] + next[0] - source.positionM[0],
    gripper.positionM[1] + next[1] - source.positionM[1],
    gripper.positionM[2] + next[2] - source.positionM[2],
  ];
  return { phase: 'carry', positionM, yawRad, jawRad: closedRad };
}

export interface Resting {
  /** Height of the source's centre above the destination's origin, m. */
  readonly aboveM: number;
  /** Where to let go, as in Placement. */
  readonly releaseM: Placement['releaseM'];
  /** Nearer than this sideways, the source has arrived, m. */
  readonly arrivedM: number;
}

const clearanceM = 0.03;
const arrivedHeightM = 0.006;

/** The source on top of the destination. */
export function putOnTop(scene: SceneState, { aboveM, releaseM, arrivedM }: Resting): Goal {
  const [x, y, z] = scene.destination.positionM;
  const goal: Vector3 = [x, y, z + aboveM];
  const cube = scene.source.positionM;
  return placeGoal(scene, {
    goal,
    safeM: goal[2] + clearanceM,
    releaseM,
    arrived: lateralDistance(cube, goal) < arrivedM && Math.abs(cube[2] - goal[2]) < arrivedHeightM,
  });
}

/** Open fully, then up and away from the fixed finger's side. */
function leaveGoal({ gripper, source, grasp }: SceneState): Goal {
  const { yawRad, positionM, jawRad } = gripper;
  if (jawRad < grasp.releasedRad) return { phase: 'place', positionM, yawRad, jawRad: grasp.openRad };
  const away: Vector3 = [
    source.positionM[0] - grasp.aheadM * Math.cos(yawRad),
    source.positionM[1] - grasp.aheadM * Math.sin(yawRad),
    retreatHeightM,
  ];
  return { phase: 'retreat', positionM: away, yawRad, jawRad: grasp.openRad };
}
