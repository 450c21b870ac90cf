import { parentPort, workerData } from 'node:worker_threads';
import { MonotonicClock } from '../../core/clock.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import { Simulation } from '../../sim/simulation.ts';
import { World } from '../../sim/world.ts';
import { failureOf } from './arm-spec.ts';
import { WorldLoop } from './world-loop.ts';
import type { WorldBuffers } from './world-memory.ts';

/** Entry of the thread in which a simulated world lives; started by openWorldPort. */
export interface WorldWorkerData {
  readonly robot: RobotSpec;
  readonly scene: string;
  readonly buffers: WorldBuffers;
}

const { robot, scene, buffers } = workerData as WorldWorkerData;
try {
  const world = await World.load({ robot, scene });
  const loop = new WorldLoop({
    simulation: new Simulation(world, { cameras: false }),
    clock: new MonotonicClock(),
    buffers,
  });
  parentPort?.postMessage({ ready: loop.ready });
  while (loop.turn());
} catch (error) {
  parentPort?.postMessage({ failure: failureOf(error) });
}
