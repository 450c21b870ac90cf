/** Where an agent wants the joints to be. It moves nothing until the gate has made a SafeCommand of it. */
export interface JointTarget {
  /** Desired joint positions, rad, shape (J), joint order of the RobotSpec. */
  readonly positionsRad: Float64Array;
  /** When it was decided, monotonic ns. */
  readonly createdNs: number;
  /** The control tick of the observation it was decided on, monotonic ns. */
  readonly observedNs: number;
}
