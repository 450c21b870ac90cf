import type { FrameMessage, HelloMessage, NoticeMessage, SceneMessage } from '../../src/serve/messages.ts';
import type { History } from './history.ts';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1: all pixels the camera has; else every so many of them. */
  readonly stride: number;
  /** 8-bit RGB. */
  readonly rgb: Uint8Array;
  readonly ageMs: number;
  /** Pictures a second, of the last two seconds. */
  readonly rateHz: number;
}

export type LinkState = 'connecting' | 'open' | 'lost';

/** What may have changed. */
export type Topic = 'link' | 'hello' | 'scene' | 'frame' | 'notice' | 'picture' | 'control' | 'evaluation';

/** What the views show, wherever it comes from. Whoever changes it tells those that listen. */
export interface ViewSource {
  readonly state: LinkState;
  readonly hello: HelloMessage | undefined;
  readonly scene: SceneMessage | undefined;
  readonly frame: FrameMessage | undefined;
  readonly notice: NoticeMessage | undefined;
  /** What was wrong with the newest message that could not be read. */
  readonly problem: string;
  /** The newest of each camera. */
  readonly pictures: ReadonlyMap<string, Picture>;
  readonly history: History;
  /**
   * Calls the listener when one of these has changed, before the next picture of the screen, however much has changed by then.
   * Default: whatever has changed. Returns what ends it.
   */
  listen(listener: () => void, topics?: readonly Topic[]): () => void;
}
