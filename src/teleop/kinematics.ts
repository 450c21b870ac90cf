/** x, y, z. */
export type Vector3 = readonly [number, number, number];

/** The gripper frame at one pose of the arm, and how it moves with the joints; all in the base frame. */
export interface GripperView {
  /** m. */
  readonly positionM: Vector3;
  /** Rotation matrix, row-major, shape (3, 3): its columns are the axes of the gripper frame. */
  readonly rotation: readonly number[];
  /**
   * Shape (6, J), joint order of the RobotSpec: three rows of position, m/rad, then three of rotation about x, y and z,
   * rad/rad.
   */
  readonly jacobian: readonly (readonly number[])[];
}

/** What jogging in space has to know of an arm. */
export interface Kinematics {
  /** @param jointsRad finite, shape (J). */
  look(jointsRad: Float64Array): GripperView;
  dispose(): void;
}
