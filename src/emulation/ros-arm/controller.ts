/** What a controller needs to know of the arm at an update; values in joint order of the controller. */
export interface ControllerInput {
  /** ROS time: time of day, ns. */
  readonly rosNs: number;
  /** Monotonic, ns. */
  readonly nowNs: number;
  readonly positionsRad: readonly number[];
  readonly velocitiesRadPerS: readonly number[];
}

/** A controller of ros2_control: it claims joints and, while it is active, says where they are to be. */
export interface Controller {
  readonly name: string;
  /** As list_controllers has it, such as `position_controllers/JointGroupPositionController`. */
  readonly type: string;
  /** Indices into the joints of the robot description, order of the controller. */
  readonly joints: readonly number[];
  /** Takes over the joints, to hold them where they are. */
  activate(input: ControllerInput): void;
  /** Lets go of them; what it was doing is given up. */
  deactivate(): void;
  /** Set points, rad, joint order of the controller; undefined: as they were. */
  update(input: ControllerInput): readonly number[] | undefined;
}
