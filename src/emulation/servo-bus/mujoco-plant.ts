import { floats } from '../../sim/world.ts';
import type { World } from '../../sim/world.ts';
import type { JointMotor, JointPlant, PositionGains, ServoLaw } from './plant.ts';

/** Numbers MuJoCo keeps for the gain, and for the bias, of each actuator. */
const PARAMETERS = 10;

/** The arm of a simulated world, moved by emulated servos. Its motors are the position servos of the robot's MJCF. */
export class MujocoPlant implements JointPlant {
  readonly timestepS: number;
  readonly motors: readonly JointMotor[];
  readonly #world: World;
  readonly #reset: (seed: number) => void;
  /** What the MJCF says of the actuators: the scene settles under its own servos. */
  readonly #own: readonly Float64Array[];

  /**
   * @param gains of the servos that the position servos of the MJCF stand for, in joint order
   * @param reset puts the scene into its state for a seed; called by `reset`, before the arm is posed
   */
  constructor(world: World, gains: readonly PositionGains[], reset: (seed: number) => void) {
    this.#world = world;
    this.#reset = reset;
    this.#own = this.#actuators().map((values) => values.slice());
    this.timestepS = world.timestepS;
    this.motors = world.actuatorIds.map((id, joint) => ({
      stiffnessNmPerRad: floats(world.model.actuator_gainprm)[PARAMETERS * id] ?? 0,
      dampingNmSPerRad: -(floats(world.model.actuator_biasprm)[PARAMETERS * id + 2] ?? 0),
      stallTorqueNm: floats(world.model.actuator_forcerange)[2 * id + 1] ?? 0,
      gains: gains[joint] ?? { p: 1, d: 1 },
    }));
  }

  positionRad(joint: number): number {
    return floats(this.#world.data.qpos)[this.#world.qposAddresses[joint] ?? 0] ?? 0;
  }

  velocityRadPerS(joint: number): number {
    return floats(this.#world.data.qvel)[this.#world.dofAddresses[joint] ?? 0] ?? 0;
  }

  torqueNm(joint: number): number {
    return floats(this.#world.data.actuator_force)[this.#world.actuatorIds[joint] ?? 0] ?? 0;
  }

  setServo(joint: number, law: Readonly<ServoLaw>): void {
    const { model, data, actuatorIds } = this.#world;
    const id = actuatorIds[joint] ?? 0;
    // The control is the law's constant part itself: gain 1, and the law as the bias.
    floats(model.actuator_gainprm)[PARAMETERS * id] = 1;
    floats(model.actuator_biasprm).set([0, law.perRadNm, law.perRadPerSNm], PARAMETERS * id);
    floats(model.actuator_forcerange).set([-law.limitNm, law.limitNm], 2 * id);
    floats(data.ctrl)[id] = law.constantNm;
  }

  setExternalTorque(joint: number, torqueNm: number): void {
    floats(this.#world.data.qfrc_applied)[this.#world.dofAddresses[joint] ?? 0] = torqueNm;
  }

  step(): void {
    this.#world.step(1);
  }

  reset(positionsRad: readonly number[], seed: number): void {
    const world = this.#world;
    this.#actuators().forEach((values, index) => values.set(this.#own[index] ?? []));
    this.#reset(seed);
    world.setJointPositions(positionsRad);
    const velocities = floats(world.data.qvel);
    for (const address of world.dofAddresses) velocities[address] = 0;
    world.forward();
  }

  /** Of all actuators; read afresh on every use, as every field of MuJoCo. */
  #actuators(): Float64Array[] {
    const { model } = this.#world;
    return [model.actuator_gainprm, model.actuator_biasprm, model.actuator_forcerange].map(floats);
  }
}
