import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rng } from '../../../src/core/rng.ts';
import { listRobots, loadRobot } from '../../../src/robot/load-robot.ts';
import type { RobotSpec } from '../../../src/robot/robot-spec.ts';
import { rulesOf } from '../../../src/safety/twin/rules.ts';
import type { Rule } from '../../../src/safety/twin/rules.ts';
import { Twin } from '../../../src/safety/twin/twin.ts';
import { mujoco } from '../../../src/sim/mujoco.ts';
import { World } from '../../../src/sim/world.ts';
import { drawPose, guardedRobot } from './guarded-robot.ts';

async function twinOf(robot: RobotSpec): Promise<Twin> {
  const block = robot.drivers.sim;
  if (block === undefined) throw new Error('a robot without a model');
  const modelXml = readFileSync(join(robot.directory, block.model), 'utf8');
  return new Twin({ module: await mujoco(), robot, block, modelXml });
}

const modelled = listRobots().filter((name) => loadRobot(name).drivers.sim !== undefined);

describe.each(modelled)('the twin of %s', (name) => {
  const robot = guardedRobot(loadRobot(name));
  let twin: Twin;
  let rules: Rule[];
  beforeAll(async () => {
    twin = await twinOf(robot);
    rules = rulesOf(twin.shape, robot);
  });
  afterAll(() => twin.dispose());

  const exactM = (rule: Rule): number => Math.min(1, ...rule.pairs.map(([a, b]) => twin.exactDistanceM(a, b, 1)));

  it('gives the distance that MuJoCo gives of every pair, where it is near', () => {
    const rng = new Rng(11);
    let near = 0;
    for (let round = 0; round < 60; round += 1) {
      twin.setPose(drawPose(robot, rng));
      for (const rule of rules.filter(({ pairs }) => pairs.length > 0)) {
        const [quick, exact] = [twin.distanceM(rule.pairs, 0.03, 0.06), exactM(rule)];
        // How deep shapes are in each other MuJoCo finds only to some micrometres, by where it starts from.
        const tolerance = exact < 0 ? 1e-4 : 1e-9;
        expect(quick).toBeLessThanOrEqual(exact + tolerance);
        if (exact >= 0.03) continue;
        near += 1;
        expect(Math.abs(quick - exact)).toBeLessThanOrEqual(tolerance);
      }
    }
    expect(near).toBeGreaterThan(10);
  });

  it('knows how high above the table its lowest point is', async () => {
    const slab = { name: 'slab', box: { centreM: [0, 0, -1.5], halfSizesM: [5, 5, 0.5] } } as const;
    const above = await twinOf({ ...robot, space: { ...robot.space, keepOut: [slab as never] } });
    const [slabGeom = 0] = above.shape.zoneGeoms;
    const rng = new Rng(14);
    for (let round = 0; round < 20; round += 1) {
      above.setPose(drawPose(robot, rng));
      for (const geom of above.shape.links.flatMap((link) => link.geoms)) {
        const exact = above.exactDistanceM(geom, slabGeom, 5) - 1;
        expect(above.lowestM([geom])).toBeLessThanOrEqual(exact + 1e-9);
        // The box around a cylinder is lower than the cylinder where it stands askew, that around a capsule by 0.73 radii.
        const [, radius = 0] = [...above.shape.facts.geomBox(2 * geom + 1)].toSorted((a, b) => a - b);
        expect(above.lowestM([geom])).toBeGreaterThan(exact - 0.74 * radius);
      }
    }
    above.dispose();
  });

  it('never moves a point further than lever times angle', () => {
    const rng = new Rng(12);
    const distances = (): number[] =>
      rules.map((rule) => (rule.pairs.length > 0 ? exactM(rule) : twin.lowestM(rule.geoms))).filter(Number.isFinite);
    const withGeoms = rules.filter((rule) => rule.pairs.length + rule.geoms.length > 0);
    for (let round = 0; round < 60; round += 1) {
      const from = drawPose(robot, rng);
      const to = from.map((value, joint) => (rng.uniform(0, 1) < 0.5 ? value : (drawPose(robot, rng)[joint] ?? 0)));
      twin.setPose(from);
      const before = distances();
      twin.setPose(to);
      const after = distances();
      withGeoms.forEach(({ where, leversM }, index) => {
        const bound = leversM.reduce(
          (sum, lever, joint) => sum + lever * Math.abs((to[joint] ?? 0) - (from[joint] ?? 0)),
          0,
        );
        const change = Math.abs((after[index] ?? 0) - (before[index] ?? 0));
        expect({ where, isWithin: change <= bound + 1e-6 }).toEqual({ where, isWithin: true });
      });
    }
  });

  it('has its gripper where the simulated arm has it', async () => {
    const world = await World.load({ robot, scene: 'reach' });
    const place = new Float64Array(3);
    const rng = new Rng(13);
    for (let round = 0; round < 20; round += 1) {
      const pose = drawPose(robot, rng);
      world.reset(pose);
      world.forward();
      twin.setPose(pose);
      twin.copyGripperPosition(place, 0);
      world.gripperPosition().forEach((value, axis) => expect(place[axis]).toBeCloseTo(value, 12));
    }
    world.dispose();
  });

  it('goes on after the memory of MuJoCo has grown under it', async () => {
    const pose = Float64Array.from(robot.homeRad);
    const place = new Float64Array(3);
    twin.setPose(pose);
    twin.copyGripperPosition(place, 0);
    const before = Array.from(place);
    const worlds = await Promise.all(Array.from({ length: 12 }, () => World.load({ robot, scene: 'reach' })));
    twin.setPose(pose);
    twin.copyGripperPosition(place, 0);
    expect(Array.from(place)).toEqual(before);
    worlds.forEach((world) => world.dispose());
  });
});

describe('links', () => {
  it('leaves out neighbours and fingers among themselves, and names the rest', async () => {
    const twin = await twinOf(loadRobot('so101'));
    const pairs = rulesOf(twin.shape, loadRobot('so101')).filter(({ reason }) => reason === 'self-collision');
    const names = pairs.map(({ where }) => where);
    expect(names).toContain('upper_arm and jaw');
    expect(names).not.toContain('gripper_base and jaw');
    expect(names).not.toContain('base and shoulder');
    twin.dispose();
  });
});
