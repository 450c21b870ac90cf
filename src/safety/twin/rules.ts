import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { Reason } from '../reasons.ts';
import type { ArmShape, Link } from './arm-shape.ts';
import type { Twin } from './twin.ts';

/** Two geoms, by their number in the model. */
export type GeomPair = readonly [number, number];

/** One thing that keeps a distance from another, whatever the pose. */
export interface Rule {
  readonly reason: Extract<Reason, 'self-collision' | 'keep-out' | 'table' | 'workspace'>;
  /** What it is between, for people. */
  readonly where: string;
  /** Metres that its distance changes at most per radian of each joint, shape (J). */
  readonly leversM: Float64Array;
  /** Poses nearer than this are not clear, m. */
  readonly minimumM: number;
  /** From here on the arm goes slower, m; equal to the minimum where it does not. */
  readonly slowM: number;
  /** How much less than the minimum is accepted between two poses, m. */
  readonly toleranceM: number;
  /** The distance is the smallest of these pairs; or of these geoms to the table. */
  readonly pairs: readonly GeomPair[];
  readonly geoms: readonly number[];
}

/** How far the gripper frame may leave its box between two poses inside it, m. */
const WORKSPACE_TOLERANCE_M = 0.002;

/** Everything that the distances of an arm are held to. */
export function rulesOf(shape: ArmShape, robot: RobotSpec): Rule[] {
  const { space } = robot;
  const moving = shape.links.filter((link) => link.joints.length > 0);
  /** Only the joints that move one and not the other change a distance. */
  const levers = (of: Link, than?: Link): Float64Array => {
    const leversM = new Float64Array(robot.joints.length);
    const add = (link: Link, id: number): void => {
      const joint = shape.drives.get(id)?.joint ?? 0;
      leversM[joint] = (leversM[joint] ?? 0) + shape.leverM(id, link);
    };
    for (const id of of.joints) if (than?.joints.includes(id) !== true) add(of, id);
    for (const id of than?.joints ?? []) if (than !== undefined && !of.joints.includes(id)) add(than, id);
    return leversM;
  };
  const clearance = ({ minimum, slow }: { readonly minimum: number; readonly slow: number }) => ({
    minimumM: minimum,
    slowM: slow,
    toleranceM: minimum / 2,
  });
  const self = linkPairs(shape).map(([a, b]): Rule => ({
    reason: 'self-collision',
    where: `${a.name} and ${b.name}`,
    leversM: levers(a, b),
    ...clearance(space.selfClearanceM),
    pairs: geomPairs(a, b, shape.fingerGeoms),
    geoms: [],
  }));
  const zones = shape.zoneGeoms.flatMap((zone, index) =>
    moving.map((link): Rule => ({
      reason: 'keep-out',
      where: `${link.name} and ${space.keepOut[index]?.name ?? ''}`,
      leversM: levers(link),
      ...clearance(space.sceneClearanceM),
      pairs: link.geoms.map((geom): GeomPair => [geom, zone]),
      geoms: [],
    })),
  );
  const table = moving.map((link): Rule => ({
    reason: 'table',
    where: `${link.name} and the table`,
    leversM: levers(link),
    ...clearance(space.sceneClearanceM),
    pairs: [],
    geoms: link.geoms.filter((geom) => !shape.fingerGeoms.has(geom)),
  }));
  const workspace: Rule = {
    reason: 'workspace',
    where: 'the gripper and the border of the workspace',
    leversM: levers(shape.gripper),
    minimumM: 0,
    slowM: 0,
    toleranceM: WORKSPACE_TOLERANCE_M,
    pairs: [],
    geoms: [],
  };
  const rules = [...self, ...zones, ...(space.tableHeightM === undefined ? [] : table), workspace];
  return rules.filter((rule) => rule.reason === 'workspace' || rule.pairs.length + rule.geoms.length > 0);
}

/** Links that are neither fixed to each other, nor neighbours, nor excluded by the MJCF. */
function linkPairs({ links, facts }: ArmShape): [Link, Link][] {
  const weld = (link: Link): number => facts.bodyWeld(link.body);
  const parentWeld = (link: Link): number => facts.bodyWeld(facts.bodyParent(weld(link)));
  return links.flatMap((a, index) =>
    links
      .slice(index + 1)
      .filter((b) => weld(a) !== weld(b) && weld(a) !== parentWeld(b) && weld(b) !== parentWeld(a))
      .filter((b) => !facts.excludedBodies.has((Math.min(a.body, b.body) << 16) + Math.max(a.body, b.body)))
      .map((b): [Link, Link] => [a, b]),
  );
}

function geomPairs(a: Link, b: Link, fingers: ReadonlySet<number>): GeomPair[] {
  return a.geoms.flatMap((first) =>
    b.geoms.filter((second) => !(fingers.has(first) && fingers.has(second))).map((second): GeomPair => [first, second]),
  );
}

/** Poses looked at to find the pairs that always touch. */
const SAMPLES = 200;

/**
 * The rules without the pairs of geoms that are nearer than the minimum in every one of 200 poses spread over the range
 * of the joints, home and rest among them: such a pair is built that way, and nothing the arm does changes it.
 */
export function withoutConstantContacts(
  rules: readonly Rule[],
  twin: Twin,
  robot: RobotSpec,
): { rules: Rule[]; dropped: string[] } {
  const isSelf = (rule: Rule): boolean => rule.reason === 'self-collision';
  let touching = rules.filter(isSelf).flatMap((rule) => rule.pairs.map((pair) => ({ rule, pair })));
  for (const pose of [robot.homeRad, robot.restRad, ...spreadPoses(robot)]) {
    if (touching.length === 0) break;
    twin.setPose(Float64Array.from(pose));
    touching = touching.filter(({ rule, pair }) => twin.distanceM([pair], rule.minimumM, rule.slowM) < rule.minimumM);
  }
  const always = new Set(touching.map(({ pair }) => pair));
  const kept = rules.map((rule) => ({ ...rule, pairs: rule.pairs.filter((pair) => !always.has(pair)) }));
  return {
    rules: kept.filter((rule) => !isSelf(rule) || rule.pairs.length > 0),
    dropped: [...new Set(touching.map(({ rule }) => rule.where))],
  };
}

/** Evenly spread over the joint ranges: the additive recurrence of Roberts (2018), the same at every call. */
function spreadPoses(robot: RobotSpec): number[][] {
  const count = robot.joints.length;
  let root = 2;
  for (let round = 0; round < 30; round += 1) root = (1 + root) ** (1 / (count + 1));
  return Array.from({ length: SAMPLES }, (_, sample) =>
    robot.joints.map(
      (
        {
          limits: {
            positionRad: [low, high],
          },
        },
        joint,
      ) => {
        const share = (0.5 + (sample + 1) / root ** (joint + 1)) % 1;
        return low + share * (high - low);
      },
    ),
  );
}
