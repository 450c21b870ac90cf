import { describe, expect, it } from 'vitest';
import { Rng } from '../../../src/core/rng.ts';
import { armMotors } from '../../../src/drivers/serial/arm-motors.ts';
import { STS_REGISTERS as R } from '../../../src/drivers/serial/feetech-registers.ts';
import { FEETECH_PROTOCOL } from '../../../src/drivers/serial/feetech-protocol.ts';
import { assembleArm, drawCalibration, drivenGains } from '../../../src/emulation/servo-bus/assemble-arm.ts';
import type { EmulatedArm } from '../../../src/emulation/servo-bus/emulated-arm.ts';
import { MujocoPlant } from '../../../src/emulation/servo-bus/mujoco-plant.ts';
import { ServoBus } from '../../../src/emulation/servo-bus/servo-bus.ts';
import { loadRobot } from '../../../src/robot/load-robot.ts';
import { loadTask } from '../../../src/sim/load-task.ts';
import { startEpisode } from '../../../src/sim/task.ts';
import { World } from '../../../src/sim/world.ts';

const robot = loadRobot('so101');

async function armInScene(seed: number): Promise<{ readonly arm: EmulatedArm; readonly world: World }> {
  const task = loadTask('lift');
  const world = await World.load({ robot, scene: task.scene });
  const motors = armMotors(robot, drawCalibration(robot, seed));
  const plant = new MujocoPlant(world, drivenGains(robot, motors), (drawn) => void startEpisode(world, task, drawn));
  plant.reset(robot.homeRad, seed);
  const arm = assembleArm({ motors, plant });
  arm.advanceTo(0);
  arm.advanceTo(10e6);
  return { arm, world };
}

function setAll(arm: EmulatedArm, name: 'Torque_Enable' | 'P_Coefficient', value: number): void {
  for (const { registers } of arm.servos) registers.set(R[name], value);
}

describe('the arm of a simulated scene under emulated servos', () => {
  it('holds its pose against gravity, and sinks when its torque goes', async () => {
    const { arm, world } = await armInScene(1);
    setAll(arm, 'P_Coefficient', 16);
    setAll(arm, 'Torque_Enable', 1);
    arm.advanceTo(1e9);
    arm
      .positionsRad()
      .forEach((position, joint) => expect(position).toBeCloseTo(robot.homeRad[joint] ?? Number.NaN, 1));
    arm.brownOut(0.1);
    arm.advanceTo(3e9);
    expect(Math.abs((arm.positionsRad()[1] ?? 0) - (robot.homeRad[1] ?? 0))).toBeGreaterThan(0.1);
    world.dispose();
  });

  it('is the same to the bit for the same seed and the same bytes at the same times', async () => {
    const run = async (): Promise<number[]> => {
      const { arm, world } = await armInScene(3);
      const bus = new ServoBus({ protocol: FEETECH_PROTOCOL, arm, baudRate: 1e6, rng: new Rng(3) });
      const bytes = new Uint8Array(64);
      for (let tick = 1; tick <= 50; tick++) {
        for (const id of [1, 2, 3]) {
          bytes.set([40, 1], FEETECH_PROTOCOL.parameterOffset);
          bus.receive(bytes, FEETECH_PROTOCOL.frame(bytes, id, 3, 2), tick * 10e6);
          bytes.set([42, (2047 + tick) & 255, (2047 + tick) >> 8], FEETECH_PROTOCOL.parameterOffset);
          bus.receive(bytes, FEETECH_PROTOCOL.frame(bytes, id, 3, 3), tick * 10e6);
        }
      }
      const positions = arm.positionsRad();
      world.dispose();
      return positions;
    };
    expect(await run()).toEqual(await run());
  });

  it('stays where it is when the things are put elsewhere', async () => {
    const { arm, world } = await armInScene(1);
    setAll(arm, 'Torque_Enable', 1);
    arm.advanceTo(0.5e9);
    const before = arm.positionsRad();
    const things = world.qpos.slice();
    arm.plant.reset(arm.positionsRad(), 2);
    expect(arm.positionsRad()).toEqual(before);
    expect(world.qpos).not.toEqual(things);
    arm.advanceTo(1e9);
    arm.positionsRad().forEach((position, joint) => expect(position).toBeCloseTo(before[joint] ?? Number.NaN, 1));
    world.dispose();
  });
});
