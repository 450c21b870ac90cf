import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { MonotonicClock } from '../../src/core/clock.ts';
import { loaderArguments, moduleEntry } from '../../src/core/module-worker.ts';
import type { RosArmFault } from '../../src/emulation/ros-arm/ros-arm-emulator.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import type { ArmDriverSpec } from '../../src/runtime/arm/arm-spec.ts';
import { ProcessArm } from '../../src/runtime/arm/process-arm.ts';
import type { EmulatorAnswer, EmulatorRequest } from './ros-emulator-process.ts';

/** An emulated ROS arm in a process of its own, and how to reach it. */
export interface RosArmUnderTest {
  readonly driver: Extract<ArmDriverSpec, { kind: 'ros' }>;
  inject(fault: RosArmFault): Promise<void>;
  clear(): Promise<void>;
  /** Where the arm really is, rad. */
  positions(): Promise<readonly number[]>;
  close(): void;
}

/** A joint that moved less than this stood, rad. */
const STANDING_RAD = 0.01;
const ARRIVAL_RAD = 0.03;
const WATCHED_MS = 1000;
const PATIENCE_MS = 20_000;

export async function startRosArm(robot: string): Promise<RosArmUnderTest> {
  const entry = moduleEntry(import.meta.url, 'ros-emulator-process');
  const child = fork(entry.path, { execArgv: loaderArguments(entry), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ask = async (request: EmulatorRequest): Promise<EmulatorAnswer> => {
    const answered = once(child, 'message') as Promise<[EmulatorAnswer]>;
    child.send(request);
    return (await answered)[0];
  };
  const { url } = await ask({ robot });
  return {
    driver: { kind: 'ros', url },
    inject: async (fault) => void (await ask({ inject: fault })),
    clear: async () => void (await ask({ ask: 'clear' })),
    positions: async () => (await ask({ ask: 'positions' })).positionsRad,
    close: () => child.kill('SIGKILL'),
  };
}

/** Whether the arm itself has come to a stand. */
export async function stands(arm: RosArmUnderTest): Promise<boolean> {
  const before = await arm.positions();
  await delay(200);
  return distance(await arm.positions(), before) < STANDING_RAD;
}

/** The link is well again, and the arm connected anew. Undefined when it stood until it was armed and then followed. */
export async function reconnectRos(arm: RosArmUnderTest, robot: RobotSpec): Promise<string | undefined> {
  const clock = new MonotonicClock();
  const before = await arm.positions();
  const processArm = await ProcessArm.start({ robot, driver: arm.driver, clock });
  try {
    await delay(WATCHED_MS);
    if (distance(await arm.positions(), before) > STANDING_RAD) return 'it moved before it was armed';
    await processArm.arm();
    await delay(WATCHED_MS);
    if (distance(await arm.positions(), before) > STANDING_RAD) return 'it moved by being armed';
    const positionsRad = Float64Array.from(before);
    positionsRad[0] = (positionsRad[0] ?? 0) + 0.1;
    const target = (): void => {
      processArm.follow({ positionsRad, createdNs: clock.nowNs(), observedNs: clock.nowNs() });
    };
    const timer = setInterval(target, 1000 / robot.rates.controlHz);
    await processArm.until(
      ({ measuredRad }) => distance([...measuredRad], [...positionsRad]) < ARRIVAL_RAD,
      PATIENCE_MS,
    );
    clearInterval(timer);
    return undefined;
  } finally {
    await processArm.close();
  }
}

function distance(first: readonly number[], second: readonly number[]): number {
  return Math.max(...first.map((value, joint) => Math.abs(value - (second[joint] ?? NaN))));
}
