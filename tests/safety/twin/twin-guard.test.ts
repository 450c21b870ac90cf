import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rng } from '../../../src/core/rng.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import type { RobotSpec } from '../../../src/robot/robot-spec.ts';
import { loadSpaceGuard } from '../../../src/runtime/load-space-guard.ts';
import { openSpace } from '../../../src/safety/space-guard.ts';
import type { SpaceGuard, SpaceVerdict } from '../../../src/safety/space-guard.ts';
import { TwinGuard } from '../../../src/safety/twin/twin-guard.ts';
import { mujoco } from '../../../src/sim/mujoco.ts';
import { makeRobot } from '../../../src/testing/index.ts';
import { drawPose, guardedRobot } from './guarded-robot.ts';
import { Oracle } from './oracle.ts';
import { SmallLimiter } from './small-limiter.ts';

const stepS = 0.01;
const so101 = loadRobot('so101');
const robot = guardedRobot(so101);
const modelXml = readFileSync(join(robot.directory, 'model.xml'), 'utf8');
const home = Float64Array.from(robot.homeRad);

let guard: SpaceGuard;
let oracle: Oracle;
beforeAll(async () => {
  guard = await loadSpaceGuard(robot);
  oracle = new Oracle(await mujoco(), robot);
});
afterAll(() => {
  guard.dispose();
  oracle.twin.dispose();
});

const between = (from: Float64Array, to: Float64Array, share: number): Float64Array =>
  from.map((value, joint) => value + share * ((to[joint] ?? 0) - value));

/** A pose found by drawing that leaves so much, or so little, to spare. */
function findPose(seed: number, fits: (pose: Float64Array) => boolean): Float64Array {
  const rng = new Rng(seed);
  for (let draw = 0; draw < 20_000; draw += 1) {
    const pose = drawPose(robot, rng);
    if (fits(pose)) return pose;
  }
  throw new Error('no such pose was drawn');
}

const isOpen = (pose: Float64Array): boolean => oracle.spareM(pose) > 0.02;
/** A path slow enough to be within the speed limit. */
const slowly = (path: Float64Array[]): SpaceVerdict => guard.check(path, 100);

const kinds = ['keep-out', 'self-collision', 'table', 'workspace'] as const;

describe('poses', () => {
  it.each(kinds)('invariants 6 and 7: refuses a candidate that breaks %s, and names what it meets', (reason) => {
    const spares = (pose: Float64Array, of: 'broken' | 'rest'): number =>
      Math.min(
        ...kinds.filter((kind) => (kind === reason) === (of === 'broken')).map((kind) => oracle.spareM(pose, kind)),
      );
    const rng = new Rng(20);
    let outside = home;
    const inside = findPose(21, (pose) => {
      const broken = spares(pose, 'broken');
      if (!(broken < 0 && broken > -0.003 && spares(pose, 'rest') > 0.01)) return false;
      outside = pose.map((value) => value + rng.uniform(-0.01, 0.01));
      return spares(outside, 'broken') > 0.0005;
    });
    expect(slowly([outside, outside]).clear).toBe(true);
    const verdict = slowly([outside, inside]);
    expect(verdict).toMatchObject({ clear: false, reasons: [reason] });
    expect(verdict.where).toMatch(/^\w+ and [\w ]+$|^the gripper and the border/);
  });

  it('invariant 7: refuses a clear candidate whose stop is not clear', () => {
    const pose = findPose(23, (draw) => oracle.spareM(draw, 'keep-out') < -0.01);
    expect(slowly([home, home]).clear).toBe(true);
    expect(slowly([home, home, pose])).toMatchObject({ clear: false });
    expect(slowly([home, home, home, home, pose])).toMatchObject({ clear: false });
  });

  it('invariant 7: refuses a step that jumps over what is in the way', () => {
    const rng = new Rng(24);
    let jumps = 0;
    for (let draw = 0; draw < 4000 && jumps < 5; draw += 1) {
      const [from, to] = [drawPose(robot, rng), drawPose(robot, rng)];
      if (!isOpen(from) || !isOpen(to)) continue;
      const shares = Array.from({ length: 39 }, (_, index) => (index + 1) / 40);
      if (shares.every((share) => oracle.spareM(between(from, to, share)) > -0.006)) continue;
      jumps += 1;
      expect(slowly([from, to]).clear).toBe(false);
    }
    expect(jumps).toBe(5);
  });

  it('invariant 7: lets an arm that stands too near leave, and not come nearer', () => {
    const pose = findPose(25, (draw) => {
      const spare = oracle.spareM(draw, 'keep-out');
      return (
        spare < -0.003 &&
        spare > -0.009 &&
        oracle.spareM(draw, 'workspace') > 0.01 &&
        oracle.spareM(draw, 'table') > 0.01
      );
    });
    const rng = new Rng(26);
    const seen = { left: 0, refused: 0 };
    for (let round = 0; round < 60; round += 1) {
      const next = pose.map((value) => value + rng.uniform(-0.01, 0.01));
      const change = oracle.spareM(next) - oracle.spareM(pose);
      const { clear } = slowly([pose, next]);
      if (change < -1e-6) {
        expect(clear).toBe(false);
        seen.refused += 1;
      } else if (clear) seen.left += 1;
    }
    expect(seen.refused).toBeGreaterThan(10);
    expect(seen.left).toBeGreaterThan(10);
  });
});

