import { lateralDistance } from '../geometry.ts';
import { wrapAngle } from '../inverse-kinematics.ts';
import type { SceneState } from '../scene-state.ts';
import type { Vector3 } from '../world.ts';
import { closedRad, funnel, hoverM, nearestYaw, radialYaw } from './goal.ts';
import type { Goal } from './goal.ts';

/** The closed fingers' broad side is the pusher; its middle lies beside the gripper frame along the jaw's heading. */
const pusherAheadM = -0.006;
/** Between the pusher's middle and the cube's centre: in touch, and where to come down. */
const contactM = 0.0245;
const standoffM = 0.042;
const pushHeightM = 0.018;
const arrivedM = 0.012;
const retreatHeightM = 0.1;
/** Behind the cube inside these bounds, pushing goes on; outside, it starts anew from above. */
const behind = { nearestM: 0.016, farthestM: 0.055, asideM: 0.012, heightM: 0.03, yawRad: 0.3 };
const leadM = 0.03;
const pushStepM = 0.012;
/** How far off the fingers may come down: pushing puts right what is less, and whoever must see it hesitates over more. */
const landing = { alongM: 0.01, asideM: 0.006, yawRad: 0.12 };
const yawErrorM = 0.03;

/** Down behind the source, then along the line through source and destination. */
export function pushExpert(scene: SceneState): Goal {
  const { gripper } = scene;
  const cube = scene.source.positionM;
  const zone = scene.destination.positionM;
  const remaining = lateralDistance(cube, zone);
  const yawOf = (heading: number): number => nearestYaw(heading + Math.PI / 2, radialYaw(scene, cube), Math.PI);
  if (remaining < arrivedM) {
    const positionM: Vector3 = [gripper.positionM[0], gripper.positionM[1], retreatHeightM];
    return { phase: 'retreat', positionM, yawRad: gripper.yawRad, jawRad: closedRad };
  }
  const heading = Math.atan2(zone[1] - cube[1], zone[0] - cube[0]);
  const yawRad = yawOf(heading);
  const pusher = shifted(gripper.positionM, gripper.yawRad, pusherAheadM);
  const along = (pusher[0] - cube[0]) * Math.cos(heading) + (pusher[1] - cube[1]) * Math.sin(heading);
  const aside = (pusher[1] - cube[1]) * Math.cos(heading) - (pusher[0] - cube[0]) * Math.sin(heading);
  const yawError = Math.abs(wrapAngle(gripper.yawRad - yawRad));
  const isBehind =
    -along > behind.nearestM &&
    -along < behind.farthestM &&
    Math.abs(aside) < behind.asideM &&
    pusher[2] < behind.heightM &&
    yawError < behind.yawRad;
  if (isBehind) {
    const ahead = along + Math.min(leadM, remaining - contactM - along);
    const next = shifted([cube[0], cube[1], pushHeightM], heading, ahead);
    return { phase: 'carry', positionM: shifted(next, yawRad, -pusherAheadM), yawRad, jawRad: closedRad, stepM: pushStepM };
  }
  const start = shifted([cube[0], cube[1], pushHeightM], heading, -standoffM);
  const beyond = (error: number, allowed: number): number => Math.max(0, Math.abs(error) - allowed);
  const extraErrorM = yawErrorM * beyond(yawError, landing.yawRad) + 0.05 * Math.max(0, gripper.jawRad - closedRad - 0.1);
  const sidewaysM = Math.hypot(beyond(along + standoffM, landing.alongM), beyond(aside, landing.asideM));
  const next = funnel(pusher, start, { safeM: hoverM, toleranceM: 0, sidewaysM, extraErrorM });
  const phase = next[2] < pushHeightM + 0.02 ? 'descend' : 'approach';
  return { phase, positionM: shifted(next, gripper.yawRad, -pusherAheadM), yawRad, jawRad: closedRad };
}

function shifted(point: Vector3, heading: number, distance: number): Vector3 {
  return [point[0] + distance * Math.cos(heading), point[1] + distance * Math.sin(heading), point[2]];
}
