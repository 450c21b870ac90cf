import { MessageError } from './message-error.ts';

/** Levels that a message may have, written or read: deeper than any observation nests. */
export const MOST_LEVELS = 16;
/** More values than any message holds; arrays of numbers are one. */
const MOST_VALUES = 65_536;

/** What follows a type byte: a length or count of so many bytes, and what it counts. */
interface Form {
  /** Bytes of the length that stands before the content. */
  readonly lengthBytes: number;
  /** Content whose size the type byte says, bytes. */
  readonly fixedBytes: number;
  /** What the length counts: bytes of content, or so many values each. */
  readonly valuesEach: 0 | 1 | 2;
}

const nothing: Form = { lengthBytes: 0, fixedBytes: 0, valuesEach: 0 };
const fixed = (fixedBytes: number): Form => ({ ...nothing, fixedBytes });
const counted = (lengthBytes: number, valuesEach: 0 | 1 | 2, fixedBytes = 0): Form => ({
  lengthBytes,
  valuesEach,
  fixedBytes,
});

/** By type byte, from 0xc0 to 0xdf (msgpack specification, formats); undefined: never used. */
const FORMS: readonly (Form | undefined)[] = [
  // nil, a byte that is never used, false, true.
  [nothing, undefined, nothing, nothing],
  // bin 8, 16, 32; ext 8, 16, 32, which also have a byte for their type.
  [counted(1, 0), counted(2, 0), counted(4, 0), counted(1, 0, 1), counted(2, 0, 1), counted(4, 0, 1)],
  // float 32, 64; uint 8 to 64; int 8 to 64; fixext 1 to 16, whose type is a byte more.
  [4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17].map(fixed),
  // str 8, 16, 32; array 16, 32; map 16, 32.
  [counted(1, 0), counted(2, 0), counted(4, 0), counted(2, 1), counted(4, 1), counted(2, 2), counted(4, 2)],
].flat();

/**
 * Walks over a msgpack message without making anything of it. Throws MessageError for one that ends too early or too
 * late, nests too deep or holds too many values: a decoder that believes such counts would fill the memory.
 */
export function checkStructure(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Values still to come, at each level. */
  const open = [1];
  let [at, count] = [0, 0];
  while (open.length > 0) {
    const level = open.length - 1;
    if (open[level] === 0) {
      open.pop();
      continue;
    }
    open[level] = (open[level] ?? 0) - 1;
    count += 1;
    const { size, values } = valueAt(view, at);
    at += size;
    if (at > bytes.length) throw cutShort(bytes);
    if (values === 0) continue;
    if (open.length >= MOST_LEVELS) throw new MessageError('it nests too deep', `at most ${MOST_LEVELS} levels`);
    if (count + values > MOST_VALUES) throw new MessageError('it holds too many values', `at most ${MOST_VALUES}`);
    open.push(values);
  }
  if (at !== bytes.length) throw new MessageError(`${bytes.length - at} bytes follow its end`, 'one msgpack value');
}

/** Bytes of the value at `at` without those it contains, and how many it contains. */
function valueAt(view: DataView, at: number): { readonly size: number; readonly values: number } {
  if (at >= view.byteLength) throw cutShort(view);
  const type = view.getUint8(at);
  if (type < 0x80 || type >= 0xe0) return { size: 1, values: 0 };
  if (type < 0x90) return { size: 1, values: 2 * (type & 0x0f) };
  if (type < 0xa0) return { size: 1, values: type & 0x0f };
  if (type < 0xc0) return { size: 1 + (type & 0x1f), values: 0 };
  const form = FORMS[type - 0xc0];
  if (form === undefined) throw new MessageError('it holds a type byte that msgpack never uses', 'msgpack');
  const { lengthBytes, fixedBytes, valuesEach } = form;
  const head = 1 + lengthBytes + fixedBytes;
  if (at + 1 + lengthBytes > view.byteLength) throw cutShort(view);
  const length = lengthOf(view, at + 1, lengthBytes);
  return valuesEach === 0 ? { size: head + length, values: 0 } : { size: head, values: length * valuesEach };
}

function lengthOf(view: DataView, at: number, lengthBytes: number): number {
  if (lengthBytes === 0) return 0;
  if (lengthBytes === 1) return view.getUint8(at);
  return lengthBytes === 2 ? view.getUint16(at) : view.getUint32(at);
}

function cutShort({ byteLength }: { readonly byteLength: number }): MessageError {
  return new MessageError(`it ends after ${byteLength} bytes, in the middle of a value`, 'a whole msgpack value');
}
