import { MirrorDriver } from '../drivers/mirror/mirror-driver.ts';
import type { SensorSources } from '../sensors/sensor-sources.ts';
import type { BeginOptions } from '../sim/simulation.ts';
import type { World } from '../sim/world.ts';
import { SceneCameras } from './scene-cameras.ts';
import type { Stage } from './stage.ts';

/**
 * A dry run: the mirror arm, and cameras that look at a simulated scene in which the arm stands as the mirror
 * arm does. There is no physics: things stay where they are, whatever touches them. One per episode.
 */
export class MirrorScene implements Stage {
  readonly driver: MirrorDriver;
  readonly #world: World;
  readonly #cameras: SceneCameras;
  #nowNs = 0;

  private constructor(world: World, driver: MirrorDriver) {
    this.#world = world;
    this.driver = driver;
    this.#cameras = new SceneCameras(world, 0);
  }

  static async open(world: World): Promise<MirrorScene> {
    const driver = new MirrorDriver(world.robot, 0);
    await driver.connect();
    return new MirrorScene(world, driver);
  }

  get sources(): SensorSources {
    return { arm: this.driver.source, cameras: this.#cameras.sources };
  }

  begin(options: BeginOptions): void {
    this.#nowNs = options.startNs;
    this.#poseArm();
    this.#cameras.begin(options);
    this.driver.publish(this.#nowNs);
  }

  advance(durationNs: number): void {
    this.#nowNs += durationNs;
    this.#poseArm();
    this.driver.publish(this.#nowNs);
    this.#cameras.advance(this.#nowNs);
  }

  dispose(): void {
    this.#cameras.dispose();
  }

  #poseArm(): void {
    this.#world.setJointPositions(this.driver.read().positionsRad);
    this.#world.forward();
  }
}
