import { statfs } from 'node:fs/promises';
import { MonotonicClock, NS_PER_S } from '../core/clock.ts';
import type { SavedEpisode } from '../record/dataset-writer.ts';
import type { RobotSpec } from '../robot/robot-spec.ts';
import type { RecordingEvents, RecordingSession } from '../runtime/recording/recording-session.ts';
import type { Studio } from '../runtime/recording/studio.ts';
import type { EpisodeRun } from '../runtime/workplace.ts';
import type { StepListener, StepRecord } from '../runtime/step-listener.ts';
import type { WorkRequest } from '../runtime/task-request.ts';
import { LiveDisplay } from './live-display.ts';
import type { Person } from './person.ts';
import { Terminal } from './terminal.ts';

/** What `armature record --json` says of an episode. */
export interface SavedSummary {
  readonly episode: number;
  readonly rows: number;
  readonly instruction: string;
  readonly outcome: EpisodeRun['result']['outcome'];
  readonly success: boolean;
  readonly latenessP99Ms: number;
  /** From the end of the arm's motion until the episode was on disk, s. */
  readonly savingS: number;
}

export interface RecordingViewOptions {
  readonly robot: RobotSpec;
  readonly request: WorkRequest;
  readonly person: Person;
  readonly studio: Studio;
  /** As it was asked for. */
  readonly teleop: string;
  readonly episodes: number;
  readonly episodeTime?: number | undefined;
  readonly sounds?: boolean | undefined;
}

/** How often the free space is looked up, ns. */
const DISK_INTERVAL_NS = 5 * NS_PER_S;

const BELL = '\u0007';

/** Shows a recording: a panel in a terminal, and a line for each episode that is on disk. */
export class RecordingView implements StepListener, RecordingEvents {
  readonly name = 'view';
  readonly saved: SavedSummary[] = [];
  readonly #options: RecordingViewOptions;
  readonly #clock = new MonotonicClock();
  readonly #terminal = new Terminal(process.stderr, () => this.#clock.nowNs());
  readonly #live: LiveDisplay;
  #session: RecordingSession | undefined;
  #lastStepNs = 0;
  #said = '';
  #freeBytes = NaN;
  #diskNs = -Infinity;

  constructor(options: RecordingViewOptions) {
    this.#options = options;
    const { robot, request, teleop: agent, episodes: total, episodeTime: limitS = request.timeLimitS } = options;
    this.#live = new LiveDisplay({ terminal: this.#terminal, robot, agent, total, limitS, notes: () => this.#notes() });
  }

  /** What happened last. */
  get said(): string {
    return this.#said;
  }

  /** Whose rows and pauses are shown; undefined until it begins. */
  get session(): RecordingSession | undefined {
    return this.#session;
  }

  /** Says whose rows and pauses to show. */
  attach(session: RecordingSession): void {
    this.#session = session;
  }

  onStep(step: StepRecord): void {
    this.#lastStepNs = this.#clock.nowNs();
    this.#lookAtDisk();
    // Where nothing can be redrawn, the lines of the episodes are enough.
    if (this.#terminal.interactive) this.#live.onStep(step);
  }

  onBegin(number: number, instruction: string): void {
    this.#ring();
    this.#note(`recording episode ${number} of ${this.#options.episodes}: ${instruction}`);
  }

  onSaved({ episodeIndex, length }: SavedEpisode, { instruction, result }: EpisodeRun): void {
    const savingS = (this.#clock.nowNs() - this.#lastStepNs) / NS_PER_S;
    const { outcome, success, latenessMs } = result;
    const summary = {
      episode: episodeIndex,
      rows: length,
      instruction,
      outcome,
      success,
      latenessP99Ms: latenessMs.p99,
      savingS,
    };
    this.saved.push(summary);
    this.#ring();
    this.#live.endEpisode(result);
    this.#note(
      `saved episode ${episodeIndex}: ${length} rows, ${instruction}, ended by ${outcome}, on disk after ${savingS.toFixed(2)} s`,
    );
  }

  onDiscarded({ instruction }: EpisodeRun): void {
    this.#note(`discarded: ${instruction}`);
  }

  /** A line that stays. */
  say(text: string): void {
    this.#terminal.line(text);
  }

  /** Takes the panel away; the lines stay. */
  close(): void {
    if (this.#terminal.interactive) this.#terminal.finish([]);
  }

  #note(line: string): void {
    this.#said = line;
    this.#terminal.line(line);
  }

  #ring(): void {
    if (this.#options.sounds === true && this.#terminal.interactive) process.stderr.write(BELL);
  }

  #notes(): (readonly [string, string])[] {
    const session = this.#session;
    const rows = `${session?.rowCount ?? 0} rows${session?.isPaused === true ? ', paused' : ''}`;
    return [
      ['recording', rows],
      ...this.#options.person.notes(),
      ...this.#cameraNotes(),
      ['disk', Number.isNaN(this.#freeBytes) ? '' : `${(this.#freeBytes / 1e9).toFixed(1)} GB left`],
      ['keys', '-> end, <- again, space pause, Escape stop'],
    ];
  }

  #cameraNotes(): (readonly [string, string])[] {
    const { hub } = this.#options.studio;
    if (hub === undefined) return [];
    const cameras = [...hub.health].map(([name, { rateHz, state, problem }]) => {
      const how = state === 'ok' ? '' : ` ${state}${problem === undefined ? '' : ` (${problem})`}`;
      return `${name} ${rateHz.toFixed(1)} Hz${how}`;
    });
    return [['cameras', `${cameras.join(', ')}, ${hub.queueDepth} rows wait for the encoder`]];
  }

  #lookAtDisk(): void {
    if (this.#lastStepNs - this.#diskNs < DISK_INTERVAL_NS) return;
    this.#diskNs = this.#lastStepNs;
    void statfs(this.#options.studio.writer.directory).then(
      ({ bavail, bsize }) => (this.#freeBytes = bavail * bsize),
      () => undefined,
    );
  }
}
