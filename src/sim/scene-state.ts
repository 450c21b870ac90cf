import type { GraspSpec } from '../robot/robot-spec.ts';
import { halfCubeM } from './geometry.ts';
import { directions } from './inverse-kinematics.ts';
import { floats, simBlock } from './world.ts';
import type { Quaternion, Vector3, World } from './world.ts';

/** Fingers that hold an object: geoms every simulated gripper names so, in this order. */
const fingerGeoms = ['fixed_finger', 'moving_finger'] as const;
const farM = 0.1;
/** A finger nearer than this touches: contacts are soft and rest up to 0.5 mm apart or inside. */
export const touchM = 0.001;

export interface ThingState {
  /** Centre in the base frame, m. */
  readonly positionM: Vector3;
  /** Heading of its most level axis, rad; a cube looks the same every quarter turn. */
  readonly yawRad: number;
  readonly speedMPerS: number;
}

/** What an expert and the success rules look at: a snapshot without any MuJoCo in it. */
export interface SceneState {
  readonly gripper: { readonly positionM: Vector3; readonly yawRad: number; readonly jawRad: number };
  /** How this gripper takes hold of a cube. */
  readonly grasp: GraspSpec;
  /** Where the first joint's axis meets the table, m. */
  readonly axisM: readonly [number, number];
  readonly source: ThingState;
  readonly destination: ThingState;
  /** What fingers beside the source can hit: centres and the radii around them, m. */
  readonly obstacles: readonly { readonly positionM: Vector3; readonly radiusM: number }[];
  /** Distance of the fixed and of the moving finger to the source, m; 0.1 when farther or not solid. */
  readonly fingerGapsM: readonly [number, number];
  /** Both fingers touch the source, which is between them and not beside them. */
  readonly held: boolean;
  /** How far the source, and the deepest of its rivals, are pushed in, m; 0 for what is not a button. */
  readonly pressedM: { readonly source: number; readonly rivals: number };
}

/** Solid things can be held; marks cannot be touched; a button has a sliding joint of its body's name. */
export type ThingKind = 'solid' | 'mark' | 'button';

/** Bodies of a scene by what the episode's instruction makes of them. */
export interface Roles {
  readonly source: string;
  readonly destination: string;
  /** Things of the source's group that the instruction does not mean. */
  readonly rivals: readonly string[];
  /** Other solid bodies and the radii of their footprints, m. */
  readonly obstacles: readonly { readonly body: string; readonly radiusM: number }[];
  readonly sourceKind: ThingKind;
}

/** The scene now. Call world.forward() first when positions were set by hand. */
export function readScene(world: World, roles: Roles): SceneState {
  const fingerGapsM = roles.sourceKind === 'solid' ? fingerGaps(world, roles.source) : ([farM, farM] as const);
  const gripperJoint = world.robot.joints.findIndex((joint) => joint.name === world.robot.gripper);
  return {
    gripper: {
      positionM: world.gripperPosition(),
      yawRad: directions(world.gripperRotation()).yawRad,
      jawRad: world.jointPositions()[gripperJoint] ?? 0,
    },
    grasp: simBlock(world.robot).grasp,
    axisM: firstAxis(world),
    source: thing(world, roles.source),
    destination: thing(world, roles.destination),
    obstacles: roles.obstacles.map(({ body, radiusM }) => ({ positionM: world.bodyPosition(body), radiusM })),
    fingerGapsM,
    held: fingerGapsM.every((gap) => gap < touchM) && Math.abs(besideFingers(world, roles.source)) < halfCubeM,
    pressedM: roles.sourceKind === 'button' ? travels(world, roles) : { source: 0, rivals: 0 },
  };
}

function travels(world: World, { source, rivals }: Roles): SceneState['pressedM'] {
  return { source: world.jointPosition(source), rivals: Math.max(0, ...rivals.map((name) => world.jointPosition(name))) };
}

/** Where the first joint's axis meets the table, base frame, m. */
export function firstAxis(world: World): readonly [number, number] {
  const joint = world.idOf('JOINT', world.robot.joints[0]?.name ?? '');
  const anchors = floats(world.data.xanchor);
  return [anchors[3 * joint] ?? 0, anchors[3 * joint + 1] ?? 0];
}

function fingerGaps(world: World, body: string): readonly [number, number] {
  const { module, model, data } = world;
  const object = world.idOf('GEOM', body);
  const gap = (finger: string): number =>
    module.mj_geomDistance(model, data, world.idOf('GEOM', finger), object, farM, null);
  return [gap(fingerGeoms[0]), gap(fingerGeoms[1])];
}

/** How far a body's centre lies along the gripper frame's y axis, across the plane the jaw moves in, m. */
function besideFingers(world: World, body: string): number {
  const rotation = world.gripperRotation();
  const gripper = world.gripperPosition();
  return world
    .bodyPosition(body)
    .reduce((sum, value, axis) => sum + (value - (gripper[axis] ?? 0)) * (rotation[3 * axis + 1] ?? 0), 0);
}

function thing(world: World, body: string): ThingState {
  const velocities = floats(world.data.cvel);
  const at = 6 * world.idOf('BODY', body) + 3;
  return {
    positionM: world.bodyPosition(body),
    yawRad: levelHeading(world.bodyQuaternion(body)),
    speedMPerS: Math.hypot(velocities[at] ?? 0, velocities[at + 1] ?? 0, velocities[at + 2] ?? 0),
  };
}

/** Heading of the first body axis that lies nearer the table's plane than the vertical. */
function levelHeading([w, x, y, z]: Quaternion): number {
  const xAxis: Vector3 = [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)];
  const yAxis: Vector3 = [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)];
  const level = Math.abs(xAxis[2]) < Math.SQRT1_2 ? xAxis : yAxis;
  return Math.atan2(level[1], level[0]);
}
