import { crc16 } from './crc16.ts';
import { BROADCAST_ID, INSTRUCTION, LONGEST_PACKET } from './servo-protocol.ts';
import type { Packet, PacketKind, ServoProtocol } from './servo-protocol.ts';

/** FF FF FD 00, id, length in two bytes. */
const HEADER_BYTES = 7;
const CRC_BYTES = 2;

const HEADER = [0xff, 0xff, 0xfd, 0x00];

/** Whether the first bytes, as far as they are known, are those of a packet. */
function agreesWithHeader(bytes: Uint8Array, from: number, known: number): boolean {
  for (let index = 0; index < HEADER.length && index < known; index++) {
    if (bytes[from + index] !== HEADER[index]) return false;
  }
  return true;
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

/** Whether FF FF FD ends at `bytes[index]`, with all three of the body that begins at `from`. */
function endsHeader(bytes: Uint8Array, index: number, from: number): boolean {
  return index >= from + 2 && bytes[index] === 0xfd && bytes[index - 1] === 0xff && bytes[index - 2] === 0xff;
}

/** Puts an FD after each FF FF FD of the body, so that it does not look like a header. Returns the body's new end, 0 for no room. */
function stuff(out: Uint8Array, from: number, to: number): number {
  let extra = 0;
  for (let index = from; index < to; index++) if (endsHeader(out, index, from)) extra++;
  if (extra === 0) return to;
  const end = to + extra;
  if (end + CRC_BYTES > out.length) return 0;
  for (let index = to - 1, place = end - 1; place > index; index--) {
    if (endsHeader(out, index, from)) out[place--] = 0xfd;
    out[place--] = out[index] ?? 0;
  }
  return end;
}

/** Closes a packet whose instruction stands at `out[HEADER_BYTES]` and whose body has `bodyBytes`. */
function close(out: Uint8Array, id: number, bodyBytes: number): number {
  if (HEADER_BYTES + bodyBytes + CRC_BYTES > out.length) return 0;
  const end = stuff(out, HEADER_BYTES, HEADER_BYTES + bodyBytes);
  const counted = end - HEADER_BYTES + CRC_BYTES;
  if (end === 0 || end + CRC_BYTES > LONGEST_PACKET) return 0;
  out[0] = 0xff;
  out[1] = 0xff;
  out[2] = 0xfd;
  out[3] = 0;
  out[4] = id;
  out[5] = counted & 0xff;
  out[6] = counted >> 8;
  const crc = crc16(out, 0, end);
  out[end] = crc & 0xff;
  out[end + 1] = crc >> 8;
  return end + CRC_BYTES;
}

/** Dynamixel's protocol 2.0: `FF FF FD 00, id, length (2), instruction, [error,] parameters, CRC (2)`, body stuffed. */
export const DYNAMIXEL_PROTOCOL: ServoProtocol = {
  name: 'dynamixel',
  parameterOffset: HEADER_BYTES + 1,
  statusParameterOffset: HEADER_BYTES + 2,
  addressBytes: 2,
  highestId: 252,

  statusBytes(parameterCount: number): number {
    return HEADER_BYTES + 2 + parameterCount + CRC_BYTES;
  },

  frame(out: Uint8Array, id: number, instruction: number, parameterCount: number): number {
    out[HEADER_BYTES] = instruction;
    return close(out, id, 1 + parameterCount);
  },

  frameStatus(out: Uint8Array, id: number, error: number, parameterCount: number): number {
    out[HEADER_BYTES] = INSTRUCTION.status;
    out[HEADER_BYTES + 1] = error;
    return close(out, id, 2 + parameterCount);
  },

  inspect(kind: PacketKind, bytes: Uint8Array, from: number, to: number): number {
    const known = to - from;
    if (!agreesWithHeader(bytes, from, known)) return -1;
    if (known <= HEADER_BYTES) return 0;
    const id = bytes[from + 4] ?? 0xff;
    const isStatus = bytes[from + HEADER_BYTES] === INSTRUCTION.status;
    // A fast sync read is answered by all in one packet, with the id of everybody.
    if ((id > this.highestId && id !== BROADCAST_ID) || isStatus !== (kind === 'status')) return -1;
    const counted = word(bytes, from + 5);
    const length = HEADER_BYTES + counted;
    if (counted < (isStatus ? 4 : 3) || length > LONGEST_PACKET) return -1;
    if (known < length) return 0;
    const end = from + length - CRC_BYTES;
    return crc16(bytes, from, end) === word(bytes, end) ? length : -2;
  },

  unpack(kind: PacketKind, bytes: Uint8Array, span: { from: number; length: number }, packet: Packet): void {
    const { from, length } = span;
    packet.id = bytes[from + 4] ?? 0;
    packet.instruction = bytes[from + HEADER_BYTES] ?? 0;
    const isStatus = kind === 'status';
    packet.error = isStatus ? (bytes[from + HEADER_BYTES + 1] ?? 0) : 0;
    // The common answer to a fast sync read is not stuffed: each servo adds to it without knowing what it all becomes.
    const isStuffed = !(isStatus && packet.id === BROADCAST_ID);
    const body = from + HEADER_BYTES;
    const end = from + length - CRC_BYTES;
    let count = 0;
    for (let index = body + (isStatus ? 2 : 1); index < end; index++) {
      const isStuffing = isStuffed && bytes[index] === 0xfd && endsHeader(bytes, index - 1, body);
      if (!isStuffing) packet.parameters[count++] = bytes[index] ?? 0;
    }
    packet.parameterCount = count;
  },
};
