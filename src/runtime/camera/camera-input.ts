import { setTimeout as delay } from 'node:timers/promises';
import { NS_PER_MS, NS_PER_S } from '../../core/clock.ts';
import type { Clock } from '../../core/clock.ts';
import { ArmatureError } from '../../core/errors.ts';
import type { Av, AvFrame, AvPacket } from '../../record/node-av.ts';
import { describeLocation } from '../../sensors/camera/camera-address.ts';
import type { CameraAddress } from '../../sensors/camera/camera-address.ts';
import { openAttempts } from './input-options.ts';

/** A picture as it came over the wire, with the time it arrived, monotonic ns. */
export interface ArrivedPacket {
  readonly packet: AvPacket;
  readonly stampNs: number;
}

export interface CameraInputOptions {
  readonly av: Av;
  /** Not of pushed frames. */
  readonly address: CameraAddress;
  readonly clock: Clock;
}

/**
 * A camera that is open. It is used by one reader; packets may be decoded while the next are read. Throws ArmatureError
 * (E_CAMERA) for all that goes wrong; then it is to be closed.
 */
export interface PictureInput {
  /** Whether every picture stands for itself, so that one may be left out. */
  readonly isIntraOnly: boolean;
  /** The next packet; the caller frees it. */
  read(): Promise<ArrivedPacket>;
  /** The pictures of a packet: one, or none where it is damaged or a decoder needs more. The caller frees them. */
  decode(packet: AvPacket): Promise<AvFrame[]>;
  /** Makes a reader that waits give up; it may take the time of a stall. Nothing may be decoded any more. */
  stop(): void;
  /** Only when nobody reads or decodes, and all its pictures are freed. */
  close(): Promise<void>;
}

/** A source that delivers nothing for so long is opened anew, ms. */
export const STALL_MS = 2000;
/** How often a device is asked for a picture; its driver says when each one came, ms. */
const POLL_MS = 3;
/** Stamps of a driver that are older than this are of another clock. */
const OLDEST_STAMP_NS = 10 * NS_PER_S;
/** Files without a rate are played at this one. */
const DEFAULT_FPS = 30;

/** A camera that FFmpeg reads: packets in the order they come, and their pictures. */
export class CameraInput implements PictureInput {
  readonly #options: CameraInputOptions;
  readonly #input: InstanceType<Av['FormatContext']>;
  readonly #decoder: InstanceType<Av['CodecContext']>;
  readonly #streamIndex: number;
  readonly #filePeriodNs: number;
  /** When the next picture of a file is due. */
  #dueNs: number;
  #heardNs: number;
  #isClosing = false;

  readonly isIntraOnly: boolean;

  private constructor(options: CameraInputOptions, input: InstanceType<Av['FormatContext']>) {
    const { av, address, clock } = options;
    this.#options = options;
    this.#input = input;
    this.#streamIndex = input.findBestStream(av.AVMEDIA_TYPE_VIDEO);
    const stream = input.streams[this.#streamIndex];
    const codec = stream === undefined ? null : av.Codec.findDecoder(stream.codecpar.codecId);
    if (stream === undefined || codec === null) throw this.#error('it gives no pictures that can be decoded', 'none');
    const { codecId, width, height } = stream.codecpar;
    this.isIntraOnly = codecId === av.AV_CODEC_ID_MJPEG || codecId === av.AV_CODEC_ID_RAWVIDEO;
    if (
      address.kind === 'v4l2' &&
      address.width !== undefined &&
      (width !== address.width || height !== address.height)
    )
      throw this.#error(
        `it does not have pictures of ${address.width} x ${address.height}, but others`,
        `${width} x ${height}`,
      );
    const { num, den } = stream.avgFrameRate;
    this.#filePeriodNs = NS_PER_S / (address.fps ?? (num > 0 && den > 0 ? num / den : DEFAULT_FPS));
    this.#decoder = new av.CodecContext();
    this.#decoder.allocContext3(codec);
    this.#decoder.parametersToContext(stream.codecpar);
    // More threads would each hold a picture back.
    this.#decoder.threadCount = 1;
    this.#decoder.setFlags(av.AV_CODEC_FLAG_LOW_DELAY);
    this.#heardNs = clock.nowNs();
    this.#dueNs = this.#heardNs;
  }

  static async open(options: CameraInputOptions): Promise<CameraInput> {
    const { av, address } = options;
    let problem = '';
    for (const attempt of openAttempts(address, STALL_MS)) {
      const input = new av.FormatContext();
      input.allocContext();
      // A device that hangs must not hang its reader.
      if (attempt.isPolled) input.setFlags(av.AVFMT_FLAG_NONBLOCK);
      using dictionary = av.Dictionary.fromObject(attempt.options);
      const format = attempt.format === undefined ? null : av.InputFormat.findInputFormat(attempt.format);
      const code = await input.openInput(address.location, format, dictionary);
      if (code >= 0) return await CameraInput.#begin(options, input);
      await input.closeInput();
      problem = new av.FFmpegError(code).message;
      // Only a mode that the device does not have is a reason to ask for another one.
      if (code !== av.AVERROR_EINVAL) break;
    }
    throw cameraError(address, 'it cannot be opened', problem);
  }

