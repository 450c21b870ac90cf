import type { DoubleBuffer, MjData } from '@mujoco/mujoco';
import { floats } from './world.ts';
import type { Vector3, World } from './world.ts';

/** Where the gripper frame is, base frame. */
export interface GripperFrame {
  /** m. */
  readonly positionM: Vector3;
  /** Rotation matrix, row-major, shape (3, 3): its columns are the frame's axes; a view that the next call overwrites. */
  readonly rotation: Float64Array;
}

/** How the gripper frame moves with the joints, base frame; views that the next call overwrites. */
export interface GripperJacobian {
  /** Element of row (x, y, z), m/rad, and joint, in joint order. */
  readonly position: (axis: number, joint: number) => number;
  /** The same of the rotation about x, y and z, rad/rad. */
  readonly rotation: (axis: number, joint: number) => number;
}

/**
 * Forward kinematics of a world's arm on a copy of its state, so the world itself never moves. Call dispose when done.
 */
export class ArmKinematics {
  readonly #world: World;
  /** Degrees of freedom of the model. */
  readonly #degrees: number;
  readonly #data: MjData;
  readonly #position: DoubleBuffer;
  readonly #rotation: DoubleBuffer;

  constructor(world: World) {
    const { module, model } = world;
    this.#world = world;
    this.#degrees = model.nv;
    this.#data = new module.MjData(model);
    this.#position = new module.DoubleBuffer(3 * model.nv);
    this.#rotation = new module.DoubleBuffer(3 * model.nv);
  }

  /** The gripper frame at joint positions in rad, joint order. */
  forward(jointsRad: ArrayLike<number>): GripperFrame {
    const { module, model, qposAddresses, gripperSiteId } = this.#world;
    const qpos = floats(this.#data.qpos);
    qposAddresses.forEach((address, joint) => (qpos[address] = jointsRad[joint] ?? 0));
    module.mj_kinematics(model, this.#data);
    module.mj_comPos(model, this.#data);
    const position = floats(this.#data.site_xpos).subarray(3 * gripperSiteId, 3 * gripperSiteId + 3);
    return {
      positionM: [position[0] ?? 0, position[1] ?? 0, position[2] ?? 0],
      rotation: floats(this.#data.site_xmat).subarray(9 * gripperSiteId, 9 * gripperSiteId + 9),
    };
  }

  /** The Jacobian of the gripper frame at the joint positions that `forward` was called with last. */
  jacobian(): GripperJacobian {
    const { module, model, dofAddresses, gripperSiteId } = this.#world;
    module.mj_jacSite(model, this.#data, this.#position, this.#rotation, gripperSiteId);
    const [position, rotation] = [floats(this.#position.GetView()), floats(this.#rotation.GetView())];
    const index = (axis: number, joint: number): number => axis * this.#degrees + (dofAddresses[joint] ?? 0);
    return {
      position: (axis, joint) => position[index(axis, joint)] ?? 0,
      rotation: (axis, joint) => rotation[index(axis, joint)] ?? 0,
    };
  }

  dispose(): void {
    this.#data.delete();
    this.#position.delete();
    this.#rotation.delete();
  }
}
