import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { MainModule, MjData, MjModel } from '@mujoco/mujoco';
import { dataDirectory } from '../core/data-directory.ts';
import { ArmatureError, messageOf } from '../core/errors.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { mujoco } from './mujoco.ts';

/** Position in the base frame, m; the base frame is MuJoCo's world frame: x forward, y left, z up. */
export type Vector3 = readonly [number, number, number];
/** Unit quaternion, order w, x, y, z. */
export type Quaternion = readonly [number, number, number, number];

export interface WorldOptions {
  readonly robot: RobotSpec;
  /** File name in sim/scenes without .xml; it includes desk.xml and robot.xml. */
  readonly scene: string;
}

type ObjectKind = 'BODY' | 'JOINT' | 'GEOM' | 'SITE' | 'CAMERA' | 'ACTUATOR';

/** Scenes include the robot under this name. */
const ROBOT_FILE = 'robot.xml';

let loadedWorlds = 0;

/**
 * One MuJoCo model and its state: an arm, a table and the things on it. Everything is deterministic:
 * the same calls give the same state to the bit. Call dispose() when done; WASM memory is not collected.
 *
 * Fields of MjData are read afresh on every access because growth of the WASM memory detaches old views.
 */
export class World {
  readonly module: MainModule;
  readonly model: MjModel;
  readonly data: MjData;
  readonly robot: RobotSpec;
  readonly timestepS: number;
  /** Index of each robot joint into qpos, in joint order of the RobotSpec. */
  readonly qposAddresses: readonly number[];
  /** Index of each robot joint into qvel, in joint order of the RobotSpec. */
  readonly dofAddresses: readonly number[];
  /** Index of each robot joint's servo into ctrl, in joint order of the RobotSpec. */
  readonly actuatorIds: readonly number[];
  readonly gripperSiteId: number;
  /** What `<equality><joint>` of the MJCF couples: a joint to one of the robot's, in proportion; see the collision twin. */
  readonly #couplings: readonly { readonly follower: number; readonly leader: number; readonly ratio: number }[];

  /** @internal use World.load */
  constructor(module: MainModule, model: MjModel, robot: RobotSpec) {
    this.module = module;
    this.model = model;
    this.data = new module.MjData(model);
    this.robot = robot;
    this.timestepS = model.opt.timestep;
    const jointIds = robot.joints.map((joint) => this.idOf('JOINT', joint.name));
    this.qposAddresses = jointIds.map((id) => intAt(model.jnt_qposadr, id));
    this.dofAddresses = jointIds.map((id) => intAt(model.jnt_dofadr, id));
    this.actuatorIds = robot.joints.map((joint) => this.idOf('ACTUATOR', joint.name));
    this.gripperSiteId = this.idOf('SITE', simBlock(robot).gripperSite);
    this.#couplings = Array.from({ length: model.neq }, (_, index) => index)
      .filter((index) => intAt(model.eq_type, index) === module.mjtEq.mjEQ_JOINT.value)
      .map((index) => ({
        follower: intAt(model.jnt_qposadr, intAt(model.eq_obj1id, index)),
        leader: intAt(model.jnt_qposadr, intAt(model.eq_obj2id, index)),
        ratio: floats(model.eq_data)[(floats(model.eq_data).length / model.neq) * index + 1] ?? 0,
      }));
  }

  /** Throws ArmatureError when the robot has no simulation model or MuJoCo refuses the scene. */
  static async load({ robot, scene }: WorldOptions): Promise<World> {
    const module = await mujoco();
    const directory = addRobot(module, robot);
    const scenes = dataDirectory('sim');
    for (const file of readdirSync(join(scenes, 'scenes'))) {
      module.FS.writeFile(`${directory}/${file}`, readFileSync(join(scenes, 'scenes', file)));
    }
    return compile(module, { robot, scene, path: `${directory}/${scene}.xml` });
  }

  /** The arm alone, without table and things. Throws as `load` does. */
  static async loadArm(robot: RobotSpec): Promise<World> {
    const module = await mujoco();
    return compile(module, { robot, scene: robot.name, path: `${addRobot(module, robot)}/${ROBOT_FILE}` });
  }

