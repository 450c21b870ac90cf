import type { Clock } from '../../src/core/clock.ts';
import { MirrorDriver } from '../../src/drivers/mirror/mirror-driver.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import type { SensorSources } from '../../src/sensors/sensor-sources.ts';

/** A mirror arm in this process, without cameras, that measures when it is told that time passed. */
export interface MirrorLink {
  readonly driver: MirrorDriver;
  readonly sources: SensorSources;
  /** @param startNs monotonic */
  begin(startNs: number): void;
  advance(): void;
}

export async function openMirror(robot: RobotSpec, clock: Clock): Promise<MirrorLink> {
  const driver = new MirrorDriver(robot, clock.nowNs());
  await driver.connect();
  return {
    driver,
    sources: { arm: driver.source, cameras: new Map() },
    begin: (startNs) => driver.publish(startNs),
    advance: () => driver.publish(clock.nowNs()),
  };
}
