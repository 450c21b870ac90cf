import { INSTRUCTION } from './servo-protocol.ts';
import type { Packet, PacketKind, ServoProtocol } from './servo-protocol.ts';

/** FF FF, id, length. */
const HEADER_BYTES = 4;
/** Length counts instruction (or error byte), parameters and checksum in one byte. */
const MOST_PARAMETERS = 253;

/** Inverted sum of everything between the header and the checksum. */
function checksum(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let index = from; index < to; index++) sum += bytes[index] ?? 0;
  return ~sum & 0xff;
}

/** Instruction and status packets are framed alike: `code` is the instruction or the error byte. */
function frame(out: Uint8Array, id: number, code: number, parameterCount: number): number {
  const length = HEADER_BYTES + 1 + parameterCount + 1;
  if (parameterCount > MOST_PARAMETERS || length > out.length) return 0;
  out[0] = 0xff;
  out[1] = 0xff;
  out[2] = id;
  out[3] = parameterCount + 2;
  out[4] = code;
  out[length - 1] = checksum(out, 2, length - 1);
  return length;
}

/**
 * Feetech's protocol 0, which is Dynamixel's 1.0 with sync read:
 * `FF FF, id, length, instruction or error, parameters, checksum`.
 */
export const FEETECH_PROTOCOL: ServoProtocol = {
  name: 'feetech',
  parameterOffset: HEADER_BYTES + 1,
  statusParameterOffset: HEADER_BYTES + 1,
  addressBytes: 1,
  highestId: 253,

  statusBytes(parameterCount: number): number {
    return HEADER_BYTES + 1 + parameterCount + 1;
  },

  frame,

  frameStatus: frame,

  inspect(kind: PacketKind, bytes: Uint8Array, from: number, to: number): number {
    if (bytes[from] !== 0xff) return -1;
    if (to - from < HEADER_BYTES) return from + 1 < to && bytes[from + 1] !== 0xff ? -1 : 0;
    const id = bytes[from + 2] ?? 0xff;
    const counted = bytes[from + 3] ?? 0;
    // A third FF begins the header anew; FE is nobody's answer.
    const highestId = kind === 'instruction' ? 0xfe : 0xfd;
    if (bytes[from + 1] !== 0xff || id > highestId || counted < 2) return -1;
    const length = HEADER_BYTES + counted;
    if (to - from < length) return 0;
    return checksum(bytes, from + 2, from + length - 1) === bytes[from + length - 1] ? length : -2;
  },

  unpack(kind: PacketKind, bytes: Uint8Array, span: { from: number; length: number }, packet: Packet): void {
    const { from, length } = span;
    const code = bytes[from + 4] ?? 0;
    packet.id = bytes[from + 2] ?? 0;
    packet.instruction = kind === 'instruction' ? code : INSTRUCTION.status;
    packet.error = kind === 'instruction' ? 0 : code;
    packet.parameterCount = length - HEADER_BYTES - 2;
    for (let index = 0; index < packet.parameterCount; index++) {
      packet.parameters[index] = bytes[from + HEADER_BYTES + 1 + index] ?? 0;
    }
  },
};
