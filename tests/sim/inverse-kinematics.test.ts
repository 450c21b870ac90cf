import { afterAll, beforeAll, expect, test } from 'vitest';
import { Rng } from '../../src/core/rng.ts';
import { loadRobot } from '../../src/robot/load-robot.ts';
import { InverseKinematics } from '../../src/sim/inverse-kinematics.ts';
import { World } from '../../src/sim/world.ts';

const robot = loadRobot('so101');
let world: World;
let kinematics: InverseKinematics;
beforeAll(async () => {
  world = await World.load({ robot, scene: 'reach' });
  world.reset(robot.homeRad);
  world.forward();
  kinematics = new InverseKinematics(world);
});
afterAll(() => {
  kinematics.dispose();
  world.dispose();
});

test('the pose of joint positions is the one the world shows', () => {
  const pose = kinematics.forward(robot.homeRad);
  world.gripperPosition().forEach((value, axis) => expect(pose.positionM[axis]).toBeCloseTo(value, 9));
});

test('points over the work area are reached to 1 mm with the fingers straight down', () => {
  const rng = new Rng(3);
  for (let count = 0; count < 50; count += 1) {
    const [radius, azimuth] = [rng.uniform(0.13, 0.22), rng.uniform(-0.5, 0.5)];
    const positionM = [0.0388 + radius * Math.cos(azimuth), radius * Math.sin(azimuth), rng.uniform(0.015, 0.06)] as const;
    let joints: ArrayLike<number> = robot.homeRad;
    for (let round = 0; round < 4; round += 1) joints = kinematics.solve(joints, { positionM, approach: [0, 0, 1], yawRad: azimuth + 0.3 });
    const pose = kinematics.forward(joints);
    positionM.forEach((value, axis) => expect(Math.abs((pose.positionM[axis] ?? 0) - value)).toBeLessThan(0.001));
    expect(pose.approach[2]).toBeGreaterThan(0.999);
    expect(pose.yawRad).toBeCloseTo(azimuth + 0.3, 2);
  }
});

test('a target far out of reach gives joints inside the soft limits and leaves the world alone', () => {
  const before = Array.from(world.qpos);
  const joints = kinematics.solve(robot.homeRad, { positionM: [0.8, 0.4, 0.6], approach: [0, 0, 1], yawRad: 2 });
  robot.joints.forEach(({ limits }, joint) => {
    expect(joints[joint]).toBeGreaterThanOrEqual(limits.positionRad[0] + limits.softMarginRad);
    expect(joints[joint]).toBeLessThanOrEqual(limits.positionRad[1] - limits.softMarginRad);
  });
  expect(Array.from(world.qpos)).toEqual(before);
});
