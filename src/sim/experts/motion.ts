import { wrapAngle } from '../inverse-kinematics.ts';
import type { InverseKinematics } from '../inverse-kinematics.ts';
import { firstAxis } from '../scene-state.ts';
import type { Vector3, World } from '../world.ts';
import type { Goal } from './goal.ts';

/** Per control tick of 50 ms: well under the joints' 3 rad/s and the gripper's 4 rad/s. */
const armStepRad = 0.1;
const jawStepRad = 0.2;
const turnStepRad = 0.12;
const defaultStepM = 0.025;
/**
 * Nearer than this to the first joint's axis the arm is folded over its own base, where straight lines jam
 * and every way around is far for the joints; the way out is towards home.
 */
const foldedM = 0.085;
/** Share of the remaining way per tick near a goal, so that arrivals are soft; and the least step. */
const gain = 0.45;
const leastStepM = 0.004;

/**
 * Turns a goal into the next joint command: straight towards it in space from where the last command put
 * the gripper, slower as it comes near, one common factor over the arm's joints.
 */
export function nextCommand(world: World, kinematics: InverseKinematics, commandRad: ArrayLike<number>, goal: Goal): Float64Array {
  const from = kinematics.forward(commandRad);
  const [x, y] = firstAxis(world);
  const radialRad = Math.atan2(from.positionM[1] - y, from.positionM[0] - x);
  const isFolded = Math.hypot(from.positionM[0] - x, from.positionM[1] - y) < foldedM;
  const solution = isFolded
    ? Float64Array.from(world.robot.homeRad)
    : kinematics.solve(commandRad, {
        positionM: stepTowards(from.positionM, goal.positionM, goal.stepM ?? defaultStepM),
        approach: turnUpright(from.approach),
        yawRad: from.yawRad + clamp(rollBetween(from.yawRad, goal.yawRad, radialRad), turnStepRad),
      });
  const gripper = world.robot.joints.findIndex((joint) => joint.name === world.robot.gripper);
  const steps = solution.map((value, joint) => value - (commandRad[joint] ?? 0));
  const largest = steps.reduce((most, step, joint) => (joint === gripper ? most : Math.max(most, Math.abs(step))), 0);
  const scale = Math.min(1, armStepRad / largest);
  return steps.map((step, joint) => {
    const last = commandRad[joint] ?? 0;
    return joint === gripper ? last + clamp(goal.jawRad - last, jawStepRad) : last + scale * step;
  });
}

/** The turn from one heading to another by way of wrist roll 0: the shorter way may end at the roll's limit. */
function rollBetween(fromRad: number, toRad: number, radialRad: number): number {
  return wrapAngle(toRad - radialRad) - wrapAngle(fromRad - radialRad);
}

function stepTowards(from: Vector3, to: Vector3, longest: number): Vector3 {
  const distance = Math.hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2]);
  const step = Math.min(longest, Math.max(leastStepM, gain * distance));
  const share = step >= distance ? 1 : step / distance;
  return [
    from[0] + share * (to[0] - from[0]),
    from[1] + share * (to[1] - from[1]),
    from[2] + share * (to[2] - from[2]),
  ];
}

/** Turns a unit vector towards straight up by at most turnStepRad. */
function turnUpright([x, y, z]: Vector3): Vector3 {
  const level = Math.hypot(x, y);
  const tilt = Math.atan2(level, z);
  if (tilt <= turnStepRad) return [0, 0, 1];
  const next = tilt - turnStepRad;
  const share = Math.sin(next) / level;
  return [x * share, y * share, Math.cos(next)];
}

function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value));
}
