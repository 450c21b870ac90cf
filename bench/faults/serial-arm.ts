import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MonotonicClock } from '../../src/core/clock.ts';
import { startServoBus } from '../../src/emulation/servo-bus/start-servo-bus.ts';
import type { EmulatedServoBus } from '../../src/emulation/servo-bus/start-servo-bus.ts';
import type { RobotSpec } from '../../src/robot/robot-spec.ts';
import type { ArmDriverSpec } from '../../src/runtime/arm/arm-spec.ts';
import { ProcessArm } from '../../src/runtime/arm/process-arm.ts';
import { raiseWorld } from '../../src/runtime/arm/thread-priority.ts';

/** An emulated arm behind a port, and how to reach it. */
export interface SerialArm {
  readonly bus: EmulatedServoBus;
  readonly driver: Extract<ArmDriverSpec, { kind: 'serial' }>;
}

/** So near a place the hands have taken the arm there, rad. */
const ARRIVAL_RAD = 0.01;
/** A joint that moved less than this stood: two steps of the encoder, rad. */
const STANDING_RAD = 0.004;
const LOOK_MS = 20;
const WATCHED_MS = 1000;
const PATIENCE_MS = 20_000;

/** Starts one, limp and at home. */
export async function startSerialArm(robot: RobotSpec, directory: string): Promise<SerialArm> {
  const bus = await startServoBus({ robot, link: join(directory, 'port') });
  // It stands for servos of metal.
  raiseWorld(bus.thread);
  const calibration = join(directory, 'calibration.json');
  writeFileSync(calibration, JSON.stringify(bus.calibration));
  bus.control({ kind: 'move', positionsRad: robot.homeRad });
  while (distance(await positions(bus), robot.homeRad) > ARRIVAL_RAD) await delay(LOOK_MS);
  bus.control('let-go');
  return { bus, driver: { kind: 'serial', port: bus.path, calibration } };
}

/** Whether the arm itself, not what it measures, has come to a stand. */
export async function isStanding(bus: EmulatedServoBus): Promise<boolean> {
  const before = await positions(bus);
  await delay(10 * LOOK_MS);
  return distance(await positions(bus), before) < STANDING_RAD;
}

/** Connects the arm anew. Undefined when it stood until it was armed and then followed; otherwise what was wrong. */
export async function reconnect({ bus, driver }: SerialArm, robot: RobotSpec): Promise<string | undefined> {
  const clock = new MonotonicClock();
  const before = await positions(bus);
  const torqueBefore = (await bus.state()).hasTorque;
  const arm = await ProcessArm.start({ robot, driver, clock });
  try {
    await delay(WATCHED_MS);
    const state = await bus.state();
    if (distance(state.positionsRad, before) > STANDING_RAD) return 'it moved before it was armed';
    if (state.hasTorque.some((has, joint) => has !== torqueBefore[joint]))
      return 'its torque changed before it was armed';
    if (arm.newest?.state !== 'disarmed') return `it was ${arm.newest?.state}`;
    await arm.arm();
    await delay(WATCHED_MS);
    if (distance(await positions(bus), before) > STANDING_RAD) return 'it moved by being armed';
    const positionsRad = Float64Array.from(before);
    positionsRad[0] = (positionsRad[0] ?? 0) + 0.1;
    const target = (): void => {
      arm.follow({ positionsRad, createdNs: clock.nowNs(), observedNs: clock.nowNs() });
    };
    const timer = setInterval(target, 1000 / robot.rates.controlHz);
    await arm.until(({ measuredRad }) => distance([...measuredRad], [...positionsRad]) < ARRIVAL_RAD, PATIENCE_MS);
    clearInterval(timer);
    return undefined;
  } finally {
    await arm.close();
  }
}

async function positions(bus: EmulatedServoBus): Promise<readonly number[]> {
  return (await bus.state()).positionsRad;
}

function distance(first: readonly number[], second: readonly number[]): number {
  return Math.max(...first.map((value, joint) => Math.abs(value - (second[joint] ?? NaN))));
}
