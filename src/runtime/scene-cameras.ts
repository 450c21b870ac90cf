import { NS_PER_MS, NS_PER_S } from '../core/clock.ts';
import type { CameraFrame } from '../core/observation.ts';
import { Rng } from '../core/rng.ts';
import type { StampedSource } from '../core/source.ts';
import { DelayedSource } from '../sim/delayed-source.ts';
import { SimulatedCamera, noVariation } from '../sim/simulated-camera.ts';
import type { BeginOptions } from '../sim/simulation.ts';
import type { World } from '../sim/world.ts';

interface CameraChannel {
  readonly camera: SimulatedCamera;
  readonly output: DelayedSource<CameraFrame>;
  readonly periodNs: number;
  nextNs: number;
}

/** Cameras that look at a world which somebody else moves. Timed as those of Simulation are. */
export class SceneCameras {
  readonly #latencyNs: number;
  readonly #toleranceNs: number;
  readonly #channels: readonly CameraChannel[];
  #rng = new Rng(0);

  /**
   * @param latencyNs from the shutter to the delivery
   * @param unseen names of cameras that nobody looks through: rays cost time
   */
  constructor(world: World, latencyNs: number, unseen: readonly string[] = []) {
    this.#latencyNs = latencyNs;
    // Ticks that come a little early still count for the picture that is due.
    this.#toleranceNs = NS_PER_S / world.robot.rates.gateHz / 2;
    const seen = world.robot.cameras.filter(({ name }) => !unseen.includes(name));
    this.#channels = seen.map((spec) => ({
      camera: new SimulatedCamera(world, spec),
      output: new DelayedSource(latencyNs),
      periodNs: NS_PER_S / spec.rateHz,
      nextNs: 0,
    }));
  }

  get sources(): ReadonlyMap<string, StampedSource<CameraFrame>> {
    return new Map(this.#channels.map(({ camera, output }) => [camera.spec.name, output.source]));
  }

  /** Every camera delivers a picture at once; from then on so that one arrives just before each control tick. */
  begin({ startNs, seed, variation }: BeginOptions): void {
    this.#rng = new Rng(seed);
    const aheadNs = Math.ceil(this.#latencyNs / (10 * NS_PER_MS)) * 10 * NS_PER_MS;
    for (const channel of this.#channels) {
      channel.output.clear();
      channel.camera.variation = variation ?? noVariation;
      channel.output.source.push(channel.camera.capture(startNs, this.#rng));
      channel.nextNs = startNs + channel.periodNs - aheadNs;
    }
  }

  /** It is `nowNs`, and the world shows how it is then: pictures are taken and delivered as they are due. */
  advance(nowNs: number): void {
    for (const channel of this.#channels) {
      if (nowNs + this.#toleranceNs >= channel.nextNs) {
        channel.output.sample(channel.camera.capture(nowNs, this.#rng), nowNs);
        // Pictures that were missed are not taken later.
        while (channel.nextNs <= nowNs + this.#toleranceNs) channel.nextNs += channel.periodNs;
      }
      channel.output.deliver(nowNs);
    }
  }

  dispose(): void {
    for (const { camera } of this.#channels) camera.dispose();
  }
}
