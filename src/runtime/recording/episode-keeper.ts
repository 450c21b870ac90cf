import type { DatasetWriter, SavedEpisode } from '../../record/dataset-writer.ts';
import type { StepListener } from '../step-listener.ts';

/** Keeps one episode while it happens, until it is saved or discarded. */
export interface EpisodeKeeper extends StepListener {
  /** True: nothing is recorded. The rows before and after follow each other. */
  isPaused: boolean;
  readonly rowCount: number;
  /** Writes the episode. Resolves with undefined, writing nothing, when it has no rows. */
  save(writer: DatasetWriter, success: boolean): Promise<SavedEpisode | undefined>;
  discard(): Promise<void>;
}
