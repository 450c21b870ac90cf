import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import { PictureServer } from '../emulation/picture-server.ts';
import { SceneWatch } from '../emulation/scene-watch.ts';
import type { ServoBusState } from '../emulation/servo-bus/bus-messages.ts';
import { parseBusCommand } from '../emulation/servo-bus/bus-command.ts';
import type { EmulatedServoBus } from '../emulation/servo-bus/start-servo-bus.ts';
import { JpegEncoder } from '../record/jpeg.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import { loadTask } from '../sim/load-task.ts';
import { describeFailure } from './failure.ts';

/** The scene of an emulated arm as its cameras and its judge see it. */
export interface EmulatedScene {
  readonly watch: SceneWatch;
  /** Of the cameras, by name; empty without them. */
  readonly urls: ReadonlyMap<string, string>;
  /** How often it is looked at. */
  readonly rateHz: number;
  close(): Promise<void>;
}

interface SceneOptions {
  readonly seed: number;
  readonly cameraPort?: number;
}

/** Throws what PictureServer.listen, JpegEncoder.load and loadTask throw. */
export async function openScene(robot: RobotSpec, task: string, options: SceneOptions): Promise<EmulatedScene> {
  const { seed, cameraPort } = options;
  const names = robot.cameras.map(({ name }) => name);
  const server = cameraPort === undefined ? undefined : await PictureServer.listen(names, cameraPort);
  const jpeg = server === undefined ? undefined : await JpegEncoder.load();
  const watch = await SceneWatch.open({
    robot,
    task: loadTask(task),
    seed,
    ...(server !== undefined &&
      jpeg !== undefined && {
        show: (camera, rgb, size) => server.show(camera, jpeg.encode(rgb, size)),
        isWatched: (camera: string) => server.isWatched(camera),
      }),
  });
  return {
    watch,
    urls: new Map(server === undefined ? [] : names.map((name) => [name, server.urlOf(name)])),
    rateHz: Math.max(robot.rates.controlHz, ...robot.cameras.map(({ rateHz }) => rateHz)),
    close: async () => {
      await server?.close();
      jpeg?.free();
      watch.dispose();
    },
  };
}

interface BusLinesOptions {
  readonly bus: EmulatedServoBus;
  readonly scene: EmulatedScene | undefined;
  readonly say: (line: string) => void;
  readonly onQuit: () => void;
}

/** Lines of the standard input act on the arm, one after the other; what comes of the task is said. */
export class BusLines {
  readonly #options: BusLinesOptions;
  readonly #lines: Interface;
  #outcome = 'running';
  #queue: Promise<void> = Promise.resolve();

  constructor(options: BusLinesOptions) {
    this.#options = options;
    this.#lines = createInterface({ input: process.stdin });
    this.#lines.on('line', (line) => {
      this.#queue = this.#queue.then(() => this.#perform(line.trim()));
    });
  }

  /** How the arm is; the scene is looked at. */
  async look(): Promise<ServoBusState> {
    const { bus, scene, say } = this.#options;
    await this.#queue;
    const state = await bus.state();
    if (scene === undefined || state.worldState === undefined) return state;
    scene.watch.look(state.worldState, state.timeNs);
    const { outcome } = scene.watch;
    if (outcome !== this.#outcome && outcome !== 'running') say(`outcome ${outcome}`);
    this.#outcome = outcome;
    return state;
  }

  close(): void {
    this.#lines.close();
    process.stdin.destroy();
  }

  async #perform(line: string): Promise<void> {
    const { bus, scene, say, onQuit } = this.#options;
    if (line === '') return;
    if (line === 'quit') return onQuit();
    try {
      const command = parseBusCommand(line);
      bus.control(command);
      // Once the state is there, the command has been carried out.
      await bus.state();
      if (command.kind === 'reset' && scene !== undefined) {
        scene.watch.reset(command.seed);
        this.#outcome = 'running';
        say(`reset ${command.seed}: ${scene.watch.instruction}`);
      } else say(`done: ${line}`);
    } catch (error) {
      console.error(describeFailure(error).text);
    }
  }
}
