import { NS_PER_MS, NS_PER_S } from '../core/clock.ts';
import type { ArmState, CameraFrame } from '../core/observation.ts';
import { Rng } from '../core/rng.ts';
import type { StampedSource } from '../core/source.ts';
import { DelayedSource } from './delayed-source.ts';
import { SimulatedArm } from './simulated-arm.ts';
import { SimulatedCamera, noVariation } from './simulated-camera.ts';
import type { CameraVariation } from './simulated-camera.ts';
import { simBlock } from './world.ts';
import type { World } from './world.ts';

interface CameraChannel {
  readonly camera: SimulatedCamera;
  readonly output: DelayedSource<CameraFrame>;
  readonly periodNs: number;
  nextNs: number;
}

export interface BeginOptions {
  /** Time of the first tick; in lockstep the virtual clock's, in real time the monotonic clock's. */
  readonly startNs: number;
  readonly seed: number;
  readonly variation?: CameraVariation;
}

/**
 * A world with its sensors running: the arm's encoders and the cameras, each at its own rate, with the
 * noise and the latency of robot.yaml. Time passes only through advance, so a run in lockstep repeats to
 * the bit, and a real-time run calls advance at its deadlines.
 */
export class Simulation {
  readonly arm: SimulatedArm;
  readonly world: World;
  readonly #armOutput: DelayedSource<ArmState>;
  readonly #cameras: readonly CameraChannel[];
  readonly #statePeriodNs: number;
  #armRng = new Rng(0);
  #cameraRng = new Rng(0);
  #nowNs = 0;
  #nextStateNs = 0;

  /** @param options.cameras false leaves the cameras out: experts and physics tests need none. */
  constructor(world: World, options: { readonly cameras: boolean } = { cameras: true }) {
    const { robot } = world;
    const { noise } = simBlock(robot);
    this.world = world;
    this.arm = new SimulatedArm(world);
    this.#armOutput = new DelayedSource(noise.stateLatencyMs * NS_PER_MS);
    this.#statePeriodNs = NS_PER_S / robot.rates.stateHz;
    this.#cameras = (options.cameras ? robot.cameras : []).map((spec) => ({
      camera: new SimulatedCamera(world, spec),
      output: new DelayedSource(noise.cameraLatencyMs * NS_PER_MS),
      periodNs: NS_PER_S / spec.rateHz,
      nextNs: 0,
    }));
  }

  get armSource(): StampedSource<ArmState> {
    return this.#armOutput.source;
  }

  get cameraSources(): ReadonlyMap<string, StampedSource<CameraFrame>> {
    return new Map(this.#cameras.map(({ camera, output }) => [camera.spec.name, output.source]));
  }

  /**
   * Starts an episode in the world's present state. Every sensor measures and delivers once, so that
   * the first tick sees something; cameras then run so that a frame arrives just before each control tick.
   */
  begin(options: BeginOptions): void {
    this.#armRng = new Rng(options.seed);
    this.#cameraRng = this.#armRng.fork();
    this.#nowNs = options.startNs;
    this.world.forward();
    this.#armOutput.clear();
    this.#nextStateNs = options.startNs + this.#statePeriodNs;
    this.#armOutput.source.push(this.arm.measure(options.startNs, this.#armRng));
    const latencyNs = Math.ceil(simBlock(this.world.robot).noise.cameraLatencyMs / 10) * 10 * NS_PER_MS;
    for (const channel of this.#cameras) {
      channel.output.clear();
      channel.camera.variation = options.variation ?? noVariation;
      channel.output.source.push(channel.camera.capture(options.startNs, this.#cameraRng));
      channel.nextNs = options.startNs + Math.max(channel.periodNs - latencyNs, this.#statePeriodNs);
    }
  }

  /** Lets simulated time pass. durationNs must be a whole number of physics timesteps. */
  advance(durationNs: number): void {
    const endNs = this.#nowNs + durationNs;
    const timestepNs = this.world.timestepS * NS_PER_S;
    while (this.#nowNs < endNs) {
      const nextNs = Math.min(endNs, this.#nextStateNs, ...this.#cameras.map((channel) => channel.nextNs));
      this.world.step(Math.round((nextNs - this.#nowNs) / timestepNs));
      this.#nowNs = nextNs;
      this.#measure();
    }
    this.#armOutput.deliver(endNs);
    for (const channel of this.#cameras) channel.output.deliver(endNs);
  }

  dispose(): void {
    for (const { camera } of this.#cameras) camera.dispose();
  }

  #measure(): void {
    if (this.#nowNs >= this.#nextStateNs) {
      this.#armOutput.sample(this.arm.measure(this.#nowNs, this.#armRng), this.#nowNs);
      this.#nextStateNs += this.#statePeriodNs;
    }
    for (const channel of this.#cameras) {
      if (this.#nowNs < channel.nextNs) continue;
      channel.output.sample(channel.camera.capture(this.#nowNs, this.#cameraRng), this.#nowNs);
      channel.nextNs += channel.periodNs;
    }
  }
}
