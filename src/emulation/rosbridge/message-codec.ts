import { NS_PER_S } from '../../core/clock.ts';
import { messageDefinition } from './message-definitions.ts';
import type { RosVersion } from './message-definitions.ts';

/** A time or duration as ROS 2 writes it; the emulation uses this form for both versions. */
export interface RosTime {
  readonly sec: number;
  readonly nanosec: number;
}

/**
 * A message inside the emulation: numbers, strings, booleans, RosTime, Uint8Array for uint8[], arrays and messages.
 * Fields that are left out have ROS's defaults: 0, '', false, [].
 */
export type RosMessage = Readonly<Record<string, unknown>>;

/** What a bridge writes into its own log, and tells no client. */
export class MessageRefused extends Error {}

/** How a message travels: as JSON text, or as the values of a cbor frame. */
export type Encoding = 'json' | 'cbor';

const INTEGERS = /^(u?int(8|16|32|64)|byte|char)$/;
const FLOATS = /^float(32|64)$/;
/** Their arrays are bytes: base64 in JSON, a byte string in cbor. */
const BYTES = new Set(['uint8', 'char']);
const TIMES = new Set(['time', 'duration']);

/** A wall time in ns as ROS writes it. A double holds it to a quarter of a microsecond. */
export function rosTime(timeNs: number): RosTime {
  const sec = Math.floor(timeNs / NS_PER_S);
  return { sec, nanosec: Math.round(timeNs - sec * NS_PER_S) };
}

/** ns of a time or duration. */
export function timeNs({ sec, nanosec }: RosTime): number {
  return sec * NS_PER_S + nanosec;
}

/** Reads and writes messages as rosbridge of one ROS version does, by the table of definitions. */
export class MessageCodec {
  readonly version: RosVersion;
  readonly #wallNs: () => number;

  /** @param wallNs time of day, ns since 1970: stamps that a client leaves out are set to it */
  constructor(version: RosVersion, wallNs: () => number) {
    this.version = version;
    this.#wallNs = wallNs;
  }

  /**
   * A message as a client sent it, checked, with defaults for what is missing. Throws MessageRefused for unknown types
   * and fields and for values of the wrong kind, null among them.
   */
  decode(type: string, value: unknown): RosMessage {
    const definition = this.#definition(type);
    if (!isRecord(value)) throw mismatch(type, value);
    for (const field of Object.keys(value)) {
      if (!(field in definition)) throw new MessageRefused(`${type} does not have a field ${field}`);
    }
    const fields = Object.entries(definition).map(([field, fieldType]): [string, unknown] => {
      const given = value[field];
      if (given !== undefined) return [field, this.#decodeField(fieldType, given)];
      const isStamp = type === 'std_msgs/Header' && field === 'stamp';
      return [field, isStamp ? rosTime(this.#wallNs()) : this.#default(fieldType)];
    });
    return Object.fromEntries(fields);
  }

  /** The form of a message on the wire. Numbers that are not finite are null in JSON. Throws MessageRefused as the bridge fails. */
  encode(type: string, message: RosMessage, encoding: Encoding): Record<string, unknown> {
    const definition = this.#definition(type);
    return Object.fromEntries(
      Object.entries(definition).map(([field, fieldType]) => [
        field,
        this.#encodeField(fieldType, message[field] ?? this.#default(fieldType), encoding),
      ]),
    );
  }

  #definition(type: string): Readonly<Record<string, string>> {
    const definition = messageDefinition(this.version, type);
    if (definition === undefined) throw new MessageRefused(`Unable to load the manifest for type ${type}`);
    return definition;
  }

  #default(type: string): unknown {
    if (type.endsWith('[]')) return BYTES.has(type.slice(0, -2)) ? new Uint8Array() : [];
    if (TIMES.has(type)) return { sec: 0, nanosec: 0 };
    if (type === 'string') return '';
    if (type === 'bool') return false;
    if (INTEGERS.test(type) || FLOATS.test(type)) return 0;
    return this.decode(type, {});
  }

  #decodeField(type: string, value: unknown): unknown {
    if (type.endsWith('[]')) return this.#decodeArray(type.slice(0, -2), value);
    if (TIMES.has(type)) return decodeTime(type, value);
    if (type === 'string' || type === 'bool') {
      if (typeof value === (type === 'bool' ? 'boolean' : 'string')) return value;
      throw mismatch(type, value);
    }
    const isInteger = INTEGERS.test(type);
    if (!isInteger && !FLOATS.test(type)) return this.decode(type, value);
    if (typeof value !== 'number' || (isInteger && !Number.isInteger(value))) throw mismatch(type, value);
    return value;
  }

  #decodeArray(type: string, value: unknown): unknown {
    if (BYTES.has(type) && typeof value === 'string') return new Uint8Array(Buffer.from(value, 'base64'));
    if (!Array.isArray(value)) throw mismatch(`${type}[]`, value);
    const items = value.map((item) => this.#decodeField(type, item));
    return BYTES.has(type) ? Uint8Array.from(items as number[]) : items;
  }

  #encodeField(type: string, value: unknown, encoding: Encoding): unknown {
    if (type.endsWith('[]')) return this.#encodeArray(type.slice(0, -2), value, encoding);
    if (TIMES.has(type)) return this.#encodeTime(value as RosTime);
    if (FLOATS.test(type)) return encoding === 'json' && !Number.isFinite(value) ? null : value;
    if (INTEGERS.test(type) || type === 'string' || type === 'bool') return value;
    return this.encode(type, value as RosMessage, encoding);
  }

  #encodeArray(type: string, value: unknown, encoding: Encoding): unknown {
    if (BYTES.has(type)) return encoding === 'cbor' ? value : Buffer.from(value as Uint8Array).toString('base64');
    if (encoding === 'cbor') {
      if (type === 'float64') return Float64Array.from(value as ArrayLike<number>);
      // rosbridge 0.11 takes the strings of a list for messages; the bridge of ROS 2 does not.
      if (type === 'string' && this.version === 1 && (value as string[]).length > 0)
        throw new MessageRefused("'str' object has no attribute '__slots__'");
    }
    return Array.from(value as ArrayLike<unknown>, (item) => this.#encodeField(type, item, encoding));
  }

  #encodeTime({ sec, nanosec }: RosTime): unknown {
    return this.version === 1 ? { secs: sec, nsecs: nanosec } : { sec, nanosec };
  }
}

/** Both bridges take the names of either version. */
function decodeTime(type: string, value: unknown): RosTime {
  if (!isRecord(value)) throw mismatch(type, value);
  const [sec, nanosec] = [value['sec'] ?? value['secs'] ?? 0, value['nanosec'] ?? value['nsecs'] ?? 0];
  if (!Number.isInteger(sec) || !Number.isInteger(nanosec)) throw mismatch(type, value);
  return { sec: sec as number, nanosec: nanosec as number };
}

function mismatch(type: string, value: unknown): MessageRefused {
  return new MessageRefused(`a field of type ${type} cannot be ${JSON.stringify(value) ?? 'undefined'}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