describe('speed', () => {
  const other = home.map((value, joint) => value + (joint === 0 ? 0.02 : 0.01));

  it('invariant 6: refuses a step and a stop that move the gripper faster than its limit', () => {
    const fastestS = oracle.stepM(home, other) / robot.space.speedMPerS.normal;
    expect(guard.check([home, other], fastestS * 1.001).clear).toBe(true);
    expect(guard.check([home, other], fastestS * 0.999)).toMatchObject({
      clear: false,
      reasons: ['tcp-speed'],
      where: 'the gripper',
    });
    expect(guard.check([home, home, other], fastestS * 0.999).clear).toBe(false);
  });

  it('invariant 6: holds the gripper to 0.25 m/s in reduced mode', () => {
    const fastestS = oracle.stepM(home, other) / 0.25;
    expect(guard.check([home, other], fastestS * 1.001, true).clear).toBe(true);
    expect(guard.check([home, other], fastestS * 0.999, true).clear).toBe(false);
    expect(guard.check([home, other], fastestS * 0.999, false).clear).toBe(true);
  });

  it('invariant 4: says one factor that depends on the direction and not on the speed', () => {
    const slow = guard.check([home, between(home, other, 0.05)], stepS, true);
    const faster = guard.check([home, between(home, other, 0.1)], stepS, true);
    expect(slow.speedFactor).toBeLessThan(1);
    expect(faster.speedFactor).toBeCloseTo(slow.speedFactor, 2);
    // The shoulder turns at this share of its limit: the gripper then moves at 0.9 of its own.
    const turnedRad = (other[0] ?? 0) - (home[0] ?? 0);
    const atLimitS = turnedRad / (robot.joints[0]?.limits.velocityRadPerS ?? 1);
    expect((oracle.stepM(home, other) / atLimitS) * slow.speedFactor).toBeCloseTo(0.9 * 0.25, 2);
  });
});