  get timeS(): number {
    return this.data.time;
  }

  /** Runs the physics for a number of timesteps with the servos' present set points. */
  step(count: number): void {
    for (let index = 0; index < count; index += 1) this.module.mj_step(this.model, this.data);
  }

  /** Recomputes positions of bodies, sites and cameras after a state was set. */
  forward(): void {
    this.module.mj_forward(this.model, this.data);
  }

  /** Everything back to the model's initial state; the arm at the given pose (rad, joint order), at rest. */
  reset(jointPositionsRad: ArrayLike<number>): void {
    this.module.mj_resetData(this.model, this.data);
    this.setTorque(true);
    this.setJointPositions(jointPositionsRad);
    this.setServoTargets(jointPositionsRad);
  }

  setJointPositions(positionsRad: ArrayLike<number>): void {
    const qpos = this.qpos;
    this.qposAddresses.forEach((address, joint) => (qpos[address] = positionsRad[joint] ?? 0));
    const references = floats(this.model.qpos0);
    for (const { follower, leader, ratio } of this.#couplings) {
      qpos[follower] = (references[follower] ?? 0) + ratio * ((qpos[leader] ?? 0) - (references[leader] ?? 0));
    }
  }

  /**
   * The joint of the robot that moves an index into qpos, and by how much: 1 where it is that joint, the ratio of the MJCF where it
   * is coupled to it. Undefined for what no joint of the robot moves.
   */
  moverOf(address: number): { readonly robotJoint: number; readonly ratio: number } | undefined {
    const coupling = this.#couplings.find(({ follower }) => follower === address);
    const robotJoint = this.qposAddresses.indexOf(coupling?.leader ?? address);
    return robotJoint < 0 ? undefined : { robotJoint, ratio: coupling?.ratio ?? 1 };
  }

  /** Switches the servos. When they come on they hold where the joints are. */
  setTorque(isOn: boolean): void {
    const { opt } = this.model;
    if (isOn === this.hasTorque) return;
    opt.disableflags ^= this.#noActuation;
    if (isOn) this.setServoTargets(this.jointPositions());
  }

  get hasTorque(): boolean {
    return (this.model.opt.disableflags & this.#noActuation) === 0;
  }

  /** The flag under which no actuator has a force. */
  get #noActuation(): number {
    return this.module.mjtDisableBit.mjDSBL_ACTUATION.value;
  }

  setServoTargets(positionsRad: ArrayLike<number>): void {
    const control = floats(this.data.ctrl);
    this.actuatorIds.forEach((id, joint) => (control[id] = positionsRad[joint] ?? 0));
  }

  /** Servo set points, rad, joint order. */
  servoTargets(): number[] {
    const control = floats(this.data.ctrl);
    return this.actuatorIds.map((id) => control[id] ?? 0);
  }

  jointPositions(): number[] {
    const qpos = this.qpos;
    return this.qposAddresses.map((address) => qpos[address] ?? 0);
  }

  /** Position of one of the scene's own joints, m or rad. */
  jointPosition(name: string): number {
    return this.qpos[intAt(this.model.jnt_qposadr, this.idOf('JOINT', name))] ?? 0;
  }

  jointVelocities(): number[] {
    const qvel = floats(this.data.qvel);
    return this.dofAddresses.map((address) => qvel[address] ?? 0);
  }

  /** Torque of each servo, Nm. */
  jointEfforts(): number[] {
    const force = floats(this.data.actuator_force);
    return this.actuatorIds.map((id) => force[id] ?? 0);
  }

  get qpos(): Float64Array {
    return floats(this.data.qpos);
  }

  /** Position of the gripper frame (between the fingertips). */
  gripperPosition(): Vector3 {
    return triple(floats(this.data.site_xpos), this.gripperSiteId);
  }

  /** Rotation matrix of the gripper frame, row-major, shape (3, 3); -z is the direction of the fingers. */
  gripperRotation(): Float64Array {
    return floats(this.data.site_xmat).slice(9 * this.gripperSiteId, 9 * this.gripperSiteId + 9);
  }

