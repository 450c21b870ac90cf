import { solvePositiveDefinite } from '../core/solve-positive-definite.ts';
import { ArmKinematics } from './arm-kinematics.ts';
import type { Vector3, World } from './world.ts';

/** Where the gripper frame should be. Its -z axis runs along the fingers; the jaw opens along its +x axis. */
export interface GripperTarget {
  /** Base frame, m. */
  readonly positionM: Vector3;
  /** Where the frame's z axis should point, base frame, unit vector; [0, 0, 1] for fingers straight down. */
  readonly approach: Vector3;
  /** Heading of the frame's x axis, seen from above; 0 is straight ahead, left positive. */
  readonly yawRad: number;
}

export interface GripperPose {
  readonly positionM: Vector3;
  readonly approach: Vector3;
  readonly yawRad: number;
}

const iterationLimit = 12;
const stepLimitRad = 0.3;
/**
 * Metres that one radian of wrong heading and of wrong direction counts as. Position comes first, and at
 * the edge of its reach the arm leans its fingers outwards rather than stop short.
 */
const headingWeight = 0.02;
const directionWeight = 0.008;
const angleWeights = [directionWeight, directionWeight, headingWeight] as const;
const damping = 0.002;
const toleranceM = 2e-5;

/**
 * Forward and inverse kinematics of a world's arm on a copy of its state, so the world itself never moves.
 * Damped least squares (Wampler 1986; Nakamura and Hanafusa 1986) on MuJoCo's site Jacobian: gripper
 * position, then the fingers' direction and the jaw's heading at a lower weight.
 */
export class InverseKinematics {
  readonly #kinematics: ArmKinematics;
  /** Every joint but the gripper, as indices into joint order. */
  readonly #arm: readonly number[];
  readonly #low: readonly number[];
  readonly #high: readonly number[];

  constructor(world: World) {
    const { robot } = world;
    this.#kinematics = new ArmKinematics(world);
    this.#arm = robot.joints.flatMap((joint, index) => (joint.name === robot.gripper ? [] : [index]));
    this.#low = robot.joints.map(({ limits }) => limits.positionRad[0] + limits.softMarginRad);
    this.#high = robot.joints.map(({ limits }) => limits.positionRad[1] - limits.softMarginRad);
  }

  /** Pose of the gripper frame at joint positions in rad, joint order. */
  forward(jointsRad: ArrayLike<number>): GripperPose {
    const { positionM, rotation } = this.#kinematics.forward(jointsRad);
    return { positionM, ...directions(rotation) };
  }

  /**
   * Joint positions (rad, joint order, inside the soft limits) that bring the gripper frame to the target,
   * or as near as the arm comes; the gripper joint keeps the seed's value.
   */
  solve(seedRad: ArrayLike<number>, target: GripperTarget): Float64Array {
    const joints = Float64Array.from(seedRad);
    this.#clamp(joints);
    for (let iteration = 0; iteration < iterationLimit; iteration += 1) {
      const error = poseError(this.forward(joints), target);
      if (Math.hypot(...error) < toleranceM) break;
      const step = this.#freeStep(joints, error);
      const largest = step.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const scale = Math.min(1, stepLimitRad / largest);
      this.#arm.forEach((joint, column) => (joints[joint] = (joints[joint] ?? 0) + scale * (step[column] ?? 0)));
      this.#clamp(joints);
    }
    return joints;
  }

  dispose(): void {
    this.#kinematics.dispose();
  }

  /** The step of the joints that are free to take it: one at its limit that would leave it is held, the others solve on. */
  #freeStep(joints: Float64Array, error: readonly number[]): number[] {
    const jacobian = this.#weightedJacobian();
    for (;;) {
      const step = dampedLeastSquares(jacobian, error);
      const blocked = this.#arm.findIndex((joint, column) => {
        const move = step[column] ?? 0;
        const value = joints[joint] ?? 0;
        return (move < 0 && value <= (this.#low[joint] ?? 0)) || (move > 0 && value >= (this.#high[joint] ?? 0));
      });
      if (blocked < 0) return step;
      for (const row of jacobian) row[blocked] = 0;
    }
  }

  /** Rows: position x, y, z, then rotation about x, y, z, weighted; one column per arm joint. */
  #weightedJacobian(): number[][] {
    const { position, rotation } = this.#kinematics.jacobian();
    return [0, 1, 2, 3, 4, 5].map((row) =>
      this.#arm.map((joint) =>
        row < 3 ? position(row, joint) : (angleWeights[row - 3] ?? 0) * rotation(row - 3, joint),
      ),
    );
  }

  #clamp(joints: Float64Array): void {
    joints.forEach((value, joint) => {
      joints[joint] = Math.min(this.#high[joint] ?? value, Math.max(this.#low[joint] ?? value, value));
    });
  }
}

/** Direction and heading of a gripper frame given as a row-major rotation matrix, shape (3, 3). */
export function directions(rotation: ArrayLike<number>): { approach: Vector3; yawRad: number } {
  return {
    approach: [rotation[2] ?? 0, rotation[5] ?? 0, rotation[8] ?? 1],
    yawRad: Math.atan2(rotation[3] ?? 0, rotation[0] ?? 1),
  };
}

/** The same angle in [-pi, pi). */
export function wrapAngle(angleRad: number): number {
  return angleRad - 2 * Math.PI * Math.floor((angleRad + Math.PI) / (2 * Math.PI));
}

/** Position error in m, then the rotation vector that removes the angular error, weighted. */
function poseError(pose: GripperPose, target: GripperTarget): number[] {
  const [ax, ay, az] = pose.approach;
  const [bx, by, bz] = target.approach;
  const turn = wrapAngle(target.yawRad - pose.yawRad);
  return [
    target.positionM[0] - pose.positionM[0],
    target.positionM[1] - pose.positionM[1],
    target.positionM[2] - pose.positionM[2],
    directionWeight * (ay * bz - az * by),
    directionWeight * (az * bx - ax * bz),
    headingWeight * (ax * by - ay * bx + turn),
  ];
}

/** Step s that minimises |J s - e|^2 + damping^2 |s|^2, by Gaussian elimination of the normal equations. */
function dampedLeastSquares(jacobian: readonly number[][], error: readonly number[]): number[] {
  const count = jacobian[0]?.length ?? 0;
  const rows: number[][] = [];
  for (let row = 0; row < count; row += 1) {
    const line = Array.from({ length: count + 1 }, () => 0);
    for (let equation = 0; equation < error.length; equation += 1) {
      const factor = jacobian[equation]?.[row] ?? 0;
      for (let column = 0; column < count; column += 1) {
        line[column] = (line[column] ?? 0) + factor * (jacobian[equation]?.[column] ?? 0);
      }
      line[count] = (line[count] ?? 0) + factor * (error[equation] ?? 0);
    }
    line[row] = (line[row] ?? 0) + damping ** 2;
    rows.push(line);
  }
  return solvePositiveDefinite(rows);
}
