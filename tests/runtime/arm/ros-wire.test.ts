import { describe, expect, it, onTestFinished } from 'vitest';
import type { JointCommand } from '../../../src/drivers/ros/commands/command-sender.ts';
import { RosDriver } from '../../../src/drivers/ros/ros-driver.ts';
import type { ArmHealth } from '../../../src/safety/health-monitor.ts';
import type { SafeCommand } from '../../../src/safety/safe-command.ts';
import { RosWireEnd, SharedRosWire, allocateRosBuffers } from '../../../src/runtime/arm/ros-wire.ts';
import type { RosArmEnd } from '../../../src/runtime/arm/ros-wire.ts';
import { makeArmState } from '../../../src/testing/index.ts';

const JOINTS = 2;

/** The end of the link, with a link that is said to be there or not. */
class FakeArm implements RosArmEnd {
  generation = 1;
  health: ArmHealth | undefined;
  readonly commands: JointCommand[] = [];
  isFollowing = false;
  #listener: (() => void) | undefined;

  read(): ReturnType<typeof makeArmState> {
    return makeArmState([0.1, 0.2], 5);
  }

  readHealth(): ArmHealth | undefined {
    return this.health;
  }

  setTorque(isOn: boolean): void {
    this.isFollowing = isOn;
  }

  command(command: JointCommand): void {
    this.commands.push(command);
  }

  listen(listener: () => void): () => void {
    this.#listener = listener;
    return () => (this.#listener = undefined);
  }

  tell(): void {
    this.#listener?.();
  }
}

function connect(): { arm: FakeArm; driver: RosDriver } {
  const buffers = allocateRosBuffers(JOINTS);
  const arm = new FakeArm();
  const end = new RosWireEnd(JOINTS, buffers, arm);
  onTestFinished(() => end.close());
  return { arm, driver: new RosDriver(new SharedRosWire(JOINTS, buffers), 'ws://robot:9090') };
}

function command(stampNs: number, ...positionsRad: number[]): SafeCommand {
  return { positionsRad: Float64Array.from(positionsRad), stampNs } as unknown as SafeCommand;
}

describe('the wire between gate and link', () => {
  it('carries state and health to the gate, and whether there is a link', () => {
    const { arm, driver } = connect();
    expect(driver.read()).toEqual(makeArmState([0.1, 0.2], 5));
    expect(driver.readHealth()).toBeUndefined();
    arm.health = { mode: 'stopped' };
    arm.tell();
    expect(driver.readHealth()).toEqual({ mode: 'stopped' });
    arm.generation = 0;
    arm.tell();
    expect(() => driver.read()).toThrow('E_ROS_LINK');
    expect(() => driver.readHealth()).toThrow('E_ROS_LINK');
    expect(() => driver.setTorque(true)).toThrow('E_ROS_LINK');
  });

  it('carries each command once, the newest only', async () => {
    const { arm, driver } = connect();
    driver.setTorque(true);
    // The other end has no chance to look between these.
    driver.write.call(driver, command(1, 0.1, 0.2));
    driver.write.call(driver, command(2, 0.3, 0.4));
    await expect.poll(() => arm.commands.length).toBeGreaterThan(0);
    expect(arm.isFollowing).toBe(true);
    expect(arm.commands).toEqual([{ positionsRad: Float64Array.of(0.3, 0.4), stampNs: 2 }]);
    driver.setTorque(false);
    await expect.poll(() => arm.isFollowing).toBe(false);
    expect(arm.commands).toHaveLength(1);
  });

  it('invariant 15: hands nothing on that was meant for a link that has been lost since', async () => {
    const { arm, driver } = connect();
    driver.setTorque(true);
    await expect.poll(() => arm.isFollowing).toBe(true);
    // The link was lost and came back between two ticks; the gate has not heard of it when it writes.
    arm.generation = 2;
    driver.write.call(driver, command(1, 0.1, 0.2));
    await expect.poll(() => arm.isFollowing).toBe(false);
    expect(arm.commands).toEqual([]);
    arm.tell();
    expect(() => driver.write.call(driver, command(2, 0.1, 0.2))).toThrow('E_ROS_LINK');
    driver.setTorque(true);
    driver.write.call(driver, command(3, 0.1, 0.2));
    await expect.poll(() => arm.commands.length).toBe(1);
  });
});