  bodyPosition(name: string): Vector3 {
    return triple(floats(this.data.xpos), this.idOf('BODY', name));
  }

  bodyQuaternion(name: string): Quaternion {
    const at = 4 * this.idOf('BODY', name);
    const all = floats(this.data.xquat);
    return [all[at] ?? 1, all[at + 1] ?? 0, all[at + 2] ?? 0, all[at + 3] ?? 0];
  }

  /** Places a free body (at rest) or a mocap body. */
  setBodyPose(name: string, position: Vector3, quaternion: Quaternion = [1, 0, 0, 0]): void {
    const body = this.idOf('BODY', name);
    const mocap = intAt(this.model.body_mocapid, body);
    if (mocap >= 0) {
      floats(this.data.mocap_pos).set(position, 3 * mocap);
      floats(this.data.mocap_quat).set(quaternion, 4 * mocap);
      return;
    }
    const joint = intAt(this.model.body_jntadr, body);
    const address = intAt(this.model.jnt_qposadr, joint);
    this.qpos.set([...position, ...quaternion], address);
    floats(this.data.qvel).fill(0, intAt(this.model.jnt_dofadr, joint), intAt(this.model.jnt_dofadr, joint) + 6);
  }

  /** Colour of a geom, red, green and blue in [0, 1]. */
  setGeomColour(name: string, colour: Vector3): void {
    floats(this.model.geom_rgba).set([...colour, 1], 4 * this.idOf('GEOM', name));
  }

  /** MuJoCo's id of a named thing. Throws ArmatureError when the scene has none of that name. */
  idOf(kind: ObjectKind, name: string): number {
    const id = this.module.mj_name2id(this.model, this.module.mjtObj[`mjOBJ_${kind}`].value, name);
    if (id >= 0) return id;
    throw new ArmatureError('E_SCENE_NAME', `the scene has no ${kind.toLowerCase()} named "${name}"`, {
      remedy: 'Add it to the scene or to the MJCF of the robot.',
    });
  }

  dispose(): void {
    this.data.delete();
    this.model.delete();
  }
}

/** Puts the robot's model into a new folder of MuJoCo's files; that folder. */
function addRobot(module: MainModule, robot: RobotSpec): string {
  const modelFile = join(robot.directory, simBlock(robot).model);
  loadedWorlds += 1;
  const directory = `/world-${loadedWorlds}`;
  module.FS.mkdirTree(directory, 0o777);
  module.FS.writeFile(`${directory}/${ROBOT_FILE}`, readFileSync(modelFile));
  return directory;
}

function compile(module: MainModule, { robot, scene, path }: WorldOptions & { readonly path: string }): World {
  let model: MjModel | null;
  try {
    model = module.MjModel.from_xml_path(path, new module.MjVFS());
  } catch (cause) {
    const modelFile = join(robot.directory, simBlock(robot).model);
    throw new ArmatureError('E_SCENE', `scene "${scene}" with robot "${robot.name}" does not load`, {
      found: messageOf(cause),
      remedy: `Correct sim/scenes/${scene}.xml or ${modelFile}.`,
      cause,
    });
  }
  if (model === null) throw new ArmatureError('E_SCENE', `scene "${scene}" gave no model`, { remedy: 'Check its MJCF.' });
  return new World(module, model, robot);
}

/** The robot's simulation block. Throws ArmatureError when it has none. */
export function simBlock(robot: RobotSpec): NonNullable<RobotSpec['drivers']['sim']> {
  const block = robot.drivers.sim;
  if (block !== undefined) return block;
  throw new ArmatureError('E_NO_SIMULATION', `robot "${robot.name}" cannot be simulated`, {
    remedy: 'Add a drivers.sim block with its MJCF to robot.yaml.',
  });
}

/** MuJoCo's bindings leave the types of array fields open; this is the one place that says what they are. */
export function floats(field: unknown): Float64Array {
  return field as Float64Array;
}

function intAt(field: unknown, index: number): number {
  return (field as Int32Array)[index] ?? -1;
}

function triple(all: Float64Array, index: number): Vector3 {
  return [all[3 * index] ?? 0, all[3 * index + 1] ?? 0, all[3 * index + 2] ?? 0];
}