  static async #begin(options: CameraInputOptions, input: InstanceType<Av['FormatContext']>): Promise<CameraInput> {
    try {
      // Waiting for the first pictures would be needed only where the header does not tell what they are.
      if (input.nbStreams === 0) await input.findStreamInfo();
      const camera = new CameraInput(options, input);
      const code = await camera.#decoder.open2();
      if (code >= 0) return camera;
      camera.#decoder.freeContext();
      throw camera.#error('its decoder cannot be opened', new options.av.FFmpegError(code).message);
    } catch (error) {
      await input.closeInput();
      throw error;
    }
  }

  async read(): Promise<ArrivedPacket> {
    const packet = new this.#options.av.Packet();
    packet.alloc();
    try {
      for (;;) {
        const stampNs = await this.#readInto(packet);
        if (packet.streamIndex === this.#streamIndex) return { packet, stampNs };
        packet.unref();
      }
    } catch (error) {
      packet.free();
      throw error;
    }
  }

  async decode(packet: AvPacket): Promise<AvFrame[]> {
    const pictures: AvFrame[] = [];
    if ((await this.#decoder.sendPacket(packet)) < 0) return pictures;
    for (;;) {
      const picture = new this.#options.av.Frame();
      picture.alloc();
      // It was decoded when it was sent; here it is only handed over.
      if (this.#decoder.receiveFrameSync(picture) < 0) {
        picture.free();
        return pictures;
      }
      pictures.push(picture);
    }
  }

  stop(): void {
    this.#isClosing = true;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#decoder.freeContext();
    await this.#input.closeInput();
  }

  async #readInto(packet: AvPacket): Promise<number> {
    const { address, clock } = this.#options;
    switch (address.kind) {
      case 'v4l2':
        return this.#readDevice(packet);
      case 'file':
        return this.#readFile(packet);
      default:
        this.#check(await this.#input.readFrame(packet));
        return clock.nowNs();
    }
  }

  async #readDevice(packet: AvPacket): Promise<number> {
    const { av, clock } = this.#options;
    while (!this.#isClosing) {
      const code = this.#input.readFrameSync(packet);
      const nowNs = clock.nowNs();
      if (code !== av.AVERROR_EAGAIN) {
        this.#check(code);
        this.#heardNs = nowNs;
        // The driver notes the monotonic time, us, at which a picture was there; when it was asked for says less.
        const drivenNs = Number(packet.pts) * 1000;
        return drivenNs <= nowNs && drivenNs > nowNs - OLDEST_STAMP_NS ? drivenNs : nowNs;
      }
      if (nowNs - this.#heardNs > STALL_MS * NS_PER_MS)
        throw this.#error('it delivers nothing', `silence for ${STALL_MS} ms`);
      await delay(POLL_MS);
    }
    throw this.#error('it is being closed', 'a reader');
  }

  /** At the pace of the file, from the beginning again at its end. */
  async #readFile(packet: AvPacket): Promise<number> {
    const { av, clock } = this.#options;
    let code = await this.#input.readFrame(packet);
    if (code === av.AVERROR_EOF) {
      this.#check(await this.#input.seekFrame(this.#streamIndex, 0n, av.AVSEEK_FLAG_BACKWARD));
      this.#decoder.flushBuffers();
      code = await this.#input.readFrame(packet);
    }
    this.#check(code);
    const aheadNs = this.#dueNs - clock.nowNs();
    if (aheadNs > 0) await delay(aheadNs / NS_PER_MS);
    const nowNs = clock.nowNs();
    // What is late by more than a picture is not made up for: a camera would not do so either.
    this.#dueNs = Math.max(this.#dueNs, nowNs - this.#filePeriodNs) + this.#filePeriodNs;
    return nowNs;
  }

  #check(code: number): void {
    if (code >= 0) return;
    throw this.#error('it does not deliver any more', new this.#options.av.FFmpegError(code).message);
  }

  #error(problem: string, found: string): ArmatureError {
    return cameraError(this.#options.address, problem, found);
  }
}

/** A camera that does not do what it should. */
export class CameraError extends ArmatureError {
  /** What is wrong with it, for whoever is told anyway which camera it is, and what to do about cameras. */
  readonly reason: string;

  constructor(address: CameraAddress, problem: string, found: string) {
    super('E_CAMERA', `camera ${address.name} (${describeLocation(address)}): ${problem}`, {
      found,
      remedy: 'Check the cable, the address and the permissions; "armature doctor" lists the devices of this computer.',
    });
    this.reason = `${problem}: ${found}`;
  }
}

export function cameraError(address: CameraAddress, problem: string, found: string): CameraError {
  return new CameraError(address, problem, found);
}
