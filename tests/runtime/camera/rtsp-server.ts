import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { loadNodeAv } from '../../../src/record/node-av.ts';
import { HEIGHT, LEVELS, WIDTH, greyRgb } from './test-cameras.ts';

/** RTP over the connection of RTSP itself (RFC 2326 10.12): "$", channel, length, packet. */
const INTERLEAVED = 0x24;
const PAYLOAD_TYPE = 96;
const CLOCK_HZ = 90_000;
/** Longer units of H.264 are sent in fragments (FU-A, RFC 6184 5.8). */
const MOST_PAYLOAD_BYTES = 1000;
const FRAGMENT = 28;

/** An RTSP camera with H.264, by TCP. Each picture is a key frame with a level of its own. */
export class RtspServer {
  /** Whether pictures are sent. */
  isStalled = false;
  connections = 0;
  readonly #server: Server;
  readonly #pictures: readonly (readonly Buffer[])[];
  readonly #timer: NodeJS.Timeout;
  readonly #viewers = new Set<Socket>();
  #sequence = 0;
  #frame = 0;

  private constructor(pictures: readonly (readonly Buffer[])[], rateHz: number) {
    this.#pictures = pictures;
    this.#server = createServer((socket) => this.#serve(socket));
    this.#timer = setInterval(() => this.#show(rateHz), 1000 / rateHz);
  }

  static async start(rateHz = 30): Promise<RtspServer> {
    const server = new RtspServer(await encodePictures(), rateHz);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => server.#close());
    return server;
  }

