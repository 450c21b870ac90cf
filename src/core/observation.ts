/**
 * What an arm reports at one instant. Arrays have shape (J), in the joint order of the RobotSpec;
 * a gripper is a joint like the others.
 */
export interface ArmState {
  /** Measured joint positions, rad. */
  readonly positionsRad: Float64Array;
  /** Measured joint velocities, rad/s. */
  readonly velocitiesRadPerS: Float64Array;
  /** Measured joint torques, Nm. */
  readonly effortsNm: Float64Array;
  /** When the source measured it, monotonic ns. */
  readonly stampNs: number;
}

/** One camera image. */
export interface CameraFrame {
  readonly camera: string;
  readonly width: number;
  readonly height: number;
  /** 8-bit RGB, row-major from the top left, shape (height, width, 3). */
  readonly rgb: Uint8Array;
  /** When the shutter closed, monotonic ns. */
  readonly stampNs: number;
}

/** The newest value of a source, with its age at the control tick. Staleness is a value, not silence. */
export interface Sampled<T> {
  readonly value: T;
  /** Time since the source measured it, ns. */
  readonly ageNs: number;
  /** False when older than the source's timeout: consumers must not act on it. */
  readonly fresh: boolean;
}

/** A value that is measured at the control tick itself. */
export function sampledNow<T>(value: T): Sampled<T> {
  return { value, ageNs: 0, fresh: true };
}

/** Everything an agent may see at one control tick. */
export interface Observation {
  readonly tick: number;
  /** The control tick, monotonic ns. */
  readonly timeNs: number;
  /** What to do, in words. */
  readonly instruction: string;
  readonly arm: Sampled<ArmState>;
  /** The command that was really sent last, rad, shape (J); the measured position before the first one. */
  readonly commandRad: Float64Array;
  /** By camera name. */
  readonly cameras: ReadonlyMap<string, Sampled<CameraFrame>>;
}
