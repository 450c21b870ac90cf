import type { DatasetWriter, SavedEpisode } from '../../record/dataset-writer.ts';
import type { EpisodeFrames } from '../../record/episode-input.ts';
import type { RecordedVideo } from '../camera/row-recorder.ts';
import type { CameraFrame } from '../../core/observation.ts';
import type { StepRecord } from '../step-listener.ts';
import type { EpisodeKeeper } from './episode-keeper.ts';
import { EpisodeRows } from './episode-rows.ts';
import { pictureFeature } from './recorded-features.ts';

/**
 * Whoever encodes while the arm moves. Every row gets exactly one picture of each camera: the newest that had come by the
 * time of the row.
 */
export interface PictureSink {
  row(index: number, timeNs: number): void;
  /** A picture made in this process. It is copied. */
  push(frame: CameraFrame): void;
  /** By camera. */
  endEpisode(): Promise<ReadonlyMap<string, RecordedVideo>>;
  discardEpisode(): Promise<void>;
}

export interface LiveRecorderOptions {
  /** In the order of the features. */
  readonly cameras: readonly string[];
  /** Those whose pictures are made in this process, as a simulation makes them. */
  readonly pushed: readonly string[];
  readonly sink: PictureSink;
  /** What the scene of this episode was drawn from; undefined for a dataset of no scenes. */
  readonly sceneSeed?: number | undefined;
}

/** Records one episode of an arm that does not wait: numbers are kept here, pictures are encoded elsewhere. */
export class LiveRecorder implements EpisodeKeeper {
  readonly name = 'recorder';
  isPaused = false;
  readonly #options: LiveRecorderOptions;
  readonly #rows: EpisodeRows;
  readonly #pushedNs = new Map<string, number>();

  constructor(options: LiveRecorderOptions) {
    this.#options = options;
    this.#rows = new EpisodeRows(options.cameras);
  }

  get rowCount(): number {
    return this.#rows.count;
  }

  onStep(step: StepRecord): void {
    if (this.isPaused || !this.#rows.add(step)) return;
    const { pushed, sink } = this.#options;
    for (const name of pushed) {
      const frame = step.observation.cameras.get(name)?.value;
      if (frame === undefined || this.#pushedNs.get(name) === frame.stampNs) continue;
      this.#pushedNs.set(name, frame.stampNs);
      sink.push(frame);
    }
    sink.row(this.#rows.count - 1, step.timeNs);
  }

  /** Ends the videos and writes the episode. Throws what the sink and saveEpisode throw. */
  async save(writer: DatasetWriter, success: boolean): Promise<SavedEpisode | undefined> {
    const { sceneSeed, sink } = this.#options;
    if (this.#rows.count === 0) {
      await sink.discardEpisode();
      return undefined;
    }
    const videos = await sink.endEpisode();
    const frames: EpisodeFrames = {
      ...this.#rows.columns(success, videos),
      ...Object.fromEntries([...videos].map(([name, video]) => [pictureFeature(name), video])),
      ...this.#rows.sceneColumn(sceneSeed),
    };
    return writer.saveEpisode({ task: this.#rows.instruction, frames });
  }

  discard(): Promise<void> {
    return this.#options.sink.discardEpisode();
  }
}
