import type { Clock } from '../../core/clock.ts';
import { PictureScaler } from '../../record/picture-scaler.ts';
import type { Av, AvFrame } from '../../record/node-av.ts';
import { toFailure } from '../../core/failure.ts';
import type { Failure } from '../../core/failure.ts';
import { cameraError } from './camera-input.ts';
import type { CameraEpisode, CameraReport, CameraSpec, PictureSize, RgbPicture } from './camera-messages.ts';
import { Capture } from './capture.ts';
import { PictureHistory } from './picture-history.ts';
import type { Picture } from './picture-history.ts';
import { RowRecorder } from './row-recorder.ts';
import type { RecordedVideo } from './row-recorder.ts';

export interface CameraHostOptions {
  readonly av: Av;
  readonly spec: CameraSpec;
  readonly clock: Clock;
  /** Resolves once the report is on its way. */
  readonly report: (report: CameraReport) => Promise<void>;
}

/** What runs in a camera process: one camera, its last pictures, and the video of the episode under way. */
export class CameraHost {
  readonly #options: CameraHostOptions;
  readonly #history = new PictureHistory();
  readonly #capture: Capture | undefined;
  readonly #toView: PictureScaler | undefined;
  #toRecorded: PictureScaler | undefined;
  #recordedSize: PictureSize | undefined;
  #recorder: RowRecorder | undefined;
  #problem: string | undefined = 'it has delivered nothing yet';
  #isReporting = false;

  constructor(options: CameraHostOptions) {
    this.#options = options;
    const { av, clock } = options;
    const { address, view } = options.spec;
    if (view !== undefined) this.#toView = new PictureScaler(av, { ...view, format: av.AV_PIX_FMT_RGB24 });
    if (address.kind === 'pushed') return;
    this.#capture = new Capture({
      av,
      address,
      clock,
      onPicture: (picture, stampNs) => this.#take(picture, stampNs),
      onProblem: (problem) => {
        this.#problem = problem;
      },
    });
    void this.#capture.run();
  }

  /** Rows of the episode under way that are in its video. */
  get encodedRows(): number {
    return this.#recorder?.encodedRows ?? 0;
  }

  /** Why there are no pictures. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** A picture of the supervisor's own. */
  push({ width, height, rgb }: RgbPicture, stampNs: number): void {
    const { av } = this.#options;
    const bytes = Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength);
    using picture = av.Frame.fromVideoBuffer(bytes, { width, height, format: av.AV_PIX_FMT_RGB24 });
    this.#take(picture, stampNs);
    this.#problem = undefined;
  }

  /** Starts the video of an episode. Throws ArmatureError: E_CAMERA without a picture to start from, and as EpisodeVideo does. */
  async begin(episode: CameraEpisode): Promise<void> {
    await this.discard();
    await this.#capture?.settled();
    const { address } = this.#options.spec;
    if (this.#recordedSize === undefined)
      throw cameraError(address, 'there is no picture to begin with', this.#problem ?? 'none');
    this.#recorder = await RowRecorder.open({ ...episode, ...this.#recordedSize }, (error) => {
      void this.#options.report({ kind: 'failure', failure: failureOf(error) });
    });
  }

  /** The next row of the episode shows the newest picture that had arrived by then. */
  async row(timeNs: number): Promise<void> {
    await this.#capture?.settled();
    const picture = this.#history.at(timeNs);
    if (picture !== undefined) this.#recorder?.add(picture);
  }

  /** Completes the video of the episode. Throws what went wrong with it. */
  async end(): Promise<RecordedVideo> {
    const recorder = this.#recorder;
    if (recorder === undefined) throw cameraError(this.#options.spec.address, 'no episode is under way', 'none');
    try {
      return await recorder.end();
    } finally {
      this.#recorder = undefined;
    }
  }

  /** Gives up the episode, if there is one; nothing of it is left. */
  async discard(): Promise<void> {
    const recorder = this.#recorder;
    this.#recorder = undefined;
    await recorder?.abort();
  }

  async close(): Promise<void> {
    this.#capture?.stop();
    await this.discard();
  }

  #take(picture: AvFrame, stampNs: number): void {
    const { av, spec } = this.#options;
    const { width = even(picture.width), height = even(picture.height) } = spec.address;
    // A camera that is opened anew may have another size; the videos keep the first.
    const recordedSize = (this.#recordedSize ??= { width, height });
    this.#toRecorded ??= new PictureScaler(av, { ...recordedSize, format: av.AV_PIX_FMT_YUV420P });
    const kept = this.#history.offer(this.#toRecorded.scale(picture), stampNs);
    // A supervisor that does not read gets fewer pictures, not older ones.
    if (kept === undefined || this.#isReporting) return;
    const view = this.#view(kept);
    const { unchangedSinceNs } = kept;
    const { encodedRows } = this;
    this.#isReporting = true;
    const sent = this.#options.report({
      kind: 'picture',
      stampNs,
      unchangedSinceNs,
      view,
      recordedSize,
      encodedRows,
    });
    void sent.finally(() => {
      this.#isReporting = false;
    });
  }

  #view({ frame }: Picture): RgbPicture | undefined {
    if (this.#toView === undefined) return undefined;
    using rgb = this.#toView.scale(frame);
    return { width: rgb.width, height: rgb.height, rgb: rgb.toBuffer() };
  }
}

/** What goes wrong in a camera process, as values. */
export function failureOf(error: unknown): Failure {
  return toFailure(error, {
    code: 'E_CAMERA_PROCESS',
    remedy: 'Record the episode again; what was saved before is safe.',
  });
}

/** The colour planes of a video have half the size. */
function even(size: number): number {
  return Math.max(2, size - (size % 2));
}
