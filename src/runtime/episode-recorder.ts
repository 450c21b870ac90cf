import type { DatasetWriter, SavedEpisode } from '../record/dataset-writer.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { EpisodeKeeper } from './recording/episode-keeper.ts';
import { EpisodeRows } from './recording/episode-rows.ts';
import { pictureFeature } from './recording/recorded-features.ts';
import type { StepRecord } from './step-listener.ts';

/**
 * Keeps one episode in memory as it happens, pictures as an agent sees them; save it when it has ended, however it ended.
 * Use a new one per episode.
 */
export class EpisodeRecorder implements EpisodeKeeper {
  readonly name = 'recorder';
  isPaused = false;
  readonly #robot: RobotSpec;
  readonly #sceneSeed: number | undefined;
  readonly #rows: EpisodeRows;
  readonly #pictures: ReadonlyMap<string, Uint8Array[]>;

  /** @param sceneSeed what the scene of this episode was drawn from; undefined for a dataset of no scenes */
  constructor(robot: RobotSpec, sceneSeed?: number) {
    this.#robot = robot;
    this.#sceneSeed = sceneSeed;
    this.#rows = new EpisodeRows(robot.cameras.map(({ name }) => name));
    this.#pictures = new Map(robot.cameras.map(({ name }) => [name, []]));
  }

  get rowCount(): number {
    return this.#rows.count;
  }

  onStep(step: StepRecord): void {
    if (this.isPaused || !this.#rows.add(step)) return;
    for (const { name, width, height } of this.#robot.cameras) {
      const seen = step.observation.cameras.get(name);
      // A camera may draw its next picture into the same memory.
      this.#pictures.get(name)?.push(seen?.value.rgb.slice() ?? new Uint8Array(width * height * 3));
    }
  }

  async save(writer: DatasetWriter, success: boolean): Promise<SavedEpisode | undefined> {
    if (this.#rows.count === 0) return undefined;
    const pictures = [...this.#pictures].map(([name, frames]) => [pictureFeature(name), frames] as const);
    const frames = {
      ...this.#rows.columns(success),
      ...Object.fromEntries(pictures),
      ...this.#rows.sceneColumn(this.#sceneSeed),
    };
    return writer.saveEpisode({ task: this.#rows.instruction, frames });
  }

  discard(): Promise<void> {
    return Promise.resolve();
  }
}
