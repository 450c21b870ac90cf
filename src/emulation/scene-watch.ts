import { NS_PER_S } from '../core/clock.ts';
import { Rng } from '../core/rng.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { SimulatedCamera } from '../sim/simulated-camera.ts';
import { disposeEpisodes, startEpisode } from '../sim/task.ts';
import type { Outcome, TaskEpisode } from '../sim/task.ts';
import type { TaskSpec } from '../sim/task-spec.ts';
import { writeWorldState } from '../sim/world-state.ts';
import { World } from '../sim/world.ts';

export interface SceneWatchOptions {
  readonly robot: RobotSpec;
  readonly task: TaskSpec;
  readonly seed: number;
  /** Told of every picture, shape (height, width, 3). Undefined: no camera looks. */
  readonly show?: (camera: string, rgb: Uint8Array, size: { readonly width: number; readonly height: number }) => void;
  /** Asked before each picture. Default: every camera is looked through. */
  readonly isWatched?: (camera: string) => boolean;
}

/**
 * Cameras and a judge for a scene that lives in another thread: they see its states, as often as somebody brings one.
 * So nothing they do takes time from the physics there.
 */
export class SceneWatch {
  readonly #options: SceneWatchOptions;
  readonly #world: World;
  readonly #cameras: readonly SimulatedCamera[];
  readonly #rng: Rng;
  #episode: TaskEpisode;
  #outcome: Outcome = 'running';
  #nextCheckNs = -Infinity;

  private constructor(options: SceneWatchOptions, world: World) {
    const { robot, task, seed, show } = options;
    this.#options = options;
    this.#world = world;
    this.#rng = new Rng(seed);
    this.#cameras = show === undefined ? [] : robot.cameras.map((spec) => new SimulatedCamera(world, spec));
    this.#episode = startEpisode(world, task, seed);
    this.reset(seed);
  }

  static async open(options: SceneWatchOptions): Promise<SceneWatch> {
    const { robot, task } = options;
    return new SceneWatch(options, await World.load({ robot, scene: task.scene }));
  }

  /** What the scene is asked for, in words. */
  get instruction(): string {
    return this.#episode.instruction;
  }

  get outcome(): Outcome {
    return this.#outcome;
  }

  /** The scene there was drawn anew from a seed. */
  reset(seed: number): void {
    this.#episode = startEpisode(this.#world, this.#options.task, seed);
    for (const camera of this.#cameras) camera.variation = this.#episode.variation;
    this.#outcome = 'running';
  }

  /** The scene is in this state, see writeWorldState: pictures are taken, and the task is judged once per control tick. */
  look(state: Float64Array, nowNs: number): void {
    writeWorldState(this.#world, state);
    const { show, isWatched = () => true } = this.#options;
    for (const camera of this.#cameras.filter(({ spec }) => isWatched(spec.name))) {
      const { rgb, width, height } = camera.capture(nowNs, this.#rng);
      show?.(camera.spec.name, rgb, { width, height });
    }
    if (this.#outcome !== 'running' || nowNs < this.#nextCheckNs) return;
    // A little early still counts as the tick that is due.
    this.#nextCheckNs = nowNs + (0.9 * NS_PER_S) / this.#options.robot.rates.controlHz;
    this.#outcome = this.#episode.check();
  }

  dispose(): void {
    for (const camera of this.#cameras) camera.dispose();
    disposeEpisodes(this.#world);
    this.#world.dispose();
  }
}
