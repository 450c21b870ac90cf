import type { Clock } from '../../core/clock.ts';
import type { ArmatureError } from '../../core/errors.ts';
import type { CameraFrame } from '../../core/observation.ts';
import { PushSource } from '../../core/source.ts';
import type { CameraAddress } from '../../sensors/camera/camera-address.ts';
import { toError } from '../../core/failure.ts';
import { cameraError } from './camera-input.ts';
import { CameraLink } from './camera-link.ts';
import type { CameraEpisode, CameraReply, CameraReport, CameraSpec, PictureSize } from './camera-messages.ts';
import { CameraWatch } from './camera-watch.ts';
import type { CameraCondition, CameraState } from './camera-watch.ts';
import type { RecordedVideo } from './row-recorder.ts';

export interface CameraChannelOptions extends CameraSpec {
  readonly clock: Clock;
  readonly onState: (change: CameraStateChange) => void;
  /** The process ended, or the episode under way cannot be recorded any more. */
  readonly onFailure: (failure: ArmatureError) => void;
}

export interface CameraStateChange {
  readonly camera: string;
  readonly state: CameraState;
  readonly before: CameraState;
  /** Why there are no pictures, where that is known. */
  readonly problem: string | undefined;
}

/** One camera as the supervisor sees it: its process, its newest picture, and how it is. */
export class CameraChannel {
  readonly address: CameraAddress;
  readonly source: PushSource<CameraFrame> = new PushSource<CameraFrame>();
  readonly #options: CameraChannelOptions;
  readonly #watch: CameraWatch;
  #link: CameraLink | undefined;
  #state: CameraState = 'lost';
  #problem: string | undefined;
  #recordedSize: PictureSize | undefined;
  #encodedRows = 0;

  private constructor(options: CameraChannelOptions) {
    this.address = options.address;
    this.#options = options;
    this.#watch = new CameraWatch(options.address.frozenMs);
  }

  /** Throws what its process says, for example E_VIDEO_UNAVAILABLE. A camera that cannot be reached is `lost`. */
  static async open(options: CameraChannelOptions): Promise<CameraChannel> {
    const channel = new CameraChannel(options);
    const { address, view, clock } = options;
    channel.#link = await CameraLink.start({
      spec: { address, view },
      clock,
      onReport: (report) => channel.#receive(report),
      onDied: (failure) => {
        channel.#problem = failure.message;
        channel.#encodedRows = 0;
        channel.#watch.clear();
        options.onFailure(failure);
        channel.judge();
      },
    });
    return channel;
  }

  get condition(): CameraCondition {
    return this.#watch.at(this.#options.clock.nowNs());
  }

  /** Why there are no pictures, where that is known. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Size of the pictures in its videos; undefined before the first picture. */
  get recordedSize(): PictureSize | undefined {
    return this.#recordedSize;
  }

  /** Rows of the episode under way that are in its video. */
  get encodedRows(): number {
    return this.#encodedRows;
  }

  /** Processes that ended although nobody asked them to. */
  get deaths(): number {
    return this.#link?.deaths ?? 0;
  }

  get pid(): number | undefined {
    return this.#link?.pid;
  }

  /** A frame of this process. Throws E_CAMERA where the camera has pictures of its own. */
  push(frame: CameraFrame): void {
    if (this.address.kind !== 'pushed')
      throw cameraError(this.address, 'no frames can be pushed to it', 'pictures of its own');
    const { width, height, rgb, stampNs } = frame;
    if (rgb.length !== width * height * 3)
      throw cameraError(this.address, `a frame of ${width} x ${height} has another size`, `${rgb.length} bytes`);
    this.#link?.tell({ kind: 'push', width, height, rgb, stampNs });
    this.#watch.arrived(stampNs, stampNs);
    this.source.push(frame);
    this.judge();
  }

  /** Tells when the state is another one. */
  judge(): void {
    this.#link?.checkSilence();
    const { state } = this.condition;
    const before = this.#state;
    if (state === before) return;
    this.#state = state;
    this.#options.onState({ camera: this.address.name, state, before, problem: this.#problem });
  }

  async begin(episode: CameraEpisode): Promise<void> {
    this.#encodedRows = 0;
    await this.#link?.ask({ kind: 'begin', episode });
  }

  row(timeNs: number): void {
    this.#link?.tell({ kind: 'row', timeNs });
  }

  /** Resolves once every row is in the video. Throws what went wrong, or E_CAMERA_DIED. */
  async end(): Promise<RecordedVideo> {
    const reply = await this.#link?.ask({ kind: 'end' });
    if (reply?.recorded === undefined) throw cameraError(this.address, 'it recorded nothing', 'no video');
    return reply.recorded;
  }

  async discard(): Promise<void> {
    await this.#link?.ask({ kind: 'discard' });
  }

  async close(): Promise<void> {
    await this.#link?.close();
  }

  #receive(report: Exclude<CameraReport, CameraReply>): void {
    switch (report.kind) {
      case 'failure':
        this.#options.onFailure(toError(report.failure));
        break;
      case 'pulse':
        this.#encodedRows = report.encodedRows;
        this.#problem = report.problem;
        break;
      case 'picture': {
        const { stampNs, unchangedSinceNs, view, recordedSize, encodedRows } = report;
        this.#recordedSize = recordedSize;
        this.#encodedRows = encodedRows;
        // Pushed pictures were seen when they were pushed.
        if (this.address.kind === 'pushed') break;
        this.#problem = undefined;
        this.#watch.arrived(stampNs, unchangedSinceNs);
        if (view !== undefined) this.source.push({ camera: this.address.name, ...view, stampNs });
        this.judge();
      }
    }
  }
}
