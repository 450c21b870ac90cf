import type { JointMotor, JointPlant, ServoLaw } from './plant.ts';

const TIMESTEP_S = 0.001;
/** Slower than this, dry friction holds a joint that it is strong enough to hold, rad/s. */
const STICTION_RAD_PER_S = 0.002;

export interface FreeJoint {
  readonly motor: JointMotor;
  readonly startRad: number;
  /** Stops at both ends. */
  readonly rangeRad: readonly [number, number];
}

/** Of a geared servo with a light link on it, per Nm of its stall torque: the stronger, the heavier. */
const INERTIA_PER_NM = 0.01;
const DAMPING_PER_NM = 0.05;
const FRICTION_PER_NM = 0.02;

/** Joints that know nothing of each other nor of gravity: inertia, damping, dry friction and stops. For tests, and arms without a model. */
export class FreeJointPlant implements JointPlant {
  readonly timestepS = TIMESTEP_S;
  readonly motors: readonly JointMotor[];
  readonly #joints: readonly FreeJoint[];
  readonly #positionsRad: Float64Array;
  readonly #velocitiesRadPerS: Float64Array;
  readonly #torquesNm: Float64Array;
  readonly #externalNm: Float64Array;
  readonly #laws: ServoLaw[];

  constructor(joints: readonly FreeJoint[]) {
    this.#joints = joints;
    this.motors = joints.map(({ motor }) => motor);
    this.#positionsRad = Float64Array.from(joints, ({ startRad }) => startRad);
    this.#velocitiesRadPerS = new Float64Array(joints.length);
    this.#torquesNm = new Float64Array(joints.length);
    this.#externalNm = new Float64Array(joints.length);
    this.#laws = joints.map(() => ({ constantNm: 0, perRadNm: 0, perRadPerSNm: 0, limitNm: 0 }));
  }

  positionRad(joint: number): number {
    return this.#positionsRad[joint] ?? 0;
  }

  velocityRadPerS(joint: number): number {
    return this.#velocitiesRadPerS[joint] ?? 0;
  }

  torqueNm(joint: number): number {
    return this.#torquesNm[joint] ?? 0;
  }

  setServo(joint: number, law: Readonly<ServoLaw>): void {
    Object.assign(this.#laws[joint] ?? {}, law);
  }

  setExternalTorque(joint: number, torqueNm: number): void {
    this.#externalNm[joint] = torqueNm;
  }

  reset(positionsRad: readonly number[]): void {
    this.#positionsRad.set(positionsRad);
    this.#velocitiesRadPerS.fill(0);
    this.#externalNm.fill(0);
  }

  step(): void {
    for (let joint = 0; joint < this.#joints.length; joint++) this.#stepJoint(joint);
  }

  #stepJoint(joint: number): void {
    const law = this.#laws[joint];
    const spec = this.#joints[joint];
    if (law === undefined || spec === undefined) return;
    const { stallTorqueNm } = spec.motor;
    const inertia = INERTIA_PER_NM * stallTorqueNm;
    const friction = FRICTION_PER_NM * stallTorqueNm;
    const position = this.positionRad(joint);
    const velocity = this.velocityRadPerS(joint);
    const wanted = law.constantNm + law.perRadNm * position + law.perRadPerSNm * velocity;
    const torque = Math.min(law.limitNm, Math.max(-law.limitNm, wanted));
    const isLinear = torque === wanted;
    const push = torque + (this.#externalNm[joint] ?? 0);
    const sticks = Math.abs(velocity) < STICTION_RAD_PER_S && Math.abs(push) < friction;
    const force = sticks ? 0 : push - friction * Math.sign(Math.abs(velocity) < STICTION_RAD_PER_S ? push : velocity);
    // Implicit in what depends on velocity and, one step ahead, on position: stable however stiff the servo is.
    const perVelocity = DAMPING_PER_NM * stallTorqueNm - (isLinear ? TIMESTEP_S * law.perRadNm + law.perRadPerSNm : 0);
    const explicit = isLinear ? force - law.perRadPerSNm * velocity : force;
    const next = sticks ? 0 : (inertia * velocity + TIMESTEP_S * explicit) / (inertia + TIMESTEP_S * perVelocity);
    const [low, high] = spec.rangeRad;
    const moved = Math.min(high, Math.max(low, position + TIMESTEP_S * next));
    this.#velocitiesRadPerS[joint] = (moved - position) / TIMESTEP_S;
    this.#positionsRad[joint] = moved;
    this.#torquesNm[joint] = torque;
  }
}
