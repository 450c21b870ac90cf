/*
 * The header before each page of a Parquet file, in Thrift's compact protocol, as far as it is needed:
 *
 *   1 type                      0 data, 2 dictionary, 3 data (version 2)
 *   2 uncompressed size, 3 compressed size     bytes of the page behind the header
 *   5 data, 8 data (version 2)  {1 number of values, ...}
 */

/** A page of a Parquet file. */
export interface Page {
  /** Of its header, bytes from the start of the file. */
  readonly offset: number;
  /** Of the byte behind it. */
  readonly end: number;
  readonly isDictionary: boolean;
  /** Values of a data page; 0 for a dictionary. */
  readonly valueCount: number;
  /** Of the page with its header, had it not been compressed. */
  readonly uncompressedSize: number;
}

const [DATA_PAGE, DICTIONARY_PAGE, DATA_PAGE_V2] = [0, 2, 3];

/** The page at an offset; undefined where there is none, or not all of it. */
export function readPage(bytes: Buffer, offset: number): Page | undefined {
  const reader = new CompactReader(bytes, offset);
  const header = reader.readStruct(0);
  if (header === undefined) return undefined;
  const [type, uncompressed, compressed] = [header.get(1), header.get(2), header.get(3)];
  const details = type === DATA_PAGE ? header.get(5) : type === DATA_PAGE_V2 ? header.get(8) : undefined;
  const isDictionary = type === DICTIONARY_PAGE;
  const valueCount = details instanceof Map ? details.get(1) : undefined;
  if (typeof uncompressed !== 'number' || typeof compressed !== 'number') return undefined;
  if (!isDictionary && typeof valueCount !== 'number') return undefined;
  const end = reader.position + compressed;
  if (compressed < 0 || end > bytes.length) return undefined;
  return {
    offset,
    end,
    isDictionary,
    valueCount: typeof valueCount === 'number' ? valueCount : 0,
    uncompressedSize: reader.position - offset + uncompressed,
  };
}

type Struct = Map<number, number | Struct>;

/** Types of the compact protocol. */
const TYPES = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
};
/** Headers are three structs deep at most; bytes that are none must not lead further. */
const MAX_DEPTH = 4;

/** Reads structs of numbers and structs; of all else it finds the end. */
class CompactReader {
  position: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  /** Undefined for bytes that are no struct. */
  readStruct(depth: number): Struct | undefined {
    const struct: Struct = new Map();
    let field = 0;
    if (depth > MAX_DEPTH) return undefined;
    for (;;) {
      const header = this.#byte();
      if (header === 0) return struct;
      if (header === undefined) return undefined;
      field = header >> 4 === 0 ? this.#integer() : field + (header >> 4);
      const value = this.#value(header & 15, depth);
      if (value === undefined || Number.isNaN(value)) return undefined;
      struct.set(field, value);
    }
  }

  #value(type: number, depth: number): number | Struct | undefined {
    switch (type) {
      case TYPES.true:
      case TYPES.false:
        return type === TYPES.true ? 1 : 0;
      case TYPES.byte:
        return this.#byte();
      case TYPES.i16:
      case TYPES.i32:
      case TYPES.i64:
        return this.#integer();
      case TYPES.double:
        return this.#skip(8);
      case TYPES.binary:
        return this.#skip(this.#unsigned());
      case TYPES.list:
      case TYPES.set:
        return this.#list(depth);
      case TYPES.struct:
        return this.readStruct(depth + 1);
      default:
        return undefined;
    }
  }

  #list(depth: number): number | undefined {
    const header = this.#byte() ?? 0;
    const size = header >> 4 === 15 ? this.#unsigned() : header >> 4;
    // Bytes that are no header may claim any number.
    if (!(size <= this.#bytes.length - this.position)) return undefined;
    for (let item = 0; item < size; item += 1) if (this.#value(header & 15, depth + 1) === undefined) return undefined;
    return 0;
  }

  #skip(size: number): number | undefined {
    this.position += size;
    return this.position <= this.#bytes.length ? 0 : undefined;
  }

  #byte(): number | undefined {
    const value = this.#bytes[this.position];
    this.position += 1;
    return value;
  }

  /** NaN where the bytes end. */
  #unsigned(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.#byte();
      if (byte === undefined || scale > 2 ** 49) return Number.NaN;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  /** Signs are in the lowest bit. */
  #integer(): number {
    const value = this.#unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
