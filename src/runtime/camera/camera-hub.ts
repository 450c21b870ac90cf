import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { CameraFrame } from '../../core/observation.ts';
import type { StampedSource } from '../../core/source.ts';
import type { VideoCodec } from '../../record/video-codecs.ts';
import { PARTIAL_VIDEO } from '../../record/video.ts';
import type { RobotSpec } from '../../robot/robot-spec.ts';
import type { CameraAddress } from '../../sensors/camera/camera-address.ts';
import { CameraChannel } from './camera-channel.ts';
import type { CameraStateChange } from './camera-channel.ts';
import { cameraError } from './camera-input.ts';
import type { PictureSize } from './camera-messages.ts';
import type { CameraCondition } from './camera-watch.ts';
import type { RecordedVideo } from './row-recorder.ts';

export interface CameraHubOptions {
  /** Its cameras are shown in the size it wants; others are only recorded. */
  readonly robot: Pick<RobotSpec, 'cameras'>;
  readonly cameras: readonly CameraAddress[];
  readonly clock: Clock;
}

/** How a camera is, and its recording. */
export interface CameraHealth extends CameraCondition {
  /** Size of the pictures in its videos; undefined before the first picture. */
  readonly recordedSize: PictureSize | undefined;
  /** Rows of the episode under way that are not in its video yet. */
  readonly queuedRows: number;
  /** Why there are no pictures, where that is known. */
  readonly problem: string | undefined;
  /** Processes of this camera that ended although nobody asked them to. */
  readonly deaths: number;
  /** Its process, for those who watch or end it. */
  readonly pid: number | undefined;
}

/** Watches the cameras. Called synchronously; it must be quick and not wait. */
export interface CameraListener {
  onState?(change: CameraStateChange): void;
  /** A process ended, or an episode cannot be recorded any more: E_CAMERA_DIED, E_DISK_FULL, E_VIDEO. */
  onFailure?(failure: ArmatureError, camera: string): void;
}

export interface CameraEpisodeOptions {
  /** Where the videos of the episode stand until they are moved into a dataset; created. */
  readonly directory: string;
  /** Rows a second, a whole number. */
  readonly fps: number;
  /** Default: h264. */
  readonly codec?: VideoCodec;
}

interface EpisodeUnderWay {
  readonly directory: string;
  rows: number;
  failure: ArmatureError | undefined;
}

/** How often the state of the cameras is judged, ms. */
const JUDGE_MS = 50;
/** How often somebody who waits for the first pictures looks, ms. */
const READY_POLL_MS = 20;

/**
 * All cameras of a robot, each in a process of its own: their newest pictures, how they are, and the videos of an
 * episode, row by row. No picture of full size comes to this process, and nothing in it waits for one.
 */
export class CameraHub {
  readonly #channels = new Map<string, CameraChannel>();
  readonly #shown: ReadonlySet<string>;
  readonly #listeners = new Set<CameraListener>();
  readonly #listenerFailures: unknown[] = [];
  #timer: NodeJS.Timeout | undefined;
  #episode: EpisodeUnderWay | undefined;

  private constructor({ robot }: CameraHubOptions) {
    this.#shown = new Set(robot.cameras.map(({ name }) => name));
  }

  /**
   * Starts the processes. A camera that cannot be reached is `lost` and tried again; `ready` waits for all. Throws
   * ArmatureError (E_VIDEO_UNAVAILABLE) without the optional package node-av.
   */
  static async open(options: CameraHubOptions): Promise<CameraHub> {
    const { robot, cameras, clock } = options;
    const hub = new CameraHub(options);
    const opening = cameras.map(async (address) => {
      const channel = await CameraChannel.open({
        address,
        view: robot.cameras.find(({ name }) => name === address.name),
        clock,
        onState: (change) => hub.#tell((listener) => listener.onState?.(change)),
        onFailure: (failure) => hub.#fail(failure, address.name),
      });
      return [address.name, channel] as const;
    });
    for (const result of await Promise.allSettled(opening)) {
      if (result.status === 'fulfilled') hub.#channels.set(...result.value);
    }
    try {
      await Promise.all(opening);
    } catch (error) {
      await hub.close();
      throw error;
    }
    // What came while this process was blocked is still to be read: only then silence can be judged.
    hub.#timer = setInterval(() => setImmediate(() => hub.#judge()), JUDGE_MS);
    return hub;
  }

