import type { DoubleBuffer, MainModule, MjData, MjModel } from '@mujoco/mujoco';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { at } from '../joint-limits.ts';
import { armShape } from './arm-shape.ts';
import type { ArmShape } from './arm-shape.ts';
import { boxGapM } from './box-gap.ts';
import type { Boxes } from './box-gap.ts';
import type { GeomPair } from './rules.ts';
import { compileTwin } from './twin-model.ts';
import type { ModelBlock } from './twin-model.ts';

/**
 * The arm's kinematics and shape at one pose: where its gripper is and how far its parts are from each other and from
 * the keep-out zones. Positions in the base frame. Call dispose() when done; WASM memory is not collected.
 */
export class Twin {
  readonly shape: ArmShape;
  readonly #module: MainModule;
  readonly #model: MjModel;
  readonly #data: MjData;
  readonly #boxes: Boxes;
  /** Centres of the boxes in the frames of their geoms, shape (N, 3), and radii of the balls around them. */
  readonly #centresInGeomM: Float64Array;
  readonly #radiiM: Float64Array;
  // Views into MuJoCo's memory: taken again when its growth has detached them, which leaves them empty.
  #qpos = new Float64Array(0);
  #positions = new Float64Array(0);
  #rotations = new Float64Array(0);
  #sites = new Float64Array(0);

  /** Throws ArmatureError E_SPACE_MODEL when the model does not load, or is of a kind that cannot be judged. */
  constructor(options: {
    readonly module: MainModule;
    readonly robot: RobotSpec;
    readonly block: ModelBlock;
    readonly modelXml: string;
  }) {
    const { module, robot, block, modelXml } = options;
    this.#module = module;
    this.#model = compileTwin(module, robot, modelXml);
    this.shape = armShape(module, this.#model, robot, block);
    this.#data = new module.MjData(this.#model);
    const { facts } = this.shape;
    const geoms = Array.from({ length: facts.geomCount }, (_, geom) => geom);
    const halfSizesM = Float64Array.from(geoms.flatMap((geom) => facts.geomBox(2 * geom + 1)));
    this.#centresInGeomM = Float64Array.from(geoms.flatMap((geom) => facts.geomBox(2 * geom)));
    this.#radiiM = Float64Array.from(geoms, (geom) => Math.hypot(...facts.geomBox(2 * geom + 1)));
    this.#boxes = {
      halfSizesM,
      centresM: new Float64Array(halfSizesM.length),
      rotations: new Float64Array(3 * halfSizesM.length),
    };
  }

  /** Puts the arm into a pose, rad, joint order of the RobotSpec. All other calls are about this pose. */
  setPose(jointsRad: Float64Array): void {
    this.#takeViews();
    const { qposAddresses, coupled } = this.shape;
    for (let joint = 0; joint < qposAddresses.length; joint += 1) {
      this.#qpos[qposAddresses[joint] as number] = at(jointsRad, joint);
    }
    for (const { qposAddress, joint, ratio, offset } of coupled) {
      this.#qpos[qposAddress] = offset + ratio * at(jointsRad, joint);
    }
    this.#module.mj_kinematics(this.#model, this.#data);
    this.#boxes.rotations.set(this.#rotations);
    this.#placeBoxes();
  }

  /** Copies the position of the gripper frame, m, to `into` from entry `offset` on. */
  copyGripperPosition(into: Float64Array, offset: number): void {
    const start = 3 * this.shape.siteId;
    for (let axis = 0; axis < 3; axis += 1) into[offset + axis] = at(this.#sites, start + axis);
  }

  /**
   * The smallest distance of these pairs, m, negative where they overlap. It is exact below `exactBelowM`; above, it may
   * be less than the distance, and it is never more than `capM`.
   */
  distanceM(pairs: readonly GeomPair[], exactBelowM: number, capM: number): number {
    let smallest = capM;
    for (const [a, b] of pairs) {
      if (this.#ballGapM(a, b) >= smallest) continue;
      const bound = boxGapM(this.#boxes, a, b, smallest);
      if (bound >= smallest) continue;
      const distance = bound >= exactBelowM ? bound : this.exactDistanceM(a, b, smallest);
      smallest = Math.min(smallest, distance);
    }
    return smallest;
  }

  /**
   * MuJoCo's own distance of two geoms, m, negative where they overlap; at most `capM`.
   * @param points of length 6: takes the point of `a` that is nearest to `b`, then that of `b`, where they are nearer than `capM`
   */
  exactDistanceM(a: number, b: number, capM: number, points: DoubleBuffer | null = null): number {
    return this.#module.mj_geomDistance(this.#model, this.#data, a, b, capM, points);
  }

  /** Height of the lowest point of the boxes around these geoms, m. */
  lowestM(geoms: readonly number[]): number {
    const { centresM, halfSizesM, rotations } = this.#boxes;
    let lowest = Infinity;
    for (const geom of geoms) {
      let half = 0;
      for (let axis = 0; axis < 3; axis += 1) {
        half += Math.abs(at(rotations, 9 * geom + 6 + axis)) * at(halfSizesM, 3 * geom + axis);
      }
      lowest = Math.min(lowest, at(centresM, 3 * geom + 2) - half);
    }
    return lowest;
  }

  dispose(): void {
    this.#data.delete();
    this.#model.delete();
  }

  #takeViews(): void {
    if (this.#qpos.length > 0) return;
    this.#qpos = this.#data.qpos as Float64Array<ArrayBuffer>;
    this.#positions = this.#data.geom_xpos as Float64Array<ArrayBuffer>;
    this.#rotations = this.#data.geom_xmat as Float64Array<ArrayBuffer>;
    this.#sites = this.#data.site_xpos as Float64Array<ArrayBuffer>;
  }

  #placeBoxes(): void {
    const { centresM, rotations } = this.#boxes;
    const inside = this.#centresInGeomM;
    for (let entry = 0; entry < centresM.length; entry += 1) {
      const geom = entry - (entry % 3);
      const row = 3 * entry;
      centresM[entry] =
        at(this.#positions, entry) +
        at(rotations, row) * at(inside, geom) +
        at(rotations, row + 1) * at(inside, geom + 1) +
        at(rotations, row + 2) * at(inside, geom + 2);
    }
  }

  #ballGapM(a: number, b: number): number {
    const { centresM } = this.#boxes;
    const x = at(centresM, 3 * a) - at(centresM, 3 * b);
    const y = at(centresM, 3 * a + 1) - at(centresM, 3 * b + 1);
    const z = at(centresM, 3 * a + 2) - at(centresM, 3 * b + 2);
    return Math.sqrt(x * x + y * y + z * z) - at(this.#radiiM, a) - at(this.#radiiM, b);
  }
}
