import type { VideoCodec } from '../../record/video-codecs.ts';
import type { CameraAddress } from '../../sensors/camera/camera-address.ts';
import type { Failure } from '../../core/failure.ts';
import type { RecordedVideo } from './row-recorder.ts';

/** What a camera process is to do. */
export interface CameraSpec {
  readonly address: CameraAddress;
  /** Size of the pictures that are shown to the supervisor; undefined: only that they came. */
  readonly view: PictureSize | undefined;
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** What of an episode concerns one camera. */
export interface CameraEpisode {
  /** Where the finished mp4 is to stand. */
  readonly path: string;
  readonly fps: number;
  readonly codec: VideoCodec;
}

/** What a supervisor says. That with a number is answered once, with the number; all is done in the order it came. */
export type CameraRequest =
  | { readonly kind: 'open'; readonly id: number; readonly spec: CameraSpec }
  | { readonly kind: 'begin'; readonly id: number; readonly episode: CameraEpisode }
  | { readonly kind: 'end'; readonly id: number }
  | { readonly kind: 'discard'; readonly id: number }
  | { readonly kind: 'close'; readonly id: number }
  /** A row of the episode at this time, monotonic ns. */
  | { readonly kind: 'row'; readonly timeNs: number }
  | ({ readonly kind: 'push'; readonly stampNs: number } & RgbPicture);

/** 8-bit RGB, row-major from the top left, shape (height, width, 3). */
export interface RgbPicture extends PictureSize {
  readonly rgb: Uint8Array;
}

/** What a camera process says. */
export type CameraReport =
  | {
      /** A picture arrived. */
      readonly kind: 'picture';
      readonly stampNs: number;
      readonly unchangedSinceNs: number;
      readonly view: RgbPicture | undefined;
      readonly recordedSize: PictureSize;
      readonly encodedRows: number;
    }
  /** It lives. `problem`: why there are no pictures. */
  | { readonly kind: 'pulse'; readonly encodedRows: number; readonly problem: string | undefined }
  /** The episode under way cannot be recorded any more. */
  | { readonly kind: 'failure'; readonly failure: Failure }
  | CameraReply;

/** `recorded` answers end. */
export interface CameraReply {
  readonly kind: 'reply';
  readonly id: number;
  readonly recorded?: RecordedVideo;
  readonly failure?: Failure;
}

/** How often a camera process shows that it lives, ms. */
export const PULSE_MS = 100;
