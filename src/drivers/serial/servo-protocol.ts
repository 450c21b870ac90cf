import type { ProtocolName } from './servo-models.ts';

/** Codes of instructions, alike in both protocols where both have them. */
export const INSTRUCTION = {
  ping: 0x01,
  read: 0x02,
  write: 0x03,
  regWrite: 0x04,
  action: 0x05,
  factoryReset: 0x06,
  reboot: 0x08,
  clear: 0x10,
  /** Dynamixel: what a servo answers. Feetech's answers carry no instruction; parsed, they have this one. */
  status: 0x55,
  syncRead: 0x82,
  syncWrite: 0x83,
  /** Dynamixel only, as are those below. */
  fastSyncRead: 0x8a,
  bulkRead: 0x92,
  bulkWrite: 0x93,
} as const;

export const BROADCAST_ID = 0xfe;

/** The largest packet that is made or accepted, with all its framing, bytes. */
export const LONGEST_PACKET = 1024;

export type PacketKind = 'instruction' | 'status';

/** A packet that was found in a stream. The parser fills the same object again and again: read it before you ask for the next. */
export interface Packet {
  id: number;
  /** Of an instruction packet its code; of a status packet `INSTRUCTION.status`. */
  instruction: number;
  /** The error byte of a status packet; 0 in an instruction packet. */
  error: number;
  /** Without framing, byte stuffing and error byte; only the first `parameterCount` bytes are of this packet. */
  readonly parameters: Uint8Array;
  parameterCount: number;
}

/**
 * How one family of servos frames its packets. Both implementations allocate nothing, and throw nothing for any bytes.
 * `instructions.ts` builds every instruction upon `frame`; `PacketParser` finds packets with `inspect` and `unpack`.
 */
export interface ServoProtocol {
  readonly name: ProtocolName;
  /** Where in a buffer the parameters of an instruction packet stand before `frame` closes it. */
  readonly parameterOffset: number;
  /** As `parameterOffset`, of a status packet before `frameStatus` closes it. */
  readonly statusParameterOffset: number;
  /** Bytes of an address, and of a count of bytes, among the parameters. */
  readonly addressBytes: 1 | 2;
  /** The highest id a servo may have. */
  readonly highestId: number;
  /** Bytes on the wire of a status packet with so many parameters (before byte stuffing). */
  statusBytes(parameterCount: number): number;
  /**
   * Makes an instruction packet of the parameters that stand at `out[parameterOffset]`: header, length, stuffing and check.
   * Returns the packet's bytes, from `out[0]`; 0 where `parameterCount` does not fit into a packet or into `out`.
   */
  frame(out: Uint8Array, id: number, instruction: number, parameterCount: number): number;
  /** As `frame`, for a status packet with the parameters that stand at `out[statusParameterOffset]`. */
  frameStatus(out: Uint8Array, id: number, error: number, parameterCount: number): number;
  /**
   * Whether a packet begins at `bytes[from]`: its length with a good check, 0 while bytes up to `to` are too few to say,
   * -1 where none begins, -2 where one seemed to and its check is bad.
   */
  inspect(kind: PacketKind, bytes: Uint8Array, from: number, to: number): number;
  /** Takes apart the packet at `bytes[from]` that `inspect` said has `length` bytes. */
  unpack(kind: PacketKind, bytes: Uint8Array, span: { from: number; length: number }, packet: Packet): void;
}