  get url(): string {
    return `rtsp://127.0.0.1:${(this.#server.address() as AddressInfo).port}/live`;
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    let text = '';
    socket.on('error', () => undefined);
    socket.on('close', () => this.#viewers.delete(socket));
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        this.#answer(socket, text.slice(text.search(/[A-Z]/), end));
        text = text.slice(end + 4);
      }
    });
  }

  #answer(socket: Socket, request: string): void {
    const [method = ''] = request.split(' ');
    const sequence = /^CSeq: *(\d+)/im.exec(request)?.[1] ?? '0';
    const lines: Record<string, string[]> = {
      OPTIONS: ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN'],
      SETUP: ['Transport: RTP/AVP/TCP;unicast;interleaved=0-1', 'Session: 1'],
      PLAY: ['Session: 1'],
    };
    const body = method === 'DESCRIBE' ? this.#description() : '';
    const headers =
      body === '' ? (lines[method] ?? []) : ['Content-Type: application/sdp', `Content-Length: ${body.length}`];
    socket.write(['RTSP/1.0 200 OK', `CSeq: ${sequence}`, ...headers, '', body].join('\r\n'));
    if (method === 'PLAY') this.#viewers.add(socket);
  }

  #description(): string {
    return [
      'v=0',
      'o=- 0 0 IN IP4 127.0.0.1',
      's=camera',
      't=0 0',
      `m=video 0 RTP/AVP ${PAYLOAD_TYPE}`,
      'c=IN IP4 0.0.0.0',
      `a=rtpmap:${PAYLOAD_TYPE} H264/${CLOCK_HZ}`,
      `a=fmtp:${PAYLOAD_TYPE} packetization-mode=1`,
      'a=control:track1',
      '',
    ].join('\r\n');
  }

  #show(rateHz: number): void {
    if (this.isStalled) return;
    const units = this.#pictures[this.#frame % this.#pictures.length] ?? [];
    const timestamp = Math.round((this.#frame * CLOCK_HZ) / rateHz);
    this.#frame += 1;
    units.forEach((unit, index) => {
      const isLast = index === units.length - 1;
      const payloads = payloadsOf(unit);
      payloads.forEach((payload, part) => this.#send(payload, timestamp, isLast && part === payloads.length - 1));
    });
  }

  #send(payload: Buffer, timestamp: number, isMarked: boolean): void {
    const header = Buffer.alloc(16);
    header.writeUInt8(INTERLEAVED, 0);
    header.writeUInt16BE(payload.length + 12, 2);
    header.writeUInt8(0x80, 4);
    header.writeUInt8((isMarked ? 0x80 : 0) | PAYLOAD_TYPE, 5);
    header.writeUInt16BE((this.#sequence += 1) & 0xffff, 6);
    header.writeUInt32BE(timestamp >>> 0, 8);
    header.writeUInt32BE(1, 12);
    for (const viewer of this.#viewers) viewer.write(Buffer.concat([header, payload]));
  }

  #close(): void {
    clearInterval(this.#timer);
    for (const viewer of this.#viewers) viewer.destroy();
    this.#server.close();
  }
}

function payloadsOf(unit: Buffer): Buffer[] {
  if (unit.length <= MOST_PAYLOAD_BYTES) return [unit];
  const [header = 0] = unit;
  const parts: Buffer[] = [];
  for (let start = 1; start < unit.length; start += MOST_PAYLOAD_BYTES) {
    const end = Math.min(unit.length, start + MOST_PAYLOAD_BYTES);
    const edges = (start === 1 ? 0x80 : 0) | (end === unit.length ? 0x40 : 0);
    parts.push(
      Buffer.concat([Buffer.of((header & 0xe0) | FRAGMENT, edges | (header & 0x1f)), unit.subarray(start, end)]),
    );
  }
  return parts;
}

/** One key frame for each level, as its units without start codes. */
async function encodePictures(): Promise<Buffer[][]> {
  const av = await loadNodeAv();
  const codec = av.Codec.findEncoderByName(av.FF_ENCODER_LIBX264);
  using encoder = new av.CodecContext();
  encoder.allocContext3(codec);
  encoder.width = WIDTH;
  encoder.height = HEIGHT;
  encoder.pixelFormat = av.AV_PIX_FMT_YUV420P;
  encoder.timeBase = new av.Rational(1, 30);
  encoder.gopSize = 1;
  encoder.maxBFrames = 0;
  encoder.threadCount = 1;
  using options = av.Dictionary.fromObject({ preset: 'ultrafast', tune: 'zerolatency' });
  expect(await encoder.open2(codec, options)).toBe(0);
  using packet = new av.Packet();
  packet.alloc();
  const pictures: Buffer[][] = [];
  for (let level = 0; level < LEVELS; level += 1) {
    using picture = new av.Frame();
    picture.alloc();
    picture.width = WIDTH;
    picture.height = HEIGHT;
    picture.format = av.AV_PIX_FMT_YUV420P;
    picture.getBuffer();
    const [luma, ...chroma] = picture.data ?? [];
    // In the range of video, 16 to 235; some noise, so that a picture has more bytes than one packet.
    const grey = 16 + ((greyRgb(level)[0] ?? 0) * 219) / 255;
    luma?.forEach((_, pixel) => {
      luma[pixel] = grey + (Math.imul(pixel + 1, 2_654_435_761) >>> 30);
    });
    for (const plane of chroma.slice(0, 2)) plane.fill(128);
    picture.pts = BigInt(level);
    expect(await encoder.sendFrame(picture)).toBe(0);
    expect(await encoder.receivePacket(packet)).toBe(0);
    pictures.push(unitsOf(packet.data as Buffer));
    packet.unref();
  }
  return pictures;
}

/** Splits at the start codes 00 00 01, which may have one more zero before. */
function unitsOf(stream: Buffer): Buffer[] {
  const starts: number[] = [];
  for (let at = stream.indexOf('000001', 0, 'hex'); at >= 0; at = stream.indexOf('000001', at + 3, 'hex'))
    starts.push(at);
  return starts.map((start, index) => {
    const next = starts[index + 1];
    const end = next === undefined ? stream.length : stream[next - 1] === 0 ? next - 1 : next;
    return Buffer.from(stream.subarray(start + 3, end));
  });
}
