import type { MainModule, MjModel } from '@mujoco/mujoco';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { modelFacts } from './model-facts.ts';
import type { ModelFacts } from './model-facts.ts';
import { geomBall, reachM } from './reach.ts';
import { spaceModelError, ZONE_PREFIX } from './twin-model.ts';
import type { ModelBlock } from './twin-model.ts';

/** A body of the model: a link of the arm, or what it is mounted on. */
export interface Link {
  readonly body: number;
  readonly name: string;
  /** The geoms that collide, by their number in the model. */
  readonly geoms: readonly number[];
  /** What moves it: numbers in joint order of the RobotSpec, the nearest to the base last. */
  readonly joints: readonly number[];
}

/** What of an arm's model the gate needs. Geoms, bodies and sites are numbers of the model. */
export interface ArmShape {
  readonly facts: ModelFacts;
  readonly links: readonly Link[];
  readonly gripper: Link;
  /** One per keep-out zone, in the order of robot.yaml. */
  readonly zoneGeoms: readonly number[];
  readonly fingerGeoms: ReadonlySet<number>;
  readonly siteId: number;
  /** Index into qpos of each joint of the RobotSpec. */
  readonly qposAddresses: readonly number[];
  /** Metres that a point of the link moves at most per radian of one of its joints (or metre, of a slide). */
  readonly leverM: (joint: number, link: Link) => number;
}

/** Reads the shape of an arm. Throws ArmatureError E_SPACE_MODEL for one that cannot be judged. */
export function armShape(module: MainModule, model: MjModel, robot: RobotSpec, block: ModelBlock): ArmShape {
  const facts = modelFacts(model);
  const idOf = (kind: 'JOINT' | 'GEOM' | 'SITE', name: string): number => {
    const id = module.mj_name2id(model, module.mjtObj[`mjOBJ_${kind}`].value, name);
    if (id >= 0) return id;
    throw spaceModelError(robot, `has no ${kind.toLowerCase()} named "${name}"`, {
      remedy: 'Give it this name in the MJCF, or correct robot.yaml.',
    });
  };
  const jointIds = robot.joints.map((joint) => idOf('JOINT', joint.name));
  checkJoints(facts, module, robot, jointIds);
  const zoneGeoms = robot.space.keepOut.map((_, index) => idOf('GEOM', `${ZONE_PREFIX}${index}`));
  const links = armLinks(facts, jointIds, zoneGeoms);
  checkGeoms(facts, module, robot, links);
  const siteId = idOf('SITE', block.gripperSite);
  const gripper = {
    body: facts.siteBody(siteId),
    name: 'gripper',
    geoms: [],
    joints: jointsAbove(facts, facts.siteBody(siteId), jointIds),
  };
  const isSlide = (id: number): boolean => facts.jointType(id) === module.mjtJoint.mjJNT_SLIDE.value;
  const travelM = (id: number): number =>
    isSlide(id) ? Math.max(...(robot.joints[jointIds.indexOf(id)]?.limits.positionRad.map(Math.abs) ?? [])) : 0;
  return {
    facts,
    links,
    gripper,
    zoneGeoms,
    fingerGeoms: new Set(robot.space.fingers.map((name) => idOf('GEOM', name))),
    siteId,
    qposAddresses: jointIds.map((id) => facts.jointQpos(id)),
    leverM: (joint, link) => {
      const id = jointIds[joint] as number;
      const balls =
        link === gripper
          ? [{ centreM: facts.sitePosition(siteId), radiusM: 0 }]
          : link.geoms.map((geom) => geomBall(facts, geom));
      return isSlide(id) ? 1 : reachM(facts, id, { body: link.body, balls }, travelM);
    },
  };
}

function armLinks(facts: ModelFacts, jointIds: readonly number[], zoneGeoms: readonly number[]): Link[] {
  const geoms = Array.from({ length: facts.geomCount }, (_, geom) => geom);
  const counted = geoms.filter((geom) => facts.geomCollides(geom) && !zoneGeoms.includes(geom));
  return Array.from({ length: facts.bodyCount }, (_, body) => ({
    body,
    name: facts.bodyName(body),
    geoms: counted.filter((geom) => facts.geomBody(geom) === body),
    joints: jointsAbove(facts, body, jointIds),
  })).filter((link) => link.geoms.length > 0);
}

function jointsAbove(facts: ModelFacts, body: number, jointIds: readonly number[]): number[] {
  const joints: number[] = [];
  for (let at = body; at !== 0; at = facts.bodyParent(at)) {
    if (facts.bodyJointCount(at) > 0) joints.push(jointIds.indexOf(facts.bodyFirstJoint(at)));
  }
  return joints;
}

function checkJoints(facts: ModelFacts, module: MainModule, robot: RobotSpec, jointIds: readonly number[]): void {
  const { mjJNT_HINGE, mjJNT_SLIDE } = module.mjtJoint;
  for (let id = 0; id < facts.jointCount; id += 1) {
    const isKnown = jointIds.includes(id);
    const type = facts.jointType(id);
    const isSimple = type === mjJNT_HINGE.value || type === mjJNT_SLIDE.value;
    const isAlone = facts.bodyJointCount(facts.jointBody(id)) === 1;
    if (isKnown && isSimple && isAlone) continue;
    throw spaceModelError(robot, `has a joint that it cannot follow in body "${facts.bodyName(facts.jointBody(id))}"`, {
      expected: 'hinges and slides that robot.yaml lists, one per body',
      remedy: 'Change the MJCF, or list the joint in robot.yaml.',
    });
  }
}

function checkGeoms(facts: ModelFacts, module: MainModule, robot: RobotSpec, links: readonly Link[]): void {
  const { mjGEOM_SPHERE, mjGEOM_BOX } = module.mjtGeom;
  for (const link of links) {
    const isPrimitive = (geom: number): boolean =>
      facts.geomType(geom) >= mjGEOM_SPHERE.value && facts.geomType(geom) <= mjGEOM_BOX.value;
    if (link.geoms.every(isPrimitive)) continue;
    throw spaceModelError(robot, `has a shape in link "${link.name}" that it cannot judge`, {
      expected: 'spheres, capsules, ellipsoids, cylinders and boxes',
      remedy: 'Build the arm of primitives; shapes that are only looked at get contype 0 and conaffinity 0.',
    });
  }
}
