import type { Agent } from '../../core/agent.ts';
import type { DatasetWriter, SavedEpisode } from '../../record/dataset-writer.ts';
import type { TaskEpisode } from '../../sim/task.ts';
import type { StepListener } from '../step-listener.ts';
import type { WorkRequest } from '../task-request.ts';
import type { EpisodeRun, RunMode, Workplace, WorkOptions } from '../workplace.ts';
import type { EpisodeKeeper } from './episode-keeper.ts';
import { PausableAgent } from './pausable-agent.ts';

export interface RecordingOptions {
  readonly place: Workplace;
  readonly request: WorkRequest;
  /** Default: in real time. */
  readonly mode?: RunMode;
  readonly writer: DatasetWriter;
  /** How many to save; those that are discarded do not count. */
  readonly episodes: number;
  /** Of the first scene; every further try has the next. */
  readonly seed: number;
  /** Of one episode; default: that of the request. */
  readonly timeLimitS?: number | undefined;
  readonly agent: WorkOptions['agent'];
  readonly cameras?: WorkOptions['cameras'];
  /** Asked before each episode: whether to begin it. A person may have to set the scene first. Default: at once. */
  readonly isReady?: (() => Promise<boolean>) | undefined;
  /** Begins to keep an episode. */
  readonly keep: (seed: number) => Promise<EpisodeKeeper>;
  readonly listeners?: readonly StepListener[];
  readonly events?: RecordingEvents;
  /** Told of every episode once the arm stands; what was recorded is not on disk yet. */
  readonly onEnded?: (run: EpisodeRun) => void;
  /** Asked at the beginning of each episode for what ends it besides `signal`, and who may control it. */
  readonly watch?: ((signal: AbortSignal) => Pick<WorkOptions, 'signal' | 'onControl'>) | undefined;
  /** Whether `isReady` sees to it that somebody looks after a protective stop; by default the session ends with one. */
  readonly outlivesStops?: boolean | undefined;
  /** Aborting it brings the arm to a controlled stop, saves what there is, and ends the session. */
  readonly signal: AbortSignal;
}

export interface RecordingEvents {
  onBegin?(number: number, instruction: string): void;
  /** It is on disk. */
  onSaved?(saved: SavedEpisode, run: EpisodeRun): void;
  onDiscarded?(run: EpisodeRun): void;
}

/** What the person who records wants of the episode under way. */
type Wish = 'end' | 'discard' | 'stop';

/**
 * Records episodes one after another. Each is on disk before the next begins, and however the session ends, the
 * episode under way is saved as well, unless somebody discards it.
 */
export class RecordingSession {
  readonly #options: RecordingOptions;
  #wish: Wish | undefined;
  #isStopping = false;
  #keeper: EpisodeKeeper | undefined;
  #agent: PausableAgent | undefined;
  #saved = 0;

  constructor(options: RecordingOptions) {
    this.#options = options;
  }

  get savedCount(): number {
    return this.#saved;
  }

  /** Rows of the episode under way. */
  get rowCount(): number {
    return this.#keeper?.rowCount ?? 0;
  }

  get isPaused(): boolean {
    return this.#keeper?.isPaused ?? false;
  }

  /** The episode is done, and a success where no rule says so. */
  endEpisode(): void {
    this.#wish ??= 'end';
  }

  /** The episode is thrown away and recorded again. */
  recordAgain(): void {
    this.#wish ??= 'discard';
  }

  /** The episode is saved as it is, and no other begins. */
  stop(): void {
    this.#isStopping = true;
    this.#wish ??= 'stop';
  }

  /** Holds the arm and records nothing, or goes on. */
  pause(isPaused: boolean): void {
    if (this.#keeper !== undefined) this.#keeper.isPaused = isPaused;
    if (this.#agent !== undefined) this.#agent.isPaused = isPaused;
  }

  /** Throws what the arm, the agent and the writer throw; what was saved before is safe. */
  async run(): Promise<void> {
    const { episodes, signal, seed, isReady = () => Promise.resolve(true) } = this.#options;
    for (let attempt = 0; this.#saved < episodes && !this.#isStopping && !signal.aborted; attempt += 1) {
      // Somebody may have had enough while it waited.
      if (!(await isReady()) || this.#isStopping) return;
      await this.#record(seed + attempt);
    }
  }

  async #record(seed: number): Promise<void> {
    const {
      keep,
      place,
      request,
      mode = 'live',
      listeners = [],
      timeLimitS = request.timeLimitS,
      events,
      cameras,
    } = this.#options;
    const keeper = await keep(seed);
    this.#keeper = keeper;
    this.#wish = undefined;
    let run: EpisodeRun | undefined;
    try {
      run = await place.run({
        seed,
        mode,
        judged: request.judged,
        keepsPose: true,
        agent: (scene) => this.#begin(scene),
        isOver: () => this.#wish !== undefined,
        listeners: [keeper, ...listeners],
        ...this.#circumstances(),
        ...(request.instruction === undefined ? {} : { instruction: request.instruction }),
        timeLimitS,
        ...(cameras === undefined ? {} : { cameras }),
      });
      this.#options.onEnded?.(run);
    } finally {
      await this.#keep(keeper, run);
    }
    if (run.result.agentFailure !== undefined) throw run.result.agentFailure;
    const { outlivesStops = false } = this.#options;
    if (run.result.outcome === 'protective-stop' && !outlivesStops) this.#isStopping = true;
    if (this.#wish === 'discard') events?.onDiscarded?.(run);
  }

  #circumstances(): Pick<WorkOptions, 'signal' | 'onControl'> {
    const { signal, watch } = this.#options;
    return watch?.(signal) ?? { signal };
  }

  #begin(scene: TaskEpisode | undefined): Agent {
    const { events, request, agent } = this.#options;
    events?.onBegin?.(this.#saved + 1, scene?.instruction ?? request.instruction?.text ?? '');
    this.#agent = new PausableAgent(agent(scene));
    return this.#agent;
  }

  async #keep(keeper: EpisodeKeeper, run: EpisodeRun | undefined): Promise<void> {
    const { writer, request, events } = this.#options;
    if (this.#wish === 'discard') return keeper.discard();
    const isSuccess = run?.result.success === true || (!request.judged && run?.result.outcome === 'ended');
    const saved = await keeper.save(writer, isSuccess);
    if (saved === undefined) return;
    this.#saved += 1;
    if (run !== undefined) events?.onSaved?.(saved, run);
  }
}
