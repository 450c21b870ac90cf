import { BROADCAST_ID, INSTRUCTION } from './servo-protocol.ts';
import type { ServoProtocol } from './servo-protocol.ts';

/*
 * Every `encode` function writes one instruction packet at the beginning of `out` and returns its bytes, or 0 where it does not
 * fit: into `out`, or into what the protocol can count. They allocate nothing: callers keep the request and change it.
 */

/** Neighbouring registers: the first one's address, and how many bytes. */
export interface RegisterSpan {
  readonly address: number;
  readonly length: number;
}

/** The same span of several servos, by id. */
export interface SyncReadRequest extends RegisterSpan {
  readonly ids: Uint8Array;
}

export interface WriteRequest {
  readonly id: number;
  readonly address: number;
  readonly data: Uint8Array;
}

/** `data` has `length` bytes for each id, in the order of `ids`. */
export interface SyncWriteRequest extends SyncReadRequest {
  readonly data: Uint8Array;
}

export function encodePing(protocol: ServoProtocol, out: Uint8Array, id: number): number {
  return protocol.frame(out, id, INSTRUCTION.ping, 0);
}

export function encodeRead(protocol: ServoProtocol, out: Uint8Array, id: number, span: RegisterSpan): number {
  return protocol.frame(out, id, INSTRUCTION.read, putSpan(protocol, out, 0, span));
}

export function encodeWrite(protocol: ServoProtocol, out: Uint8Array, request: WriteRequest): number {
  return encodeData(protocol, out, INSTRUCTION.write, request);
}

/** A write that waits in the servo for `encodeAction`. */
export function encodeRegWrite(protocol: ServoProtocol, out: Uint8Array, request: WriteRequest): number {
  return encodeData(protocol, out, INSTRUCTION.regWrite, request);
}

/** Carries out what register writes left waiting, in one servo or, with BROADCAST_ID, in all. */
export function encodeAction(protocol: ServoProtocol, out: Uint8Array, id: number): number {
  return protocol.frame(out, id, INSTRUCTION.action, 0);
}

export function encodeReboot(protocol: ServoProtocol, out: Uint8Array, id: number): number {
  return protocol.frame(out, id, INSTRUCTION.reboot, 0);
}

/** What a Dynamixel keeps over a factory reset. A Feetech servo is not asked: it always keeps its id. */
export const KEPT_BY_RESET = { nothing: 0xff, id: 0x01, idAndBaudRate: 0x02 } as const;

export function encodeFactoryReset(
  protocol: ServoProtocol,
  out: Uint8Array,
  id: number,
  kept: keyof typeof KEPT_BY_RESET,
): number {
  if (protocol.name === 'feetech') return protocol.frame(out, id, INSTRUCTION.factoryReset, 0);
  out[protocol.parameterOffset] = KEPT_BY_RESET[kept];
  return protocol.frame(out, id, INSTRUCTION.factoryReset, 1);
}

/** Each servo of `ids` answers with its own status packet, in this order. */
export function encodeSyncRead(protocol: ServoProtocol, out: Uint8Array, request: SyncReadRequest): number {
  return encodeSpanOfIds(protocol, out, INSTRUCTION.syncRead, request);
}

/** A sync read that all answer in one status packet; see `fastSyncReadOffset`. Dynamixel only. */
export function encodeFastSyncRead(protocol: ServoProtocol, out: Uint8Array, request: SyncReadRequest): number {
  return encodeSpanOfIds(protocol, out, INSTRUCTION.fastSyncRead, request);
}

/**
 * Where the data of the servo at place `index` of a fast sync read begin among the parameters of the answer. Its id stands one
 * byte before them, its error byte two: that of the first servo is the packet's own. A CRC of two bytes follows the data.
 */
export function fastSyncReadOffset(index: number, length: number): number {
  return 1 + index * (length + 4);
}

/** One packet that no servo answers. */
export function encodeSyncWrite(protocol: ServoProtocol, out: Uint8Array, request: SyncWriteRequest): number {
  const { ids, data, length } = request;
  const start = protocol.parameterOffset;
  let count = putSpan(protocol, out, 0, request);
  for (let servo = 0; servo < ids.length; servo++) {
    out[start + count++] = ids[servo] ?? 0;
    for (let index = 0; index < length; index++) out[start + count++] = data[servo * length + index] ?? 0;
  }
  return protocol.frame(out, BROADCAST_ID, INSTRUCTION.syncWrite, count);
}

/** A span of its own for each servo; they answer in this order. Dynamixel only. */
export function encodeBulkRead(
  protocol: ServoProtocol,
  out: Uint8Array,
  requests: readonly (RegisterSpan & { readonly id: number })[],
): number {
  let count = 0;
  for (const request of requests) {
    out[protocol.parameterOffset + count++] = request.id;
    count = putSpan(protocol, out, count, request);
  }
  return protocol.frame(out, BROADCAST_ID, INSTRUCTION.bulkRead, count);
}

/** An address and data of its own for each servo; none answers. Dynamixel only. */
export function encodeBulkWrite(protocol: ServoProtocol, out: Uint8Array, requests: readonly WriteRequest[]): number {
  let count = 0;
  for (const { id, address, data } of requests) {
    out[protocol.parameterOffset + count++] = id;
    count = putNumber(protocol, out, count, address);
    count = putNumber(protocol, out, count, data.length);
    count = putData(protocol, out, count, data);
  }
  return protocol.frame(out, BROADCAST_ID, INSTRUCTION.bulkWrite, count);
}

function encodeData(protocol: ServoProtocol, out: Uint8Array, instruction: number, request: WriteRequest): number {
  const count = putNumber(protocol, out, 0, request.address);
  return protocol.frame(out, request.id, instruction, putData(protocol, out, count, request.data));
}

function encodeSpanOfIds(
  protocol: ServoProtocol,
  out: Uint8Array,
  instruction: number,
  request: SyncReadRequest,
): number {
  const count = putSpan(protocol, out, 0, request);
  return protocol.frame(out, BROADCAST_ID, instruction, putData(protocol, out, count, request.ids));
}

/** Puts a number of the protocol's address size at parameter `at`; returns the place after it. */
function putNumber(protocol: ServoProtocol, out: Uint8Array, at: number, value: number): number {
  const start = protocol.parameterOffset + at;
  out[start] = value & 0xff;
  if (protocol.addressBytes === 2) out[start + 1] = value >> 8;
  return at + protocol.addressBytes;
}

function putSpan(protocol: ServoProtocol, out: Uint8Array, at: number, span: RegisterSpan): number {
  return putNumber(protocol, out, putNumber(protocol, out, at, span.address), span.length);
}

function putData(protocol: ServoProtocol, out: Uint8Array, at: number, data: Uint8Array): number {
  const start = protocol.parameterOffset + at;
  for (let index = 0; index < data.length; index++) out[start + index] = data[index] ?? 0;
  return at + data.length;
}
