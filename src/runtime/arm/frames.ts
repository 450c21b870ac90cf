import { ArmatureError } from '../../core/errors.ts';

/**
 * The frames between a supervisor and an arm process, little-endian:
 *
 * | bytes | meaning                                    |
 * |-------|--------------------------------------------|
 * | 2     | 0x4d41                                     |
 * | 1     | version of the format                      |
 * | 1     | code of the kind, see FRAME_KINDS          |
 * | 4     | bytes that follow                          |
 * | n     | payload: 64-bit floats, or JSON as UTF-8   |
 *
 * The layouts of the floats are in message-formats.ts and record-format.ts.
 */
const MAGIC = 0x4d41;
export const FRAME_VERSION = 2;
const HEADER_BYTES = 8;
/** No frame is longer: a description of a robot is some kilobytes. */
const LONGEST_PAYLOAD_BYTES = 1 << 20;

interface KindOfFrame {
  readonly code: number;
  readonly payload: 'numbers' | 'text';
}

/** Codes are never given again. Below 16: to the arm process; from 16: from it. */
export const FRAME_KINDS = {
  /** ArmSpec: what to open; the first frame, once. */
  open: { code: 1, payload: 'text' },
  /** State of a simulated world to start an episode from. */
  scene: { code: 2, payload: 'numbers' },
  /** An operator's command. */
  command: { code: 3, payload: 'numbers' },
  setpoint: { code: 4, payload: 'numbers' },
  heartbeat: { code: 5, payload: 'numbers' },
  /** ArmReady: answers open. */
  ready: { code: 16, payload: 'text' },
  /** What happened at one gate tick. */
  record: { code: 17, payload: 'numbers' },
  /** State of the simulated world. */
  world: { code: 18, payload: 'numbers' },
  /** ArmFailure. */
  failure: { code: 19, payload: 'text' },
  pulse: { code: 20, payload: 'numbers' },
  /** GateCheckpoint. */
  checkpoint: { code: 21, payload: 'text' },
} as const satisfies Record<string, KindOfFrame>;

export type FrameKind = keyof typeof FRAME_KINDS;

export interface Frame {
  readonly kind: FrameKind;
  /** Empty for text. */
  readonly numbers: Float64Array;
  /** Empty for numbers. */
  readonly text: string;
}

const KINDS_BY_CODE = new Map<number, FrameKind>(
  Object.entries(FRAME_KINDS).map(([kind, { code }]) => [code, kind as FrameKind]),
);

export function encodeNumbers(kind: FrameKind, numbers: Float64Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + 8 * numbers.length);
  writeHeader(frame, kind);
  for (let index = 0; index < numbers.length; index += 1) {
    frame.writeDoubleLE(numbers[index] as number, HEADER_BYTES + 8 * index);
  }
  return frame;
}

export function encodeText(kind: FrameKind, value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value), 'utf8');
  const frame = Buffer.allocUnsafe(HEADER_BYTES + text.length);
  writeHeader(frame, kind);
  text.copy(frame, HEADER_BYTES);
  return frame;
}

function writeHeader(frame: Buffer, kind: FrameKind): void {
  frame.writeUInt16LE(MAGIC, 0);
  frame.writeUInt8(FRAME_VERSION, 2);
  frame.writeUInt8(FRAME_KINDS[kind].code, 3);
  frame.writeUInt32LE(frame.length - HEADER_BYTES, 4);
}

/** Cuts a stream of bytes into frames, however the bytes arrive. Keeps no more than one unfinished frame. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are complete now. Throws ArmatureError E_ARM_FRAME for bytes that are no frames. */
  push(bytes: Buffer): Frame[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frames: Frame[] = [];
    while (this.#rest.length >= HEADER_BYTES) {
      const { kind, payloadBytes } = readHeader(this.#rest);
      const end = HEADER_BYTES + payloadBytes;
      if (this.#rest.length < end) break;
      frames.push(readPayload(kind, this.#rest.subarray(HEADER_BYTES, end)));
      this.#rest = this.#rest.subarray(end);
    }
    return frames;
  }
}

function readHeader(bytes: Buffer): { readonly kind: FrameKind; readonly payloadBytes: number } {
  const [magic, version, code] = [bytes.readUInt16LE(0), bytes.readUInt8(2), bytes.readUInt8(3)];
  const payloadBytes = bytes.readUInt32LE(4);
  const kind = KINDS_BY_CODE.get(code);
  if (magic !== MAGIC) throw badFrame('the start of a frame', `bytes 0x${magic.toString(16)}`);
  if (version !== FRAME_VERSION) throw badFrame(`version ${FRAME_VERSION}`, `version ${version}`);
  if (kind === undefined) throw badFrame('a known kind of frame', `code ${code}`);
  const isWhole = FRAME_KINDS[kind].payload === 'text' || payloadBytes % 8 === 0;
  if (!isWhole || payloadBytes > LONGEST_PAYLOAD_BYTES) {
    throw badFrame(`at most ${LONGEST_PAYLOAD_BYTES} bytes of whole numbers`, `${payloadBytes} bytes in "${kind}"`);
  }
  return { kind, payloadBytes };
}

function readPayload(kind: FrameKind, bytes: Buffer): Frame {
  if (FRAME_KINDS[kind].payload === 'text') {
    return { kind, numbers: new Float64Array(), text: bytes.toString('utf8') };
  }
  const numbers = Float64Array.from({ length: bytes.length / 8 }, (_, index) => bytes.readDoubleLE(8 * index));
  return { kind, numbers, text: '' };
}

/** Numbers of a frame whose count is known. Throws ArmatureError E_ARM_FRAME for another count. */
export function requireLength({ kind, numbers }: Frame, length: number): Float64Array {
  if (numbers.length === length) return numbers;
  throw badFrame(`${length} numbers in "${kind}"`, `${numbers.length}`);
}

export function badFrame(expected: string, found: string): ArmatureError {
  return new ArmatureError('E_ARM_FRAME', 'the supervisor and the arm process do not understand each other', {
    expected,
    found,
    remedy: 'Run both from one installation; the arm was brought to a stop.',
  });
}
