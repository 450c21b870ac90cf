import { NS_PER_S } from '../core/clock.ts';
import type { CameraFrame } from '../core/observation.ts';
import { Rng } from '../core/rng.ts';
import { PushSource } from '../core/source.ts';
import { MirrorDriver } from '../drivers/mirror/mirror-driver.ts';
import type { SensorSources } from '../sensors/sensor-sources.ts';
import { SimulatedCamera } from '../sim/simulated-camera.ts';
import type { BeginOptions } from '../sim/simulation.ts';
import type { World } from '../sim/world.ts';
import type { Stage } from './stage.ts';

interface CameraChannel {
  readonly camera: SimulatedCamera;
  readonly source: PushSource<CameraFrame>;
  readonly periodNs: number;
  nextNs: number;
}

/**
 * A dry run: the mirror arm, and cameras that look at a simulated scene in which the arm stands as the mirror
 * arm does. There is no physics: things stay where they are, whatever touches them. One per episode.
 */
export class MirrorScene implements Stage {
  readonly driver: MirrorDriver;
  readonly #world: World;
  readonly #cameras: readonly CameraChannel[];
  #rng = new Rng(0);
  #nowNs = 0;

  private constructor(world: World, driver: MirrorDriver) {
    this.#world = world;
    this.driver = driver;
    this.#cameras = world.robot.cameras.map((spec) => ({
      camera: new SimulatedCamera(world, spec),
      source: new PushSource(),
      periodNs: NS_PER_S / spec.rateHz,
      nextNs: 0,
    }));
  }

  static async open(world: World): Promise<MirrorScene> {
    const driver = new MirrorDriver(world.robot, 0);
    await driver.connect();
    return new MirrorScene(world, driver);
  }

  get sources(): SensorSources {
    return {
      arm: this.driver.source,
      cameras: new Map(this.#cameras.map(({ camera, source }) => [camera.spec.name, source])),
    };
  }

  begin({ startNs, seed, variation }: BeginOptions): void {
    this.#rng = new Rng(seed);
    this.#nowNs = startNs;
    for (const channel of this.#cameras) {
      channel.nextNs = startNs;
      if (variation !== undefined) channel.camera.variation = variation;
    }
    this.advance(0);
  }

  advance(durationNs: number): void {
    this.#nowNs += durationNs;
    this.#world.setJointPositions(this.driver.read().positionsRad);
    this.#world.forward();
    this.driver.publish(this.#nowNs);
    for (const channel of this.#cameras) {
      if (this.#nowNs < channel.nextNs) continue;
      channel.source.push(channel.camera.capture(this.#nowNs, this.#rng));
      channel.nextNs += channel.periodNs;
    }
  }

  dispose(): void {
    for (const { camera } of this.#cameras) camera.dispose();
  }
}