describe('sequences', () => {
  /** Targets that change at random, that lie inside the zones, and that swing as fast as they can. */
  const targets: Record<string, (rng: Rng, tick: number, before: Float64Array) => Float64Array> = {
    random: (rng, tick, before) => (tick % 30 === 0 ? drawPose(robot, rng) : before),
    noise: (rng) => drawPose(robot, rng),
    'into the zones': (rng, tick, before) => {
      if (tick % 60 !== 0) return before;
      for (let draw = 0; draw < 300; draw += 1) {
        const pose = drawPose(robot, rng);
        if (oracle.spareM(pose, 'keep-out') < -0.03) return pose;
      }
      return before;
    },
    swinging: (_rng, tick) =>
      Float64Array.from(
        robot.joints,
        (
          {
            limits: {
              positionRad: [low, high],
            },
          },
          joint,
        ) => (Math.floor(tick / (17 + 5 * joint)) % 2 === 0 ? low : high),
      ),
  };

  it.each(Object.keys(targets))('invariants 4, 6 and 7: %s targets never lead too near, out or too fast', (name) => {
    const rng = new Rng(31);
    const limiter = new SmallLimiter(robot, guard, home);
    let before: Float64Array = home;
    let target: Float64Array = home;
    let refused = 0;
    for (let tick = 0; tick < 600; tick += 1) {
      const isReduced = tick >= 400;
      target = targets[name]?.(rng, tick, target) ?? target;
      const { positionsRad, verdict } = limiter.step(target, isReduced);
      expect(verdict.speedFactor).toBeGreaterThan(0);
      expect(verdict.speedFactor).toBeLessThanOrEqual(1);
      if (!verdict.clear) refused += 1;
      expect(verdict.reasons).not.toContain('space-unchecked');
      expect(oracle.spareM(positionsRad)).toBeGreaterThanOrEqual(-1e-8);
      // Between two commands the tolerance is half of the minimum, and 2 mm at the border of the workspace.
      for (const share of [0.25, 0.5, 0.75]) {
        const pose = between(before, positionsRad, share);
        expect(oracle.spareM(pose, 'keep-out')).toBeGreaterThanOrEqual(-0.005);
        expect(oracle.spareM(pose, 'self-collision')).toBeGreaterThanOrEqual(-0.0015);
      }
      const limit = isReduced && tick > 450 ? robot.space.speedMPerS.reduced : robot.space.speedMPerS.normal;
      expect(oracle.stepM(before, positionsRad) / stepS).toBeLessThanOrEqual(limit * (1 + 1e-6));
      before = positionsRad;
    }
    expect(refused).toBeGreaterThan(0);
  });

  it('invariants 6 and 7: of a path that is called clear, every pose is', () => {
    const rng = new Rng(44);
    const seen = { clear: 0, refused: 0 };
    for (let round = 0; round < 150; round += 1) {
      const start = findPose(round, (pose) => oracle.spareM(pose) > 0 && oracle.spareM(pose) < 0.02);
      const path = [start];
      for (let pose = 0; pose < 5; pose += 1) {
        path.push((path.at(-1) ?? start).map((value) => value + rng.uniform(-0.015, 0.015)));
      }
      const { clear } = slowly(path);
      seen[clear ? 'clear' : 'refused'] += 1;
      const least = Math.min(...path.map((pose) => oracle.spareM(pose)));
      if (clear) expect(least).toBeGreaterThanOrEqual(-1e-8);
      // What is refused comes near, if only between two poses.
      else expect(least).toBeLessThan(0.01);
    }
    expect(seen.clear).toBeGreaterThan(30);
    expect(seen.refused).toBeGreaterThan(5);
  });

  it('slows down towards a zone, and not away from it', () => {
    const near = findPose(41, (pose) => {
      const [first = 0, second = 0] = oracle.sparesM(pose, 'keep-out').toSorted((a, b) => a - b);
      return (
        first > 0.005 &&
        first < 0.02 &&
        second > 0.035 &&
        oracle.spareM(pose, 'self-collision') > 0.0095 &&
        oracle.spareM(pose, 'table') > 0.035 &&
        oracle.spareM(pose, 'workspace') > 0.005
      );
    });
    const rng = new Rng(42);
    for (let round = 0; round < 40; round += 1) {
      const next = near.map((value) => value + rng.uniform(-0.002, 0.002));
      const change = oracle.spareM(next, 'keep-out') - oracle.spareM(near, 'keep-out');
      const verdict = slowly([near, next]);
      expect(verdict.clear).toBe(true);
      if (change < -1e-5) expect(verdict).toMatchObject({ reasons: ['near-obstacle'] });
      if (change > 1e-5) expect(verdict.speedFactor).toBe(1);
    }
  });

  it('gives equal verdicts to equal calls, whatever it was asked before', async () => {
    const fresh = await loadSpaceGuard(robot);
    const rng = new Rng(43);
    for (let round = 0; round < 100; round += 1) {
      const from = round % 3 === 0 ? drawPose(robot, rng) : home;
      const to = from.map((value) => value + rng.uniform(-0.03, 0.03));
      expect(fresh.check([from, to], stepS)).toEqual(guard.check([from, to], stepS));
      for (let other = 0; other < 2; other += 1) guard.check([drawPose(robot, rng), drawPose(robot, rng)], stepS);
    }
    fresh.dispose();
  });
});

