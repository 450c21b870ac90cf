import { decode, encode } from '@msgpack/msgpack';
import { MessageError } from './message-error.ts';
import { MOST_LEVELS, checkStructure } from './message-structure.ts';
import { NdArray, NumpyScalar } from './ndarray.ts';
import { messageOf } from '../core/errors.ts';

/** What travels between a policy and openpi's policy server. */
export type MessageValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | NdArray
  | NumpyScalar
  | readonly MessageValue[]
  | MessageMap;
/** Keys are text. */
export interface MessageMap {
  readonly [key: string]: MessageValue;
}

/**
 * The entries of a map that stands for an array or a number of numpy's. Their keys are bytes, not text: msgpack tells
 * them apart, and so does the other side.
 */
const KEYS = { array: '__ndarray__', scalar: '__npgeneric__', data: 'data', dtype: 'dtype', shape: 'shape' } as const;

/** Stands before a key of bytes while a message is taken apart; no key of text begins so. */
const BYTES_MARK = '\u0000';

/** Writes a message to the byte as openpi's packer does. Throws MessageError for what cannot be written. */
export function encodeMessage(message: MessageMap): Uint8Array {
  return Buffer.concat(encodeValue(message, 0));
}

/**
 * Reads a message as openpi's unpacker does; pictures and arrays are views of `bytes`. Throws MessageError for whatever
 * is no msgpack map with keys of text, and for arrays that contradict themselves.
 */
export function decodeMessage(bytes: Uint8Array): MessageMap {
  checkStructure(bytes);
  let decoded: unknown;
  try {
    // Of a Buffer the library would make Buffers, whose slices behave otherwise than those of an array.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    decoded = decode(plain, { mapKeyConverter: keyOf });
  } catch (cause) {
    if (cause instanceof MessageError) throw cause;
    throw new MessageError(messageOf(cause), 'msgpack', cause);
  }
  const value = valueOf(decoded);
  if (isMap(value)) return value;
  throw new MessageError('it is no map', 'a map with keys of text');
}

/** Whether a value is a map, and neither an array nor anything of numpy's. */
export function isMap(value: MessageValue | undefined): value is MessageMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !(value instanceof Uint8Array || value instanceof NdArray || value instanceof NumpyScalar);
}

function encodeValue(value: MessageValue, depth: number): Uint8Array[] {
  if (depth > MOST_LEVELS) throw new MessageError('it nests too deep', `at most ${MOST_LEVELS} levels`);
  if (value instanceof NdArray) {
    const { bytes, dtype, shape } = value;
    return marked(KEYS.array, [
      [KEYS.data, encode(bytes)],
      [KEYS.dtype, encode(dtype)],
      [KEYS.shape, encode(shape)],
    ]);
  }
  if (value instanceof NumpyScalar) {
    const { dtype, value: item } = value;
    return marked(KEYS.scalar, [
      [KEYS.data, encode(item, { forceIntegerToFloat: dtype.startsWith('<f') })],
      [KEYS.dtype, encode(dtype)],
    ]);
  }
  if (Array.isArray(value)) {
    const items = value as readonly MessageValue[];
    return [head(items.length, 0x90, 0xdc), ...items.flatMap((item) => encodeValue(item, depth + 1))];
  }
  if (!isMap(value)) return [encode(value)];
  const entries = Object.entries(value);
  return [
    head(entries.length, 0x80, 0xde),
    ...entries.flatMap(([key, item]) => [encode(key), ...encodeValue(item, depth + 1)]),
  ];
}

/** The map of an array or a number: its mark first. The library writes no maps whose keys are bytes. */
function marked(mark: string, entries: readonly (readonly [key: string, value: Uint8Array])[]): Uint8Array[] {
  const all = [[mark, encode(true)] as const, ...entries];
  return [head(all.length, 0x80, 0xde), ...all.flatMap(([key, value]) => [encode(Buffer.from(key)), value])];
}

/** The head of a map or an array, in the shortest form. */
function head(count: number, short: number, long: number): Uint8Array {
  if (count < 16) return Uint8Array.of(short | count);
  if (count < 2 ** 16) return Uint8Array.of(long, count >> 8, count & 0xff);
  throw new MessageError(`it holds ${count} values in one place`, 'fewer than 65536');
}

function keyOf(key: unknown): string {
  if (typeof key === 'string' && !key.startsWith(BYTES_MARK)) return key;
  if (key instanceof Uint8Array) return BYTES_MARK + Buffer.from(key).toString('latin1');
  throw new MessageError('a key is neither text nor bytes', 'keys of text');
}

/** Depth was checked before. */
function valueOf(decoded: unknown): MessageValue {
  if (decoded === null || typeof decoded === 'boolean' || typeof decoded === 'string') return decoded;
  if (typeof decoded === 'number' || decoded instanceof Uint8Array) return decoded;
  if (Array.isArray(decoded)) return decoded.map(valueOf);
  if (typeof decoded !== 'object' || Object.getPrototypeOf(decoded) !== Object.prototype) {
    throw new MessageError('it holds an extension type', 'numbers, text, bytes, lists and maps');
  }
  const map = decoded as Record<string, unknown>;
  if (bytesKey(map, KEYS.array) !== undefined) return arrayOf(map);
  if (bytesKey(map, KEYS.scalar) !== undefined) return scalarOf(map);
  return Object.fromEntries(
    Object.entries(map).map(([key, value]) => {
      if (key.startsWith(BYTES_MARK)) throw new MessageError('a key is bytes', 'keys of text');
      return [key, valueOf(value)];
    }),
  );
}

function arrayOf(map: Record<string, unknown>): NdArray {
  const [data, dtype, shape] = [bytesKey(map, KEYS.data), bytesKey(map, KEYS.dtype), bytesKey(map, KEYS.shape)];
  if (!(data instanceof Uint8Array) || typeof dtype !== 'string' || !Array.isArray(shape)) {
    throw new MessageError('an array is incomplete', 'data in bytes, dtype in text, shape as a list');
  }
  return new NdArray(dtype, shape as readonly number[], data);
}

function scalarOf(map: Record<string, unknown>): NumpyScalar {
  const [value, dtype] = [bytesKey(map, KEYS.data), bytesKey(map, KEYS.dtype)];
  const isNumber = typeof value === 'number' || typeof value === 'boolean';
  if (isNumber && typeof dtype === 'string') return new NumpyScalar(dtype, value);
  throw new MessageError('a numpy number is incomplete', 'a value and its dtype');
}

function bytesKey(map: Record<string, unknown>, key: string): unknown {
  const name = BYTES_MARK + key;
  return Object.hasOwn(map, name) ? map[name] : undefined;
}
