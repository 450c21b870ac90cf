import { MessageError } from './message-error.ts';

/** Bytes per item of the types of numbers that travel, by numpy's name of the type; little-endian. */
const ITEM_BYTES = {
  '|b1': 1,
  '|u1': 1,
  '|i1': 1,
  '<u2': 2,
  '<i2': 2,
  '<f2': 2,
  '<u4': 4,
  '<i4': 4,
  '<f4': 4,
  '<u8': 8,
  '<i8': 8,
  '<f8': 8,
} as const;

export type Dtype = keyof typeof ITEM_BYTES;

/** More axes than any picture or chunk has. */
const MOST_AXES = 8;

/** An array as numpy has it in memory: C order, little-endian. */
export class NdArray {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Product of the shape times the bytes per item. */
  readonly bytes: Uint8Array;

  /** Throws MessageError where type, shape and length do not fit each other. */
  constructor(dtype: string, shape: readonly number[], bytes: Uint8Array) {
    if (!isDtype(dtype)) {
      throw new MessageError(`an array has type "${dtype}"`, `one of ${Object.keys(ITEM_BYTES).join(', ')}`);
    }
    const isShape = shape.length <= MOST_AXES && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
    const wanted = shape.reduce((product, size) => product * size, ITEM_BYTES[dtype]);
    if (!isShape || wanted !== bytes.length) {
      throw new MessageError(
        `an array of shape (${shape.join(', ')}) and type ${dtype} has ${bytes.length} bytes`,
        'as many as its shape and type say',
      );
    }
    this.dtype = dtype;
    this.shape = shape;
    this.bytes = bytes;
  }

  /** Shape as given, or (length). */
  static float64(values: ArrayLike<number>, shape: readonly number[] = [values.length]): NdArray {
    return new NdArray(
      '<f8',
      shape,
      bytesOf(values, 8, (view, at, value) => view.setFloat64(at, value, true)),
    );
  }

  static float32(values: ArrayLike<number>, shape: readonly number[] = [values.length]): NdArray {
    return new NdArray(
      '<f4',
      shape,
      bytesOf(values, 4, (view, at, value) => view.setFloat32(at, value, true)),
    );
  }

  /** The numbers of an array of float32 or float64, in order. Throws MessageError for any other type. */
  floats(): Float64Array {
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    if (this.dtype === '<f8') {
      return Float64Array.from({ length: this.bytes.length / 8 }, (_, index) => view.getFloat64(index * 8, true));
    }
    if (this.dtype === '<f4') {
      return Float64Array.from({ length: this.bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true));
    }
    throw new MessageError(`numbers are of type ${this.dtype}`, 'float32 (<f4) or float64 (<f8)');
  }
}

/** One number of numpy's, which is not an array. Its doubles and its text travel as those of Python. */
export class NumpyScalar {
  readonly dtype: Dtype;
  readonly value: number | boolean;

  /** Throws MessageError for a type that does not travel. */
  constructor(dtype: string, value: number | boolean) {
    if (!isDtype(dtype)) {
      throw new MessageError(`a value has type "${dtype}"`, `one of ${Object.keys(ITEM_BYTES).join(', ')}`);
    }
    this.dtype = dtype;
    this.value = value;
  }
}

function isDtype(name: string): name is Dtype {
  return Object.hasOwn(ITEM_BYTES, name);
}

function bytesOf(
  values: ArrayLike<number>,
  itemBytes: number,
  write: (view: DataView, at: number, value: number) => void,
): Uint8Array {
  const bytes = new Uint8Array(values.length * itemBytes);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < values.length; index += 1) write(view, index * itemBytes, values[index] ?? NaN);
  return bytes;
}
