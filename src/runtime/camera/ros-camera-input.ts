import { SCHEMAS, parseMessage } from '../../drivers/ros/messages.ts';
import { TYPES } from '../../drivers/ros/message-types.ts';
import { RosLink } from '../../drivers/ros/ros-link.ts';
import { StampClock } from '../../drivers/ros/stamp-clock.ts';
import type { AvFrame, AvPacket } from '../../record/node-av.ts';
import { STALL_MS, cameraError } from './camera-input.ts';
import type { ArrivedPacket, CameraInputOptions, PictureInput } from './camera-input.ts';
import { messageOf } from '../../core/errors.ts';

/** A picture as its topic publishes it. */
interface Arrived {
  readonly bytes: Uint8Array;
  /** Of the shutter, monotonic ns. */
  readonly stampNs: number;
}

type Decoder = InstanceType<CameraInputOptions['av']['CodecContext']>;

/**
 * A topic of ROS that publishes sensor_msgs/CompressedImage, over a link of its own: pictures in the way of the joint
 * states would make them late. The newest picture counts; each stands for itself.
 */
export class RosCameraInput implements PictureInput {
  readonly isIntraOnly = true;
  readonly #options: CameraInputOptions;
  readonly #link: RosLink;
  readonly #clock = new StampClock();
  readonly #decoders = new Map<number, Decoder>();
  #newest: Arrived | undefined;
  #problem: string | undefined;
  #wake: (() => void) | undefined;
  #isClosing = false;

  private constructor(options: CameraInputOptions) {
    const { address, clock } = options;
    this.#options = options;
    const { url = '', rosVersion = 2, location: topic } = address;
    this.#link = new RosLink({ url, rosVersion, clock, random: Math.random });
    const type = TYPES.compressedImage;
    this.#link.subscribe({ topic, type, compression: 'cbor' }, (message, arrivedNs) => {
      try {
        const { header, data } = parseMessage(SCHEMAS.compressedImage, message, { name: topic, type });
        const stampNs = header.stamp === 0 ? arrivedNs : this.#clock.toMonotonic(header.stamp, arrivedNs);
        this.#newest = { bytes: data, stampNs };
      } catch (error) {
        this.#problem = messageOf(error);
      }
      this.#wake?.();
    });
    this.#link.listen({ onDown: () => this.#fail('the link to its rosbridge server was lost') });
  }

  static async open(options: CameraInputOptions): Promise<RosCameraInput> {
    const input = new RosCameraInput(options);
    try {
      await input.#link.connect();
      return input;
    } catch (error) {
      throw cameraError(options.address, 'its rosbridge server does not answer', String(error));
    }
  }

  async read(): Promise<ArrivedPacket> {
    if (this.#newest === undefined && this.#problem === undefined) await this.#next();
    if (this.#problem !== undefined) throw this.#error('its pictures cannot be had', this.#problem);
    const arrived = this.#newest;
    if (arrived === undefined) throw this.#error('it delivers nothing', `no picture within ${STALL_MS} ms`);
    this.#newest = undefined;
    const packet = new this.#options.av.Packet();
    packet.alloc();
    packet.data = Buffer.from(arrived.bytes.buffer, arrived.bytes.byteOffset, arrived.bytes.byteLength);
    return { packet, stampNs: arrived.stampNs };
  }

  async decode(packet: AvPacket): Promise<AvFrame[]> {
    const decoder = await this.#decoderFor(packet);
    if ((await decoder.sendPacket(packet)) < 0) return [];
    const picture = new this.#options.av.Frame();
    picture.alloc();
    if (decoder.receiveFrameSync(picture) >= 0) return [picture];
    picture.free();
    return [];
  }

  stop(): void {
    this.#isClosing = true;
    this.#wake?.();
  }

  close(): Promise<void> {
    this.stop();
    this.#link.close();
    for (const decoder of this.#decoders.values()) decoder.freeContext();
    this.#decoders.clear();
    return Promise.resolve();
  }

  /** JPEG and PNG are what image_transport compresses colours to; the first bytes of a file tell. */
  async #decoderFor({ data }: AvPacket): Promise<Decoder> {
    const { av } = this.#options;
    const magic = data?.readUInt16BE(0);
    const id = magic === 0xffd8 ? av.AV_CODEC_ID_MJPEG : magic === 0x8950 ? av.AV_CODEC_ID_PNG : undefined;
    if (id === undefined) throw this.#error('its pictures are neither JPEG nor PNG', `0x${magic?.toString(16)}`);
    const known = this.#decoders.get(id);
    if (known !== undefined) return known;
    const codec = av.Codec.findDecoder(id);
    if (codec === null) throw this.#error('its decoder is missing', 'none');
    const decoder = new av.CodecContext();
    decoder.allocContext3(codec);
    decoder.threadCount = 1;
    const code = await decoder.open2();
    if (code < 0) throw this.#error('its decoder cannot be opened', new av.FFmpegError(code).message);
    this.#decoders.set(id, decoder);
    return decoder;
  }

  #next(): Promise<void> {
    if (this.#isClosing) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(finish, STALL_MS);
      this.#wake = finish;
    });
  }

  #fail(problem: string): void {
    this.#problem ??= problem;
    this.#wake?.();
  }

  #error(problem: string, found: string): ReturnType<typeof cameraError> {
    return cameraError(this.#options.address, problem, found);
  }
}
