import type { RobotSpec } from '../robot/robot-spec.ts';
import { ArmKinematics } from '../sim/arm-kinematics.ts';
import { World } from '../sim/world.ts';
import type { GripperView, Kinematics } from '../teleop/kinematics.ts';

/**
 * The kinematics of a robot by its model; undefined for a robot without one. Dispose of it when done. Throws ArmatureError
 * E_SCENE or E_SCENE_NAME for a model that does not load or lacks a joint.
 */
export async function loadKinematics(robot: RobotSpec): Promise<Kinematics | undefined> {
  if (robot.drivers.sim === undefined) return undefined;
  return new ModelKinematics(await World.loadArm(robot));
}

class ModelKinematics implements Kinematics {
  readonly #world: World;
  readonly #arm: ArmKinematics;

  constructor(world: World) {
    this.#world = world;
    this.#arm = new ArmKinematics(world);
  }

  look(jointsRad: Float64Array): GripperView {
    const { positionM, rotation } = this.#arm.forward(jointsRad);
    const jacobian = this.#arm.jacobian();
    const rows = (element: (axis: number, joint: number) => number): number[][] =>
      [0, 1, 2].map((axis) => Array.from(jointsRad, (_, joint) => element(axis, joint)));
    return {
      positionM,
      rotation: Array.from(rotation),
      jacobian: [...rows(jacobian.position), ...rows(jacobian.rotation)],
    };
  }

  dispose(): void {
    this.#arm.dispose();
    this.#world.dispose();
  }
}
