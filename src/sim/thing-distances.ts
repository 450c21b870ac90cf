import type { DoubleBuffer } from '@mujoco/mujoco';
import { floats } from './world.ts';
import type { World } from './world.ts';

/** What of a scene is nearest to the arm. */
export interface NearestThing {
  /** The part of the arm and the thing, for people. */
  readonly where: string;
  /** Negative where they overlap, m. */
  readonly distanceM: number;
  /** The points that are nearest: of the arm, then of the thing; base frame, m, shape (3). */
  readonly fromM: readonly number[];
  readonly toM: readonly number[];
}

/** A geom that others collide with, and what it is part of. */
interface Solid {
  readonly geom: number;
  readonly name: string;
}

/**
 * Distances of an arm to the things of a simulated scene: all but the table it stands on, and without the fingers, which are there
 * to touch things. Looks only. Call dispose() when done; WASM memory is not collected.
 */
export class ThingDistances {
  readonly #world: World;
  readonly #links: readonly Solid[];
  readonly #things: readonly Solid[];
  readonly #points: DoubleBuffer;

  constructor(world: World) {
    const { robot } = world;
    this.#world = world;
    this.#points = new world.module.DoubleBuffer(6);
    const solids = solidsOf(world);
    const fingers = new Set(robot.space.fingers.map((name) => world.idOf('GEOM', name)));
    this.#links = solids.filter(({ isMovingArm, geom }) => isMovingArm && !fingers.has(geom));
    this.#things = solids.filter(({ isArm, isGround }) => !isArm && !isGround);
  }

  /** Undefined where nothing is nearer than `withinM`. */
  nearest(withinM: number): NearestThing | undefined {
    const { module, model, data } = this.#world;
    let distanceM = withinM;
    let found: readonly [Solid, Solid] | undefined;
    for (const link of this.#links) {
      for (const thing of this.#things) {
        if (this.#ballGapM(link.geom, thing.geom) >= distanceM) continue;
        const candidate = module.mj_geomDistance(model, data, link.geom, thing.geom, distanceM, null);
        if (candidate >= distanceM) continue;
        distanceM = candidate;
        found = [link, thing];
      }
    }
    if (found === undefined) return undefined;
    const [link, thing] = found;
    module.mj_geomDistance(model, data, link.geom, thing.geom, withinM, this.#points);
    const points = Array.from(this.#points.GetView() as Float64Array);
    return { where: `${link.name} and ${thing.name}`, distanceM, fromM: points.slice(0, 3), toM: points.slice(3) };
  }

  dispose(): void {
    this.#points.delete();
  }

  #ballGapM(a: number, b: number): number {
    const { model, data } = this.#world;
    const [radii, places] = [floats(model.geom_rbound), floats(data.geom_xpos)];
    let square = 0;
    for (let axis = 0; axis < 3; axis += 1) square += ((places[3 * a + axis] ?? 0) - (places[3 * b + axis] ?? 0)) ** 2;
    return Math.sqrt(square) - (radii[a] ?? 0) - (radii[b] ?? 0);
  }
}

interface SortedSolid extends Solid {
  readonly isArm: boolean;
  /** Its base does not move. */
  readonly isMovingArm: boolean;
  /** What the arm stands on, or what lies below it. */
  readonly isGround: boolean;
}

function solidsOf(world: World): SortedSolid[] {
  const { model, module, robot } = world;
  const integers = (field: unknown): Int32Array => field as Int32Array;
  const [bodies, roots, welds] = [integers(model.geom_bodyid), integers(model.body_rootid), integers(model.body_weldid)];
  const joint = world.idOf('JOINT', robot.joints[0]?.name ?? '');
  const armRoot = roots[integers(model.jnt_bodyid)[joint] ?? 0];
  const [places, boxes] = [floats(model.geom_pos), floats(model.geom_size)];
  const tableHeightM = robot.space.tableHeightM ?? 0;
  return Array.from({ length: model.ngeom }, (_, geom): SortedSolid => {
    const body = bodies[geom] ?? 0;
    const isArm = body !== 0 && roots[body] === armRoot;
    const isPlane = (integers(model.geom_type)[geom] ?? 0) === module.mjtGeom.mjGEOM_PLANE.value;
    const topM = (places[3 * geom + 2] ?? 0) + (boxes[3 * geom + 2] ?? 0);
    return {
      geom,
      name: nameOf(world, body === 0 ? { kind: 'GEOM', id: geom } : { kind: 'BODY', id: body }),
      isArm,
      isMovingArm: isArm && (welds[body] ?? 0) !== 0,
      isGround: body === 0 && (isPlane || topM <= tableHeightM + 1e-6),
    };
  }).filter(
    ({ geom }) => (integers(model.geom_contype)[geom] ?? 0) !== 0 || (integers(model.geom_conaffinity)[geom] ?? 0) !== 0,
  );
}

function nameOf(
  { model, module }: World,
  { kind, id }: { readonly kind: 'BODY' | 'GEOM'; readonly id: number },
): string {
  return module.mj_id2name(model, module.mjtObj[`mjOBJ_${kind}`].value, id) ?? '';
}
