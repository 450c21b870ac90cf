import { afterAll, describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { ClearanceWatch } from '../../src/runtime/clearance-watch.ts';
import { World } from '../../src/sim/world.ts';
import { makeRobot } from '../../src/testing/index.ts';

const robot = loadRobot('so101');
const loaded = ClearanceWatch.load(robot);
const worlds = World.load({ robot, scene: 'lift' });
afterAll(async () => {
  (await loaded)?.dispose();
  (await worlds).dispose();
});

const length = (from: readonly number[], to: readonly number[]): number =>
  Math.hypot(...from.map((value, axis) => value - (to[axis] ?? 0)));

describe('ClearanceWatch', () => {
  it('names what is nearest, and the two points between which the distance is', async () => {
    const watch = await loaded;
    const rng = new Rng(7);
    for (let draw = 0; draw < 20; draw += 1) {
      const pose = robot.joints.map(({ limits: { positionRad: range } }) => rng.uniform(...range));
      const found = watch?.nearest(pose) ?? [];
      expect(found.map(({ kind }) => kind)).toContain('self');
      for (const { kind, distanceM, fromM, toM, where, minimumM, slowM } of found) {
        expect(length(fromM, toM)).toBeCloseTo(Math.abs(distanceM), 4);
        expect(where).toMatch(kind === 'self' ? /.+ and .+/ : /and the table$/);
        expect(minimumM).toBeLessThan(slowM ?? 0);
      }
    }
  });

  it('measures down to the table: the lower the hand, the less', async () => {
    const watch = await loaded;
    const [low, high] = [0.4, 0].map(
      (lean) => watch?.nearest([0, lean, 0.5, 1.2, 0, 0.8]).find(({ kind }) => kind === 'scene')?.distanceM ?? NaN,
    );
    expect(low).toBeLessThan(high ?? 0);
    const scene = watch?.nearest(robot.homeRad).find(({ kind }) => kind === 'scene');
    expect(scene?.toM[2]).toBeCloseTo(0, 6);
    expect(scene?.fromM[2]).toBeCloseTo(scene?.distanceM ?? NaN, 4);
  });

  it('leaves out what no joint changes: how high the shoulder stands', async () => {
    const watch = await loaded;
    for (const pan of [-1, 0, 1]) {
      const scene = watch?.nearest([pan, ...robot.homeRad.slice(1)]).find(({ kind }) => kind === 'scene');
      expect(scene?.where).not.toMatch(/^(base|shoulder) /);
    }
  });

  it('sees the things of a scene, but not that fingers are near what they are there to touch', async () => {
    const [watch, world] = [await loaded, await worlds];
    world.reset(robot.homeRad);
    world.forward();
    const [x, y, z] = world.bodyPosition('lower_arm');
    world.setBodyPose('cube_1', [x, y, z + 0.08]);
    world.forward();
    const above = watch?.nearest(robot.homeRad, world).find(({ kind }) => kind === 'thing');
    expect(above?.where).toMatch(/_arm and cube_1$/);
    expect(above).toMatchObject({ minimumM: null, slowM: null });
    expect(above?.distanceM).toBeLessThan(0.08);
    world.setBodyPose('cube_1', [...world.gripperPosition()]);
    world.forward();
    const held = watch?.nearest(robot.homeRad, world).find(({ kind }) => kind === 'thing');
    expect(held?.distanceM).toBeGreaterThan(0);
    watch?.leaveWorld();
  });

  it('knows nothing where a joint is not known or the arm has no model', async () => {
    expect((await loaded)?.nearest([Number.NaN, 0, 0, 0, 0, 0])).toEqual([]);
    expect((await loaded)?.nearest([])).toEqual([]);
    expect(await ClearanceWatch.load(makeRobot())).toBeUndefined();
  });
});
