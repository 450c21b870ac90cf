import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { ArmClearances, FURTHEST_M } from '../safety/twin/arm-clearances.ts';
import type { Clearance } from '../safety/twin/arm-clearances.ts';
import { mujoco } from '../sim/mujoco.ts';
import { ThingDistances } from '../sim/thing-distances.ts';
import type { World } from '../sim/world.ts';

/**
 * Says what an arm is nearest to, for whoever looks on: by a twin of its model, and in a simulated scene by the things there, too.
 * The gate has a twin of its own, in another process. Call dispose() when done.
 */
export class ClearanceWatch {
  readonly #arm: ArmClearances;
  #things: { readonly world: World; readonly distances: ThingDistances } | undefined;

  private constructor(arm: ArmClearances) {
    this.#arm = arm;
  }

  /** Undefined for a robot without a model. Throws ArmatureError E_SPACE_MODEL for a model that cannot be judged. */
  static async load(robot: RobotSpec): Promise<ClearanceWatch | undefined> {
    const block = robot.drivers.sim;
    if (block === undefined) return undefined;
    const modelXml = readFileSync(join(robot.directory, block.model), 'utf8');
    return new ClearanceWatch(new ArmClearances({ module: await mujoco(), robot, block, modelXml }));
  }

  /**
   * The nearest of each kind; none where a joint is not known.
   * @param world the simulated scene with the arm as it stands there, if there is one
   */
  nearest(measuredRad: ArrayLike<number>, world?: World): Clearance[] {
    const joints = Float64Array.from(measuredRad);
    if (joints.length === 0 || !joints.every(Number.isFinite)) return [];
    const found = this.#arm.at(joints);
    const thing = world === undefined ? undefined : this.#distances(world).nearest(FURTHEST_M);
    return thing === undefined ? found : [...found, { kind: 'thing', ...thing, minimumM: null, slowM: null }];
  }

  /** Before a world goes that was asked about. */
  leaveWorld(): void {
    this.#things?.distances.dispose();
    this.#things = undefined;
  }

  dispose(): void {
    this.leaveWorld();
    this.#arm.dispose();
  }

  #distances(world: World): ThingDistances {
    if (this.#things?.world !== world) {
      this.leaveWorld();
      this.#things = { world, distances: new ThingDistances(world) };
    }
    return this.#things.distances;
  }
}
