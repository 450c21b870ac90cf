import type { Clock } from '../core/clock.ts';
import { UnknownNameError } from '../core/errors.ts';
import type { ArmDriver } from '../drivers/driver.ts';
import { MirrorDriver } from '../drivers/mirror/mirror-driver.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { SensorSources } from '../sensors/sensor-sources.ts';

/** Names of the blocks under `drivers` in robot.yaml. */
export type DriverName = keyof RobotSpec['drivers'];

/** A reachable arm with everything that measures on it. */
export interface ArmLink {
  readonly driver: ArmDriver;
  readonly sources: SensorSources;
  /** Starts an episode at a time, monotonic ns: everything measures and delivers once. */
  begin(startNs: number, seed: number): void;
  /** Lets a duration, ns, pass where time passes only when told to; otherwise does nothing. */
  advance(durationNs: number): void;
  close(): Promise<void>;
}

export interface DriverOptions {
  readonly robot: RobotSpec;
  readonly clock: Clock;
}

export type DriverFactory = (options: DriverOptions) => Promise<ArmLink>;

/** An ideal arm without cameras. */
export async function openMirror({ robot, clock }: DriverOptions): Promise<ArmLink> {
  const driver = new MirrorDriver(robot, clock.nowNs());
  await driver.connect();
  return {
    driver,
    sources: { arm: driver.source, cameras: new Map() },
    begin: (startNs) => driver.publish(startNs),
    advance: () => driver.publish(clock.nowNs()),
    close: () => driver.close(),
  };
}

/** Opens an arm without a scene. Throws UnknownNameError for a driver that robot.yaml has no block for. */
export function openDriver(name: string, options: DriverOptions): Promise<ArmLink> {
  const reachable = Object.keys(options.robot.drivers).filter((driver) => driver in DRIVERS);
  const factory = reachable.includes(name) ? DRIVERS[name as keyof typeof DRIVERS] : undefined;
  if (factory === undefined) throw new UnknownNameError('driver', name, reachable);
  return factory(options);
}

/** One line per way to reach an arm. */
const DRIVERS = { mirror: openMirror } satisfies Partial<Record<DriverName, DriverFactory>>;
