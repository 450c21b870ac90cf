import { afterEach } from 'vitest';
import { MonotonicClock } from '../../../src/core/clock.ts';
import { RosArm } from '../../../src/drivers/ros/ros-arm.ts';
import { RosDriver } from '../../../src/drivers/ros/ros-driver.ts';
import { FakeBridge } from './fake-bridge.ts';
import type { FakeBridgeOptions } from './fake-bridge.ts';
import { keepPublishing, rosRobot } from './ros-robot.ts';

export const clock = new MonotonicClock();
/** Called after the test, the last first. */
export const ending: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
});

export async function bridge(options: FakeBridgeOptions = {}, state: { shoulder?: number } = {}): Promise<FakeBridge> {
  const server = await FakeBridge.listen(options);
  const stop = keepPublishing(server, options.version, state);
  ending.push(() => server.close(), stop);
  return server;
}

interface Opened {
  readonly arm: RosArm;
  readonly driver: RosDriver;
  readonly problems: unknown[];
}

export async function open(server: FakeBridge, changes: Record<string, unknown> = {}): Promise<Opened> {
  const problems: unknown[] = [];
  const arm = await RosArm.open({
    robot: rosRobot(changes),
    url: server.url,
    clock,
    random: () => 0,
    onProblem: (error) => problems.push(error),
  });
  ending.push(() => arm.close());
  return { arm, driver: new RosDriver(arm, server.url), problems };
}
