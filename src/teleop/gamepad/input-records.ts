import { KEY } from './input-codes.ts';
import type { PadEvent } from './input-codes.ts';

/** Turns the bytes of a device file into events, wherever they are split. `dropped`: the system lost some. */
export interface RecordReader {
  push(bytes: Buffer): (PadEvent | 'dropped')[];
}

/** `struct js_event` of linux/joystick.h: time u32, value s16, type u8, number u8. */
const JOYSTICK_BYTES = 8;
const JOYSTICK_TYPES = { button: 1, axis: 2, initial: 0x80 } as const;

/**
 * A joystick device, /dev/input/js*. It numbers axes and keys in the order of the codes the device has (joydev_connect
 * in the kernel's joydev.c), and scales axes to ±32767.
 */
export class JoystickReader implements RecordReader {
  readonly #axes: readonly number[];
  readonly #keys: readonly number[];
  #rest = Buffer.alloc(0);

  /** @param axes, keys codes the device has, ascending */
  constructor(axes: readonly number[], keys: readonly number[]) {
    this.#axes = axes;
    // Those of joysticks and gamepads come first.
    this.#keys = [
      ...keys.filter((key) => key >= KEY.JOYSTICK && key <= KEY.LAST),
      ...keys.filter((key) => key >= KEY.BASE && key < KEY.JOYSTICK),
    ];
  }

  push(bytes: Buffer): PadEvent[] {
    const [records, rest] = split(Buffer.concat([this.#rest, bytes]), JOYSTICK_BYTES);
    this.#rest = rest;
    return records.flatMap((record): PadEvent[] => {
      const value = record.readInt16LE(4);
      const type = record.readUInt8(6) & ~JOYSTICK_TYPES.initial;
      const number = record.readUInt8(7);
      const code = type === JOYSTICK_TYPES.axis ? this.#axes[number] : this.#keys[number];
      if (code === undefined) return [];
      if (type === JOYSTICK_TYPES.axis) return [{ kind: 'axis', code, value: Math.max(-1, value / 32767) }];
      return type === JOYSTICK_TYPES.button ? [{ kind: 'key', code, value: value === 0 ? 0 : 1 }] : [];
    });
  }
}

const EVENT_TYPES = { synchronisation: 0, key: 1, axis: 3 } as const;
const DROPPED = 3;

/** An event device, /dev/input/event*: `struct input_event` of linux/input.h: time, type u16, code u16, value s32. */
export class EventReader implements RecordReader {
  readonly #timeBytes: number;
  readonly #scale: (axis: number, raw: number) => number;
  #rest = Buffer.alloc(0);

  /** @param wordBits of the system, 64 or 32: the size of its time */
  constructor(wordBits: number, scale: (axis: number, raw: number) => number) {
    this.#timeBytes = (2 * wordBits) / 8;
    this.#scale = scale;
  }

  push(bytes: Buffer): (PadEvent | 'dropped')[] {
    const [records, rest] = split(Buffer.concat([this.#rest, bytes]), this.#timeBytes + 8);
    this.#rest = rest;
    return records.flatMap((record): (PadEvent | 'dropped')[] => {
      const [type, code] = [record.readUInt16LE(this.#timeBytes), record.readUInt16LE(this.#timeBytes + 2)];
      const value = record.readInt32LE(this.#timeBytes + 4);
      if (type === EVENT_TYPES.synchronisation && code === DROPPED) return ['dropped'];
      if (type === EVENT_TYPES.axis) return [{ kind: 'axis', code, value: this.#scale(code, value) }];
      return type === EVENT_TYPES.key ? [{ kind: 'key', code, value: value === 0 ? 0 : 1 }] : [];
    });
  }
}

function split(bytes: Buffer<ArrayBuffer>, size: number): readonly [Buffer[], Buffer<ArrayBuffer>] {
  const count = Math.floor(bytes.length / size);
  const records = Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
  return [records, bytes.subarray(count * size)];
}
