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
  /** What moves it: joints of the model, the nearest to the base last. */
  readonly joints: readonly number[];
}

/** How a joint of the model goes with a joint of the RobotSpec: by itself, or coupled to it. */
export interface Drive {
  /** Number in joint order. */
  readonly joint: number;
  /** Radians (or metres, of a slide) per radian of that joint. */
  readonly ratio: number;
  /** Where it is when that joint is at zero. */
  readonly offset: number;
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
  /** The joints of the model that are coupled to one of these. */
  readonly coupled: readonly (Drive & { readonly qposAddress: number })[];
  /** Of each joint of the model. */
  readonly drives: ReadonlyMap<number, Drive>;
  /** Metres that a point of the link moves at most per radian of what drives one of the joints that move it. */
  readonly leverM: (jointId: number, link: Link) => number;
}

/** Reads the shape of an arm. Throws ArmatureError E_SPACE_MODEL for one that cannot be judged. */
export function armShape(module: MainModule, model: MjModel, robot: RobotSpec, block: ModelBlock): ArmShape {
  const facts = modelFacts(module, model);
  const idOf = (kind: 'JOINT' | 'GEOM' | 'SITE', name: string): number => {
    const id = module.mj_name2id(model, module.mjtObj[`mjOBJ_${kind}`].value, name);
    if (id >= 0) return id;
    throw spaceModelError(robot, `has no ${kind.toLowerCase()} named "${name}"`, {
      remedy: 'Give it this name in the MJCF, or correct robot.yaml.',
    });
  };
  const jointIds = robot.joints.map((joint) => idOf('JOINT', joint.name));
  const drives = jointDrives(facts, robot, jointIds);
  checkJoints(facts, module, robot, drives);
  const zoneGeoms = robot.space.keepOut.map((_, index) => idOf('GEOM', `${ZONE_PREFIX}${index}`));
  const links = armLinks(facts, zoneGeoms);
  checkGeoms(facts, module, robot, links);
  const siteId = idOf('SITE', block.gripperSite);
  const gripper = {
    body: facts.siteBody(siteId),
    name: 'gripper',
    geoms: [],
    joints: jointsAbove(facts, facts.siteBody(siteId)),
  };
  const isSlide = (id: number): boolean => facts.jointType(id) === module.mjtJoint.mjJNT_SLIDE.value;
  const travelM = (id: number): number => {
    const { joint, ratio, offset } = drives.get(id) as Drive;
    const ends = robot.joints[joint]?.limits.positionRad ?? [0, 0];
    return isSlide(id) ? Math.max(...ends.map((end) => Math.abs(offset + ratio * end))) : 0;
  };
  return {
    facts,
    links,
    gripper,
    zoneGeoms,
    fingerGeoms: new Set(robot.space.fingers.map((name) => idOf('GEOM', name))),
    siteId,
    qposAddresses: jointIds.map((id) => facts.jointQpos(id)),
    coupled: [...drives]
      .filter(([id]) => !jointIds.includes(id))
      .map(([id, drive]) => ({ ...drive, qposAddress: facts.jointQpos(id) })),
    drives,
    leverM: (id, link) => {
      const ratio = Math.abs(drives.get(id)?.ratio ?? 0);
      const balls =
        link === gripper
          ? [{ centreM: facts.sitePosition(siteId), radiusM: 0 }]
          : link.geoms.map((geom) => geomBall(facts, geom));
      return isSlide(id) ? ratio : ratio * reachM(facts, id, { body: link.body, balls }, travelM);
    },
  };
}

function armLinks(facts: ModelFacts, zoneGeoms: readonly number[]): Link[] {
  const geoms = Array.from({ length: facts.geomCount }, (_, geom) => geom);
  const counted = geoms.filter((geom) => facts.geomCollides(geom) && !zoneGeoms.includes(geom));
  return Array.from({ length: facts.bodyCount }, (_, body) => ({
    body,
    name: facts.bodyName(body),
    geoms: counted.filter((geom) => facts.geomBody(geom) === body),
    joints: jointsAbove(facts, body),
  })).filter((link) => link.geoms.length > 0);
}

function jointsAbove(facts: ModelFacts, body: number): number[] {
  const joints: number[] = [];
  for (let at = body; at !== 0; at = facts.bodyParent(at)) {
    if (facts.bodyJointCount(at) > 0) joints.push(facts.bodyFirstJoint(at));
  }
  return joints;
}

/** Of the joints that robot.yaml lists and of those coupled to them in proportion. */
function jointDrives(facts: ModelFacts, robot: RobotSpec, jointIds: readonly number[]): Map<number, Drive> {
  const drives = new Map<number, Drive>(jointIds.map((id, joint) => [id, { joint, ratio: 1, offset: 0 }]));
  for (const { follower, leader, coefficients } of facts.couplings) {
    const [constant = 0, ratio = 0, ...higher] = coefficients;
    const joint = jointIds.indexOf(leader);
    if (joint >= 0 && !jointIds.includes(follower) && higher.every((coefficient) => coefficient === 0)) {
      const offset = facts.jointReference(follower) + constant - ratio * facts.jointReference(leader);
      drives.set(follower, { joint, ratio, offset });
      continue;
    }
    throw spaceModelError(
      robot,
      `couples joints of body "${facts.bodyName(facts.jointBody(follower))}" in a way it cannot follow`,
      {
        expected: 'an equality whose joint1 is not in robot.yaml, whose joint2 is, and whose polycoef has two entries',
        remedy: 'Change the MJCF.',
      },
    );
  }
  return drives;
}

function checkJoints(
  facts: ModelFacts,
  module: MainModule,
  robot: RobotSpec,
  drives: ReadonlyMap<number, Drive>,
): void {
  const { mjJNT_HINGE, mjJNT_SLIDE } = module.mjtJoint;
  for (let id = 0; id < facts.jointCount; id += 1) {
    const isKnown = drives.has(id);
    const type = facts.jointType(id);
    const isSimple = type === mjJNT_HINGE.value || type === mjJNT_SLIDE.value;
    const isAlone = facts.bodyJointCount(facts.jointBody(id)) === 1;
    if (isKnown && isSimple && isAlone) continue;
    throw spaceModelError(robot, `has a joint that it cannot follow in body "${facts.bodyName(facts.jointBody(id))}"`, {
      expected: 'hinges and slides that robot.yaml lists or that are coupled to such, one per body',
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
