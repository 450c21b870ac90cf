import { parentPort, workerData } from 'node:worker_threads';
import { MonotonicClock, NS_PER_S } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import type { ArmDriver } from '../../drivers/driver.ts';
import { MirrorDriver } from '../../drivers/mirror/mirror-driver.ts';
import { RosDriver } from '../../drivers/ros/ros-driver.ts';
import type { GateCheckpoint } from '../black-box-ring.ts';
import { loadSpaceGuard } from '../load-space-guard.ts';
import { ArmMemory } from './arm-memory.ts';
import type { ArmMemoryBuffers } from './arm-memory.ts';
import type { ArmWire } from './arm-port.ts';
import { failureOf } from './arm-spec.ts';
import type { ArmFailure, ArmSpec } from './arm-spec.ts';
import { GateLoop } from './gate-loop.ts';
import { SharedRosWire } from './ros-wire.ts';
import { threadId } from './thread-priority.ts';
import { TickTimer } from './tick-timer.ts';
import type { AheadOfTick } from './tick-timer.ts';
import { WorldLink } from './world-link.ts';

/** Entry of the gate's thread; started by ArmHost. It never returns to its event loop until it is told to end. */
export interface GateWorkerData {
  readonly spec: ArmSpec;
  readonly buffers: ArmMemoryBuffers;
  readonly wire: ArmWire;
}

export type GateWorkerMessage =
  /** The thread is about to tick. */
  | { readonly started: { readonly thread: number | undefined } }
  | { readonly checkpoint: GateCheckpoint }
  /** Something an operator must know; the gate goes on. */
  | { readonly failure: ArmFailure }
  /** Why somebody elsewhere may not arm or reset the arm. */
  | { readonly refusal: ArmFailure }
  /** The last tick was made, as told. */
  | { readonly ended: true };

/** Driver and clock as the gate sees them. */
interface Reach {
  readonly driver: ArmDriver;
  readonly clock: Clock;
  readonly advance: () => void;
  /** Done ahead of each tick, see TickTimer. */
  readonly ahead?: AheadOfTick;
}

/** What a module for ArmSpec.wrap exports. */
export type WrapDriver = (
  driver: ArmDriver,
  options: unknown,
  clock: Clock,
) => { readonly driver: ArmDriver; readonly clock?: Clock };

function tell(message: GateWorkerMessage): void {
  parentPort?.postMessage(message);
}

async function reach({ spec, wire }: GateWorkerData): Promise<Reach> {
  const clock = new MonotonicClock();
  if (wire.kind === 'sim') {
    const driver = new WorldLink(spec.robot.joints.length, wire.buffers);
    return wrapped(spec, { driver, clock, advance: () => undefined });
  }
  if (wire.kind === 'serial') {
    const { serialDriverOf } = await import('./serial-wire.ts');
    const driver = await serialDriverOf(spec.robot, wire, clock);
    const ahead = {
      get leadNs(): number {
        return driver.leadNs;
      },
      act: () => driver.request(),
    };
    return wrapped(spec, { driver, clock, advance: () => undefined, ahead });
  }
  if (wire.kind === 'ros') {
    const driver = new RosDriver(new SharedRosWire(spec.robot.joints.length, wire.buffers), wire.url);
    return wrapped(spec, { driver, clock, advance: () => undefined });
  }
  const driver = new MirrorDriver(spec.robot, clock.nowNs());
  await driver.connect();
  return wrapped(spec, { driver, clock, advance: () => driver.publish(clock.nowNs()) });
}

async function wrapped({ wrap }: ArmSpec, reached: Reach): Promise<Reach> {
  if (wrap === undefined) return reached;
  const { wrapDriver } = (await import(wrap.url)) as { readonly wrapDriver: WrapDriver };
  return { ...reached, ...wrapDriver(reached.driver, wrap.options, reached.clock) };
}

const data = workerData as GateWorkerData;
const { spec, buffers } = data;
const { driver, clock, advance, ahead } = await reach(data);
const loop = new GateLoop({
  robot: spec.robot,
  space: await loadSpaceGuard(spec.robot),
  driver,
  advance,
  memory: new ArmMemory(spec.robot, buffers),
  supervisorMs: spec.timeouts.supervisorMs,
  onCheckpoint: (checkpoint) => tell({ checkpoint }),
  onFailure: (error) => tell({ failure: failureOf(error) }),
  onRefusal: (error) => tell({ refusal: failureOf(error) }),
});
tell({ started: { thread: threadId() } });
const timer = new TickTimer(clock, NS_PER_S / spec.robot.rates.gateHz, ahead);
while (loop.tick(timer.wait()));
await driver.close();
tell({ ended: true });
