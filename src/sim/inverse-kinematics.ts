import type { DoubleBuffer, MjData } from '@mujoco/mujoco';
import { floats } from './world.ts';
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
  readonly #world: World;
  readonly #data: MjData;
  readonly #jacobianPosition: DoubleBuffer;
  readonly #jacobianRotation: DoubleBuffer;
  /** Every joint but the gripper, as indices into joint order. */
  readonly #arm: readonly number[];
  readonly #low: readonly number[];
  readonly #high: readonly number[];

  constructor(world: World) {
    const { module, model, robot } = world;
    this.#world = world;
    this.#data = new module.MjData(model);
    this.#jacobianPosition = new module.DoubleBuffer(3 * model.nv);
    this.#jacobianRotation = new module.DoubleBuffer(3 * model.nv);
    this.#arm = robot.joints.flatMap((joint, index) => (joint.name === robot.gripper ? [] : [index]));
    this.#low = robot.joints.map(({ limits }) => limits.positionRad[0] + limits.softMarginRad);
    this.#high = robot.joints.map(({ limits }) => limits.positionRad[1] - limits.softMarginRad);
  }

  /** Pose of the gripper frame at joint positions in rad, joint order. */
  forward(jointsRad: ArrayLike<number>): GripperPose {
    const { module, model, qposAddresses, gripperSiteId } = this.#world;
    const qpos = floats(this.#data.qpos);
    qposAddresses.forEach((address, joint) => (qpos[address] = jointsRad[joint] ?? 0));
    module.mj_kinematics(model, this.#data);
    module.mj_comPos(model, this.#data);
    const position = floats(this.#data.site_xpos).subarray(3 * gripperSiteId, 3 * gripperSiteId + 3);
    return {
      positionM: [position[0] ?? 0, position[1] ?? 0, position[2] ?? 0],
      ...directions(floats(this.#data.site_xmat).subarray(9 * gripperSiteId, 9 * gripperSiteId + 9)),
    };
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
    this.#data.delete();
    this.#jacobianPosition.delete();
    this.#jacobianRotation.delete();
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
    const { module, model, dofAddresses, gripperSiteId } = this.#world;
    module.mj_jacSite(model, this.#data, this.#jacobianPosition, this.#jacobianRotation, gripperSiteId);
    const position = floats(this.#jacobianPosition.GetView());
    const rotation = floats(this.#jacobianRotation.GetView());
    const columns = this.#arm.map((joint) => dofAddresses[joint] ?? 0);
    return [0, 1, 2, 3, 4, 5].map((row) =>
      columns.map((dof) =>
        row < 3 ? (position[row * model.nv + dof] ?? 0) : (angleWeights[row - 3] ?? 0) * (rotation[(row - 3) * model.nv + dof] ?? 0),
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

/** Solves [A | b] in place. A is positive definite (damped), so no pivoting is needed. */
function solvePositiveDefinite(rows: number[][]): number[] {
  const count = rows.length;
  rows.forEach((pivotRow, pivot) => {
    for (const row of rows.slice(pivot + 1)) {
      const factor = (row[pivot] ?? 0) / (pivotRow[pivot] ?? 1);
      for (let column = pivot; column <= count; column += 1) {
        row[column] = (row[column] ?? 0) - factor * (pivotRow[column] ?? 0);
      }
    }
  });
  const solution = Array.from({ length: count }, () => 0);
  for (let row = count - 1; row >= 0; row -= 1) {
    let value = rows[row]?.[count] ?? 0;
    for (let column = row + 1; column < count; column += 1) value -= (rows[row]?.[column] ?? 0) * (solution[column] ?? 0);
    solution[row] = value / (rows[row]?.[row] ?? 1);
  }
  return solution;
}
