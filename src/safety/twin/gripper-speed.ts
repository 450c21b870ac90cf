import type { RobotSpec } from '../../robot/robot-spec.ts';
import { at } from '../joint-limits.ts';
import type { PathPoses } from './path-poses.ts';

/** Part of the speed limit that is aimed at: joints that do not set out together make the gripper leave its line. */
const AIM = 0.9;
/** Share of the joints' speed below which the direction of motion says nothing. */
const STANDING = 1e-6;

/** The speed of the gripper frame along a path, by the straight distance of its places one step apart. */
export class GripperSpeed {
  readonly #leversM: Float64Array;
  readonly #fastestRadPerS: Float64Array;

  /** @param leversM metres that the gripper frame moves at most per radian of each joint, shape (J). */
  constructor(robot: RobotSpec, leversM: Float64Array) {
    this.#leversM = leversM;
    this.#fastestRadPerS = Float64Array.from(robot.joints, (joint) => joint.limits.velocityRadPerS);
  }

  /** True when no step of the path is faster than the limit. */
  isWithin(poses: PathPoses, stepS: number, limitMPerS: number): boolean {
    // Rounding of positions must not refuse a speed that is the limit itself.
    const longestM = limitMPerS * stepS * (1 + 1e-9);
    for (let index = 0; index + 1 < poses.count; index += 1) {
      if (this.#boundM(poses, index) > longestM && poses.gripperStepM(index) > longestM) return false;
    }
    return true;
  }

  /** What to multiply the velocity limits of all joints by, so that the gripper goes this way within its limit. */
  factor(poses: PathPoses, stepS: number, limitMPerS: number): number {
    const [from, to] = [poses.pose(0), poses.pose(1)];
    let share = 0;
    for (let joint = 0; joint < from.length; joint += 1) {
      share = Math.max(share, Math.abs(at(to, joint) - at(from, joint)) / (at(this.#fastestRadPerS, joint) * stepS));
    }
    if (!(share > STANDING)) return 1;
    const aimM = AIM * limitMPerS * stepS * share;
    return this.#boundM(poses, 0) <= aimM ? 1 : Math.min(1, aimM / poses.gripperStepM(0));
  }

  #boundM(poses: PathPoses, index: number): number {
    const [from, to] = [poses.pose(index), poses.pose(index + 1)];
    let bound = 0;
    for (let joint = 0; joint < from.length; joint += 1) {
      bound += at(this.#leversM, joint) * Math.abs(at(to, joint) - at(from, joint));
    }
    return bound;
  }
}
