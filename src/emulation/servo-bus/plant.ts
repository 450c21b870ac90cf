/**
 * What a servo does to its joint until it says otherwise: a torque that depends on where the joint is. The plant evaluates it in
 * every step of its own, so that a stiff servo needs no finer steps than the physics.
 * `torque = clamp(constantNm + perRadNm * position + perRadPerSNm * velocity, ±limitNm)`.
 */
export interface ServoLaw {
  constantNm: number;
  perRadNm: number;
  perRadPerSNm: number;
  limitNm: number;
}

/** Gains of a servo's position loop, in its registers' own steps. */
export interface PositionGains {
  readonly p: number;
  readonly d: number;
}

/** The motor of one joint, with what its position loop gives at some gains. */
export interface JointMotor {
  readonly stiffnessNmPerRad: number;
  readonly dampingNmSPerRad: number;
  readonly stallTorqueNm: number;
  /** Those that stiffness and damping are of. */
  readonly gains: PositionGains;
}

/** What the servos move. Arrays are in joint order; time passes only through `step`. */
export interface JointPlant {
  readonly motors: readonly JointMotor[];
  /** Duration of one step. */
  readonly timestepS: number;
  positionRad(joint: number): number;
  velocityRadPerS(joint: number): number;
  /** The motor's torque in the last step. */
  torqueNm(joint: number): number;
  /** Takes effect with the next step; the plant copies it. */
  setServo(joint: number, law: Readonly<ServoLaw>): void;
  /** A push from outside, until another. */
  setExternalTorque(joint: number, torqueNm: number): void;
  step(): void;
  /** At rest in a pose; seeded plants draw their scene anew. */
  reset(positionsRad: readonly number[], seed: number): void;
}
