import { floats } from './world.ts';
import type { World } from './world.ts';

/** Shapes of MuJoCo that are drawn, by the number of their type. */
const SHAPES = { 0: 'plane', 2: 'sphere', 3: 'capsule', 4: 'ellipsoid', 5: 'cylinder', 6: 'box' } as const;
/** Groups from here on are not for the eye. */
const HIDDEN_GROUP = 3;

export type Shape = (typeof SHAPES)[keyof typeof SHAPES];

/** A joint of a body of the arm. It turns about, or slides along, an axis of the body's own frame. */
export interface SceneJoint {
  readonly kind: 'hinge' | 'slide';
  readonly axis: readonly number[];
  /** A point on the axis, body frame, m. */
  readonly anchorM: readonly number[];
  /** Position of the robot's joint at which the body stands as described, rad. */
  readonly reference: number;
  /** Joint of the robot that moves it, and by how much of its way from there: 1 for that joint itself. */
  readonly robotJoint: number;
  readonly ratio: number;
}

export interface SceneBody {
  readonly name: string;
  /** Index of a body of the list; -1 for the base frame. */
  readonly parent: number;
  /** In the frame of the parent, m. */
  readonly positionM: readonly number[];
  /** Order w, x, y, z. */
  readonly quaternion: readonly number[];
  /** True for bodies of the arm: their joints say where they are. All others are told, see readThings. */
  readonly isArm: boolean;
  readonly joint: SceneJoint | null;
}

export interface SceneGeom {
  /** Index of a body of the list; -1 for the base frame. */
  readonly body: number;
  readonly shape: Shape;
  readonly positionM: readonly number[];
  readonly quaternion: readonly number[];
  /** As in MJCF: half lengths or radii, m. */
  readonly sizeM: readonly number[];
  /** Red, green, blue, opacity, in [0, 1]. */
  readonly colour: readonly number[];
}

/** A scene as data: enough to draw it anywhere. Base frame: x forward, y left, z up. */
export interface SceneGeometry {
  readonly bodies: readonly SceneBody[];
  readonly geoms: readonly SceneGeom[];
}

/** The primitives of a world and how they hang together. Meshes are left out. */
export function readGeometry(world: World): SceneGeometry {
  const { model } = world;
  const root = rootBody(world);
  const roots = integers(model.body_rootid);
  const bodies = range(1, model.nbody).map((body): SceneBody => {
    const isArm = roots[body] === root;
    return {
      name: nameOf(world, body),
      parent: isArm ? (integers(model.body_parentid)[body] ?? 0) - 1 : -1,
      positionM: slice(model.body_pos, body, 3),
      quaternion: slice(model.body_quat, body, 4),
      isArm,
      joint: isArm ? jointOf(world, body) : null,
    };
  });
  const geoms = range(0, model.ngeom).flatMap((geom): SceneGeom[] => {
    const shape = SHAPES[integers(model.geom_type)[geom] as keyof typeof SHAPES] as Shape | undefined;
    const colour = slice(model.geom_rgba, geom, 4);
    const isHidden = (integers(model.geom_group)[geom] ?? 0) >= HIDDEN_GROUP || (colour[3] ?? 0) === 0;
    if (shape === undefined || isHidden) return [];
    return [
      {
        body: (integers(model.geom_bodyid)[geom] ?? 0) - 1,
        shape,
        positionM: slice(model.geom_pos, geom, 3),
        quaternion: slice(model.geom_quat, geom, 4),
        sizeM: slice(model.geom_size, geom, 3),
        colour,
      },
    ];
  });
  return { bodies, geoms };
}

/** Where everything is that is not the arm: body of the list, position (m) and quaternion (w, x, y, z), shape (things, 8). */
export function readThings(world: World): number[][] {
  const { model, data } = world;
  const root = rootBody(world);
  const roots = integers(model.body_rootid);
  return range(1, model.nbody)
    .filter((body) => roots[body] !== root)
    .map((body) => [body - 1, ...slice(data.xpos, body, 3), ...slice(data.xquat, body, 4)]);
}

function rootBody(world: World): number {
  const { model, robot } = world;
  const joint = world.idOf('JOINT', robot.joints[0]?.name ?? '');
  return integers(model.body_rootid)[integers(model.jnt_bodyid)[joint] ?? 0] ?? 0;
}

function jointOf(world: World, body: number): SceneJoint | null {
  const { model, module } = world;
  const joint = integers(model.body_jntadr)[body] ?? -1;
  if (joint < 0) return null;
  const address = integers(model.jnt_qposadr)[joint] ?? -1;
  const mover = world.moverOf(address);
  if (mover === undefined) return null;
  const isSlide = integers(model.jnt_type)[joint] === module.mjtJoint.mjJNT_SLIDE.value;
  return {
    kind: isSlide ? 'slide' : 'hinge',
    axis: slice(model.jnt_axis, joint, 3),
    anchorM: slice(model.jnt_pos, joint, 3),
    reference: floats(model.qpos0)[world.qposAddresses[mover.robotJoint] ?? address] ?? 0,
    ...mover,
  };
}

function nameOf({ model, module }: World, body: number): string {
  return module.mj_id2name(model, module.mjtObj.mjOBJ_BODY.value, body) ?? '';
}

function slice(field: unknown, index: number, length: number): number[] {
  const values = floats(field).subarray(index * length, (index + 1) * length);
  return Array.from(values, (value) => Math.round(value * 1e6) / 1e6);
}

function integers(field: unknown): Int32Array {
  return field as Int32Array;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
