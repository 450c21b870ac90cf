import type { JogAxes, JogMode, JogSpeedName } from './jog-input.ts';

/** What a device shows at one moment. */
export interface JogReading {
  readonly axes: JogAxes;
  readonly isDeadManHeld: boolean;
}

/** What a press on a device means besides motion. */
export type JogAction =
  | { readonly kind: 'faster' | 'slower' | 'next-mode' | 'next-joint' | 'previous-joint' | 'give-back' }
  /** Joint number, from 1. */
  | { readonly kind: 'joint'; readonly number: number }
  | { readonly kind: 'mode'; readonly mode: JogMode }
  | { readonly kind: 'speed'; readonly speed: JogSpeedName };

export interface JogDeviceListener {
  /** Something was pushed or let go; `read` shows what. */
  onChange?(): void;
  onAction?(action: JogAction): void;
}

/** Something a person pushes: a keyboard, a gamepad, a 3D mouse. */
export interface JogDevice {
  readonly name: string;
  /** What is pushed now; undefined while the device is gone. @param nowNs monotonic */
  read(nowNs: number): JogReading | undefined;
  /** Why it is gone, and what to do; undefined while it is there. */
  readonly problem: string | undefined;
  listen(listener: JogDeviceListener): () => void;
  close(): Promise<void>;
}
