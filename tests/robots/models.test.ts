import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listRobots, loadRobot } from '../../src/robot/load-robot.ts';
import { loadSpaceGuard } from '../../src/runtime/load-space-guard.ts';
import { SERVO_MODELS } from '../../src/drivers/serial/servo-models.ts';
import type { ServoModel } from '../../src/drivers/serial/servo-models.ts';
import { World, floats } from '../../src/sim/world.ts';

const names = listRobots();
const isLeader = (name: string): boolean => loadRobot(name).drivers.serial?.role === 'leader';

describe.each(names)('%s', (name) => {
  const robot = loadRobot(name);

  it('has a model whose joints are those of robot.yaml, in its order and with its ranges', async () => {
    const world = await World.loadArm(robot);
    expect([...world.dofAddresses].toSorted((a, b) => a - b)).toEqual(world.dofAddresses);
    robot.joints.forEach(({ name: joint, limits }) => {
      const id = world.idOf('JOINT', joint);
      const range = floats(world.model.jnt_range).slice(2 * id, 2 * id + 2);
      range.forEach((end, side) => expect(end, joint).toBeCloseTo(limits.positionRad[side as 0 | 1], 6));
    });
    for (const camera of robot.cameras) expect(world.idOf('CAMERA', camera.name)).toBeGreaterThanOrEqual(0);
    world.dispose();
  });

  it('is built of primitives, and has no file of its own but these', () => {
    const model = readFileSync(join(robot.directory, robot.drivers.sim?.model ?? ''), 'utf8');
    expect(model).not.toMatch(/<mesh|<include|file=/);
  });

  it.skipIf(isLeader(name))('has servos no stronger than its limits of effort', async () => {
    const world = await World.loadArm(robot);
    robot.joints.forEach(({ limits }, joint) => {
      const id = world.actuatorIds[joint] ?? -1;
      expect(floats(world.model.actuator_forcerange)[2 * id + 1]).toBeLessThanOrEqual(limits.effortNm);
    });
    world.dispose();
  });

  it('is clear of itself and of its table at home and at rest', async () => {
    // Loading refuses a model that is not.
    const space = await loadSpaceGuard(robot);
    space.dispose();
  });

  it.skipIf(isLeader(name))('stands still at home with its servos on', async () => {
    const world = await World.loadArm(robot);
    world.reset(robot.homeRad);
    world.step(Math.round(1 / world.timestepS));
    world.jointPositions().forEach((position, joint) => {
      expect(Math.abs(position - (robot.homeRad[joint] ?? NaN)), robot.joints[joint]?.name).toBeLessThan(0.02);
    });
    expect(Math.max(...world.jointVelocities().map(Math.abs))).toBeLessThan(0.02);
    world.dispose();
  });
});

describe('robots on servo buses', () => {
  const onBuses = names.map((name) => loadRobot(name)).filter(({ drivers }) => drivers.serial !== undefined);

  it.each(onBuses.map((robot) => [robot.name, robot] as const))('%s names servos and registers that exist', (_, robot) => {
    const { serial } = robot.drivers;
    for (const [joint, motor] of Object.entries(serial?.motors ?? {})) {
      const model: ServoModel | undefined = SERVO_MODELS[motor.model as keyof typeof SERVO_MODELS];
      expect(model?.protocol, joint).toBe(serial?.protocol);
      for (const register of Object.keys({ ...serial?.registers, ...motor.registers }))
        expect(Object.keys(model?.registers ?? {}), `${joint} ${register}`).toContain(register);
    }
  });

  it('leaders have the joints, ranges and kinematics of their followers', () => {
    for (const leader of onBuses.filter(({ name }) => isLeader(name))) {
      const follower = loadRobot(leader.name.replace('-leader', ''));
      expect(leader.joints.map(({ name }) => name)).toEqual(follower.joints.map(({ name }) => name));
      expect(leader.joints.map(({ limits }) => limits.positionRad)).toEqual(
        follower.joints.map(({ limits }) => limits.positionRad),
      );
      expect(join(leader.directory, leader.drivers.sim?.model ?? '')).toBe(join(follower.directory, 'model.xml'));
      expect(leader.drivers.serial?.protocol).toBe(follower.drivers.serial?.protocol);
    }
  });
});

describe.each([
  ['ur5e', 0.0854],
  ['fr3', 0.08],
] as const)('the gripper of %s', (name, openM) => {
  const robot = loadRobot(name);
  const gapM = (world: World): number => {
    const [a, b] = [world.idOf('GEOM', 'fixed_finger'), world.idOf('GEOM', 'moving_finger')];
    return world.module.mj_geomDistance(world.model, world.data, a, b, 1, null);
  };

  it('is one joint that moves both fingers: as far open as its maker says, and shut at zero', async () => {
    const world = await World.loadArm(robot);
    world.reset(robot.homeRad);
    world.forward();
    expect(gapM(world)).toBeCloseTo(openM, 3);
    world.reset([...robot.homeRad.slice(0, -1), 0]);
    world.forward();
    expect(Math.abs(gapM(world))).toBeLessThan(0.003);
    world.dispose();
  });

  it('closes and opens by its servo, both fingers alike', async () => {
    const world = await World.loadArm(robot);
    world.reset(robot.homeRad);
    for (const [target, expected] of [
      [0.4, undefined],
      [0, 0],
      [0.8, openM],
    ] as const) {
      world.setServoTargets([...robot.homeRad.slice(0, -1), target]);
      world.step(Math.round(1.5 / world.timestepS));
      expect(world.jointPositions().at(-1)).toBeCloseTo(target, 2);
      expect(world.jointPosition('finger')).toBeCloseTo(world.jointPosition('other_finger'), 3);
      if (expected !== undefined) expect(Math.abs(gapM(world) - expected)).toBeLessThan(0.003);
    }
    world.dispose();
  });
});