describe('when it cannot judge', () => {
  const unchecked = { clear: false, reasons: ['space-unchecked'] };

  it.each([
    ['an empty path', []],
    ['one pose', [home]],
    ['a pose that is too short', [home, home.slice(1)]],
    ['a pose that is not finite', [home, home.map(() => NaN)]],
    ['a stop that is not finite', [home, home, home.map(() => Infinity)]],
    ['a path without end', Array.from({ length: 5000 }, () => home)],
  ])('invariant 7: %s is not clear', (_name, path) => {
    expect(guard.check(path, stepS)).toMatchObject(unchecked);
  });

  it.each([0, -1, NaN, Infinity])('invariant 7: a step of %s s is not clear', (duration) => {
    expect(guard.check([home, home], duration)).toMatchObject(unchecked);
  });

  it('invariant 7: a checker that throws is not clear', async () => {
    const broken = await loadSpaceGuard(robot);
    broken.dispose();
    expect(broken.check([home, home], stepS)).toMatchObject(unchecked);
  });

  it('invariant 7: a check that would take too long is not clear', () => {
    const [a, b] = [findPose(51, isOpen), findPose(52, isOpen)];
    const path = Array.from({ length: 400 }, (_, index) => (index % 2 === 0 ? a : b));
    expect(guard.check(path, 1000).clear).toBe(false);
  });
});

describe('a model that cannot be judged', () => {
  const withModel = async (xml: string, changes: Partial<RobotSpec> = {}): Promise<TwinGuard> => {
    const changed = { ...robot, ...changes };
    const block = changed.drivers.sim;
    if (block === undefined) throw new Error('no model');
    return new TwinGuard({ module: await mujoco(), robot: changed, block, modelXml: xml });
  };

  it.each([
    ['is not MJCF', 'no', /does not load/],
    ['lacks a joint', modelXml.replaceAll('"elbow_flex"', '"elbow"'), /joint named "elbow_flex"/],
    ['lacks a finger', modelXml.replaceAll('"moving_finger"', '"thumb"'), /geom named "moving_finger"/],
    ['lacks the gripper site', modelXml.replaceAll('"gripper_frame"', '"tip"'), /site named "gripper_frame"/],
    [
      'has a free thing',
      modelXml.replace('<worldbody>', '<worldbody><body><freejoint/><geom size="0.01"/></body>'),
      /cannot follow/,
    ],
    [
      'couples joints that robot.yaml lists',
      modelXml.replace('</mujoco>', '<equality><joint joint1="gripper" joint2="elbow_flex"/></equality></mujoco>'),
      /couples joints of body "jaw"/,
    ],
  ])('is refused when it %s', async (_name, xml, message) => {
    await expect(withModel(xml)).rejects.toThrow(message);
    await expect(withModel(xml)).rejects.toMatchObject({ code: 'E_SPACE_MODEL' });
  });

  it('is refused with a rest pose in which links touch, with their names and the remedy', async () => {
    const restRad = [0, -1.7, 1.6, 1.2, 0, 0];
    await expect(withModel(modelXml, { restRad })).rejects.toThrow(/restRad.*shoulder and (wrist|lower_arm)/);
  });

  it('leaves out pairs that the MJCF excludes', async () => {
    const restRad = [0, -1.7, 1.6, 1.2, 0, 0];
    const excluded = ['wrist', 'lower_arm'].map((link) => `<exclude body1="shoulder" body2="${link}"/>`).join('');
    const xml = modelXml.replace('<actuator>', `<contact>${excluded}</contact><actuator>`);
    const forgiving = await withModel(xml, { restRad });
    expect(forgiving.constantContacts).toEqual([]);
    forgiving.dispose();
  });

  it('leaves out pairs that touch whatever the pose, and says which', async () => {
    const ball = '<geom type="sphere" size="0.065" contype="1" conaffinity="0"/>';
    const xml = modelXml.replace('<joint name="shoulder_lift"', `${ball}<joint name="shoulder_lift"`);
    const built = await withModel(xml, { restRad: robot.homeRad });
    expect(built.constantContacts).toEqual(['base and upper_arm']);
    built.dispose();
  });

  it('is an open space where a robot has none', async () => {
    expect(await loadSpaceGuard(makeRobot())).toBe(openSpace);
    expect(openSpace.check([home, home], stepS)).toMatchObject({ clear: true, speedFactor: 1 });
  });
});