  /** The newest picture of each camera of the robot, in the size the robot wants; other cameras are not shown. */
  get sources(): ReadonlyMap<string, StampedSource<CameraFrame>> {
    const shown = [...this.#channels].filter(([name]) => this.#shown.has(name));
    return new Map(shown.map(([name, { source }]) => [name, source]));
  }

  /** By camera. */
  get health(): ReadonlyMap<string, CameraHealth> {
    return new Map(
      [...this.#channels].map(([name, channel]) => {
        const { condition, recordedSize, problem, deaths, pid } = channel;
        return [name, { ...condition, recordedSize, queuedRows: this.#queuedRows(channel), problem, deaths, pid }];
      }),
    );
  }

  /** Rows of the episode under way that wait for the slowest encoder. */
  get queueDepth(): number {
    return Math.max(0, ...[...this.#channels.values()].map((channel) => this.#queuedRows(channel)));
  }

  /** Why the episode under way cannot be saved. */
  get episodeFailure(): ArmatureError | undefined {
    return this.#episode?.failure;
  }

  /** What listeners threw; they are not called any more. */
  get listenerFailures(): readonly unknown[] {
    return this.#listenerFailures;
  }

  /** Calls the listener from now on; returns the function that ends it. */
  listen(listener: CameraListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves once each camera has given a picture, so that the sizes are known. Throws E_CAMERA, with what is known,
   * for one that has not in time.
   */
  async ready(timeoutMs: number): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += READY_POLL_MS) {
      const missing = [...this.#channels.values()].find(
        ({ condition, recordedSize }) => recordedSize === undefined || condition.ageMs === Infinity,
      );
      if (missing === undefined) return;
      if (waitedMs >= timeoutMs)
        throw cameraError(missing.address, `it gave no picture within ${timeoutMs} ms`, missing.problem ?? 'silence');
      await delay(READY_POLL_MS);
    }
  }

  /** A frame that was made in this process, for a camera whose address is `pushedCamera`. Throws E_CAMERA for another. */
  push(frame: CameraFrame): void {
    const channel = this.#channels.get(frame.camera);
    if (channel === undefined)
      throw misuse(`there is no camera "${frame.camera}"`, [...this.#channels.keys()].join(', '));
    channel.push(frame);
  }

  /**
   * Starts the videos of an episode; resolves when rows may come. Throws ArmatureError, and nothing is under way:
   * E_CAMERA for a camera that never gave a picture, E_CAMERA_DIED, E_CAMERA_EPISODE, E_VIDEO, E_DISK_FULL.
   */
  async beginEpisode({ directory, fps, codec = 'h264' }: CameraEpisodeOptions): Promise<void> {
    if (this.#episode !== undefined)
      throw misuse('an episode is under way already', 'endEpisode or discardEpisode first');
    this.#episode = { directory, rows: 0, failure: undefined };
    try {
      await mkdir(directory, { recursive: true });
      await this.#each((channel, path) => channel.begin({ path, fps, codec }));
    } catch (error) {
      await this.discardEpisode();
      throw error;
    }
  }

  /**
   * Row `index` (from 0, one after the other) of the episode was recorded at `timeNs`, monotonic ns: each video shows
   * the newest picture that had arrived by then. It never waits. Throws E_CAMERA_EPISODE for another row than the next.
   */
  row(index: number, timeNs: number): void {
    const episode = this.#episode;
    if (episode === undefined) throw misuse('a row belongs to no episode', 'beginEpisode first');
    if (index !== episode.rows) throw misuse(`row ${index} is not the next one`, `row ${episode.rows}`);
    episode.rows += 1;
    for (const channel of this.#channels.values()) channel.row(timeNs);
  }

  /**
   * Waits until all rows are in the videos and completes them; by camera. Throws what made it impossible for one
   * camera; then nothing of the episode is left.
   */
  async endEpisode(): Promise<ReadonlyMap<string, RecordedVideo>> {
    const episode = this.#episode;
    if (episode === undefined) throw misuse('no episode is under way', 'beginEpisode first');
    try {
      if (episode.failure !== undefined) throw episode.failure;
      const videos = new Map<string, RecordedVideo>();
      await this.#each(async (channel) => {
        const video = await channel.end();
        if (video.frames !== episode.rows)
          throw cameraError(
            channel.address,
            `its video has not one picture a row`,
            `${video.frames} for ${episode.rows} rows`,
          );
        videos.set(channel.address.name, video);
      });
      this.#episode = undefined;
      return videos;
    } catch (error) {
      await this.discardEpisode();
      throw error;
    }
  }

  /** Gives up the episode under way, if there is one; nothing of it is left. */
  async discardEpisode(): Promise<void> {
    if (this.#episode === undefined) return;
    await this.#each(async (channel, path) => {
      // A process that has ended has nothing to give up, but may have left what it wrote.
      await channel.discard().catch(() => undefined);
      for (const file of [path, path + PARTIAL_VIDEO]) await rm(file, { force: true });
    });
    this.#episode = undefined;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.discardEpisode();
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
  }

  #queuedRows({ encodedRows }: CameraChannel): number {
    return this.#episode === undefined ? 0 : this.#episode.rows - encodedRows;
  }

  /** Does it for all cameras at once, and throws, when all are done, what was thrown first. */
  async #each(work: (channel: CameraChannel, path: string) => Promise<void>): Promise<void> {
    const directory = this.#episode?.directory ?? '';
    const all = [...this.#channels].map(([name, channel]) =>
      work(channel, join(directory, `${encodeURIComponent(name)}.mp4`)),
    );
    await Promise.allSettled(all);
    await Promise.all(all);
  }

  #judge(): void {
    for (const channel of this.#channels.values()) channel.judge();
  }

  #fail(failure: ArmatureError, camera: string): void {
    if (this.#episode !== undefined) this.#episode.failure ??= failure;
    this.#tell((listener) => listener.onFailure?.(failure, camera));
  }

  #tell(say: (listener: CameraListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        say(listener);
      } catch (cause) {
        this.#listeners.delete(listener);
        this.#listenerFailures.push(cause);
      }
    }
  }
}

function misuse(problem: string, expected: string): ArmatureError {
  return new ArmatureError('E_CAMERA_EPISODE', problem, {
    expected,
    remedy: 'Call beginEpisode, row by row, then endEpisode or discardEpisode.',
  });
}
