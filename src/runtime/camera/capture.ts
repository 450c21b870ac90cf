import { setTimeout as delay } from 'node:timers/promises';
import { NS_PER_MS } from '../../core/clock.ts';
import type { AvFrame } from '../../record/node-av.ts';
import { retryDelayMs } from '../../sensors/from-source.ts';
import { CameraError, CameraInput, STALL_MS, cameraError } from './camera-input.ts';
import type { ArrivedPacket, CameraInputOptions, PictureInput } from './camera-input.ts';
import { RosCameraInput } from './ros-camera-input.ts';
import { messageOf } from '../../core/errors.ts';

export interface CaptureOptions extends CameraInputOptions {
  /** Takes a picture as it was decoded, which is freed then. */
  readonly onPicture: (picture: AvFrame, stampNs: number) => void;
  /** Why there are no pictures; undefined once there are some again. */
  readonly onProblem: (problem: string | undefined) => void;
}

/**
 * A camera for ever: it is read as fast as it delivers and opened anew, after growing waits, when it fails or falls
 * silent. Nothing is queued: a packet that comes while another is decoded takes the place of one that waits. Only
 * where pictures build on each other each is decoded.
 */
export class Capture {
  readonly #options: CaptureOptions;
  readonly #stopping = new AbortController();
  readonly #settling = new Set<{ readonly count: number; readonly resolve: () => void }>();
  #input: PictureInput | undefined;
  #waiting: ArrivedPacket | undefined;
  #isDecoding = false;
  #failure: Error | undefined;
  /** Packets that arrived, and those of them that are decoded or were left out. */
  #arrived = 0;
  #settled = 0;
  #seenNs = 0;
  #failures = 0;

  constructor(options: CaptureOptions) {
    this.#options = options;
  }

  /** Captures until it is stopped; resolves then. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#session();
      } catch (error) {
        this.#options.onProblem(reasonOf(error));
      }
      this.#failures += 1;
      await delay(retryDelayMs(this.#failures), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves once what has arrived until now is decoded. */
  settled(): Promise<void> {
    const count = this.#arrived;
    if (this.#settled >= count) return Promise.resolve();
    return new Promise((resolve) => this.#settling.add({ count, resolve }));
  }

  stop(): void {
    this.#stopping.abort();
    this.#input?.stop();
  }

  async #session(): Promise<void> {
    const { address, clock } = this.#options;
    const source = address.kind === 'ros' ? RosCameraInput : CameraInput;
    const input: PictureInput = await source.open(this.#options);
    this.#input = input;
    this.#failure = undefined;
    this.#seenNs = clock.nowNs();
    try {
      while (!this.#stopping.signal.aborted) {
        const arrived = await input.read();
        this.#arrived += 1;
        this.#waiting?.packet.free();
        this.#waiting = arrived;
        const work = this.#isDecoding ? undefined : this.#decodeWaiting(input);
        if (!input.isIntraOnly) await work;
        this.#check();
      }
    } finally {
      await this.settled();
      this.#input = undefined;
      await input.close();
    }
  }

  /** Throws what went wrong with the pictures. */
  #check(): void {
    const { address, clock } = this.#options;
    if (this.#failure !== undefined) throw this.#failure;
    if (clock.nowNs() - this.#seenNs > STALL_MS * NS_PER_MS)
      throw cameraError(address, 'nothing of what it delivers is a picture', `data for ${STALL_MS} ms`);
  }

  /** Decodes what waits until nothing does. Never rejects: the reader looks for a failure. */
  async #decodeWaiting(input: PictureInput): Promise<void> {
    this.#isDecoding = true;
    for (let next = this.#takeWaiting(); next !== undefined; next = this.#takeWaiting()) {
      const { packet, stampNs, count } = next;
      try {
        for (const picture of await input.decode(packet)) this.#show(picture, stampNs);
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error));
      } finally {
        packet.free();
        this.#settle(count);
      }
    }
    this.#isDecoding = false;
  }

  #takeWaiting(): (ArrivedPacket & { readonly count: number }) | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting === undefined ? undefined : { ...waiting, count: this.#arrived };
  }

  #show(picture: AvFrame, stampNs: number): void {
    const { clock, onPicture, onProblem } = this.#options;
    try {
      onPicture(picture, stampNs);
    } finally {
      picture.free();
    }
    this.#seenNs = clock.nowNs();
    this.#failures = 0;
    onProblem(undefined);
  }

  #settle(count: number): void {
    this.#settled = count;
    for (const entry of this.#settling) {
      if (entry.count > count) continue;
      this.#settling.delete(entry);
      entry.resolve();
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof CameraError) return error.reason;
  return messageOf(error);
}
