import { listPolicies } from '../policy/find-policy.ts';
import { loadPolicy } from '../policy/load-policy.ts';
import type { LoadedPolicy } from '../policy/load-policy.ts';
import { listRobots, loadRobot } from '../robot/load-robot.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { TokenStripReader } from '../runtime/token-strip.ts';
import type { KnownRobots, KnownStrips } from '../serve/replay/known-robot.ts';
import { readGeometry } from '../sim/scene-geometry.ts';
import type { SceneGeometry } from '../sim/scene-geometry.ts';
import { World } from '../sim/world.ts';

/**
 * The robots and policies that are installed, and one more policy where it is named: its tokens then explain what it decided.
 * Throws as loadPolicy does for that one.
 */
export function knownRobots(policy: string | undefined): KnownRobots {
  const named = policy === undefined ? undefined : loadPolicy(policy);
  const scenes = new Map<string, Promise<SceneGeometry>>();
  const policies = new Map<string, readonly LoadedPolicy[]>();
  return {
    robot: (name) => (listRobots().includes(name) ? loadRobot(name) : undefined),
    scene: (robot) => {
      const known = scenes.get(robot.name) ?? loadScene(robot);
      scenes.set(robot.name, known);
      return known;
    },
    strips: (robot, actionTokens) => {
      // Their files are hashed when they are loaded: once for each robot, not for each black box.
      const known = policies.get(robot.name) ?? (named === undefined ? installed(robot) : [named]);
      policies.set(robot.name, known);
      return stripsOf(known, robot, actionTokens);
    },
  };
}

async function loadScene(robot: RobotSpec): Promise<SceneGeometry> {
  const world = await World.loadArm(robot);
  try {
    return readGeometry(world);
  } finally {
    world.dispose();
  }
}

function installed(robot: RobotSpec): LoadedPolicy[] {
  return listPolicies().flatMap((name) => {
    try {
      const policy = loadPolicy(name);
      return policy.manifest.robot === robot.name ? [policy] : [];
    } catch {
      // One that is on a server, or damaged: its tokens are not known.
      return [];
    }
  });
}

function stripsOf(policies: readonly LoadedPolicy[], robot: RobotSpec, actionTokens?: number): KnownStrips | undefined {
  const fitting = policies.find(
    ({ layout }) =>
      layout.actionTokens === (actionTokens ?? layout.actionTokens) && layout.joints === robot.joints.length,
  );
  if (fitting === undefined) return undefined;
  const { layout, manifest } = fitting;
  return { policy: manifest.name, reader: new TokenStripReader(layout) };
}
