import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { loadNodeAv } from '../../../src/record/node-av.ts';
import { writeVideo } from '../../../src/record/video.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

/** Processes start here, perhaps on a busy machine: waits are for events, and bounds are generous. */
export const PATIENCE_MS = 60_000;
export const [WIDTH, HEIGHT] = [160, 120];
/** Levels of pictures that are told apart after encoding; frame n has level n mod this. */
export const LEVELS = 20;
const LEVEL_STEP = 10;
const DARKEST = 30;

export async function until(condition: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS && !condition(); waitedMs += 10) await delay(10);
  expect(condition()).toBe(true);
}

/** These states, one after the other; on a busy machine there may be others between them. */
export function expectInOrder(states: readonly string[], expected: readonly string[]): void {
  let next = 0;
  for (const state of states) if (state === expected[next]) next += 1;
  expect({ states, next }).toEqual({ states, next: expected.length });
}

export function greyRgb(level: number): Uint8Array {
  return new Uint8Array(WIDTH * HEIGHT * 3).fill(DARKEST + LEVEL_STEP * (level % LEVELS));
}

/** Level of a picture in RGB. */
export function levelOf(rgb: Uint8Array): number {
  return Math.round(((rgb[Math.floor(rgb.length / 2)] ?? 0) - DARKEST) / LEVEL_STEP);
}

/** A video whose frame n has level n mod LEVELS. */
export async function videoFile(frames: number, fps: number): Promise<string> {
  const path = join(temporaryFolder(), 'camera.mp4');
  const pictures = Array.from({ length: frames }, (_, frame) => greyRgb(frame));
  await writeVideo({ path, width: WIDTH, height: HEIGHT, fps, frames: pictures });
  return path;
}

/** One JPEG for each level. */
export async function jpegs(width = WIDTH, height = HEIGHT): Promise<Buffer[]> {
  const av = await loadNodeAv();
  const codec = av.Codec.findEncoderByName(av.FF_ENCODER_MJPEG);
  using encoder = new av.CodecContext();
  encoder.allocContext3(codec);
  encoder.width = width;
  encoder.height = height;
  encoder.pixelFormat = av.AV_PIX_FMT_YUVJ422P;
  encoder.colorRange = av.AVCOL_RANGE_JPEG;
  encoder.timeBase = new av.Rational(1, 30);
  encoder.threadCount = 1;
  expect(await encoder.open2(codec)).toBe(0);
  using packet = new av.Packet();
  packet.alloc();
  const pictures: Buffer[] = [];
  for (let level = 0; level < LEVELS; level += 1) {
    using picture = new av.Frame();
    picture.alloc();
    picture.width = width;
    picture.height = height;
    picture.format = av.AV_PIX_FMT_YUVJ422P;
    picture.getBuffer();
    const [luma, ...chroma] = picture.data ?? [];
    luma?.fill(greyRgb(level)[0] ?? 0);
    for (const plane of chroma.slice(0, 2)) plane.fill(128);
    picture.pts = BigInt(level);
    expect(await encoder.sendFrame(picture)).toBe(0);
    expect(await encoder.receivePacket(packet)).toBe(0);
    pictures.push(Buffer.from(packet.data as Buffer));
    packet.unref();
  }
  return pictures;
}

/** `run`: the next picture each time. `freeze`: the same one. `stall`: nothing, the connection stays. */
type Mode = 'run' | 'freeze' | 'stall';

/** An HTTP camera that speaks MJPEG (multipart/x-mixed-replace), with faults. */
export class MjpegServer {
  mode: Mode = 'run';
  /** Whether parts say how long they are. */
  hasLengths = true;
  connections = 0;
  readonly #server: Server;
  readonly #pictures: readonly Buffer[];
  readonly #timer: NodeJS.Timeout;
  readonly #viewers = new Set<ServerResponse>();
  #level = 0;

  private constructor(pictures: readonly Buffer[], rateHz: number) {
    this.#pictures = pictures;
    this.#server = createServer((_request, response) => {
      this.connections += 1;
      response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=frame' });
      this.#viewers.add(response);
      response.on('close', () => this.#viewers.delete(response));
    });
    this.#timer = setInterval(() => this.#show(), 1000 / rateHz);
  }

  static async start(rateHz = 30): Promise<MjpegServer> {
    const server = new MjpegServer(await jpegs(), rateHz);
    await server.listen(0);
    onTestFinished(() => server.close());
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/stream.mjpg`;
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  /** Refuses connections from now on, and ends those there are. */
  refuse(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** Sends bytes that are no picture, in place of the next one. */
  sendNonsense(): void {
    this.#send(Buffer.from('no picture'));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#server.listening) await this.refuse();
  }

  #show(): void {
    if (this.mode === 'stall') return;
    if (this.mode === 'run') this.#level = (this.#level + 1) % this.#pictures.length;
    this.#send(this.#pictures[this.#level] as Buffer);
  }

  #send(picture: Buffer): void {
    const length = this.hasLengths ? `Content-Length: ${picture.length}\r\n` : '';
    for (const viewer of this.#viewers) {
      viewer.write(`--frame\r\nContent-Type: image/jpeg\r\n${length}\r\n`);
      viewer.write(picture);
      viewer.write('\r\n');
    }
  }
}
