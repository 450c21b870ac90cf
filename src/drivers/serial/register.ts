import { ArmatureError } from '../../core/errors.ts';

export type ByteOrder = 'little' | 'big';

/** How a register holds a negative value; `unsigned` registers hold none. */
export type SignEncoding = 'unsigned' | 'sign-magnitude' | 'twos-complement';

/** What `value * scale` of a register is measured in; `tick` and `code` stay as they are. */
export type RegisterUnit = 'tick' | 'code' | 'rad/s' | 'rad/s2' | 'V' | 'A' | 'degC' | 's' | 'fraction' | 'bps';

/** One entry of a servo's control table. */
export interface Register {
  /** As LeRobot and the vendors' tools write it. */
  readonly name: string;
  readonly address: number;
  /** Bytes. */
  readonly size: 1 | 2 | 4;
  readonly access: 'r' | 'rw';
  /** EEPROM survives a loss of power; what RAM holds does not. */
  readonly area: 'eeprom' | 'ram';
  readonly sign: SignEncoding;
  /** The bit that says "negative" in a sign-magnitude register; 0 in others. */
  readonly signBit: number;
  readonly unit: RegisterUnit;
  /** `value * scale` is in `unit`. */
  readonly scale: number;
  /** What a new servo holds, or holds when its power comes on. */
  readonly initial: number;
  /** Smallest and largest value that may be written. */
  readonly minimum: number;
  readonly maximum: number;
  readonly byteOrder: ByteOrder;
}

export type RegisterTable<Name extends string = string> = Readonly<Record<Name, Register>>;

/** A row of a control table: what it does not say is a read-and-write, unsigned code of RAM without bounds but its size. */
export interface RegisterRow {
  readonly address: number;
  readonly size?: 1 | 2 | 4;
  readonly access?: 'r' | 'rw';
  readonly area?: 'eeprom' | 'ram';
  /** Sign-magnitude, with this bit as the sign. */
  readonly signBit?: number;
  readonly isTwosComplement?: boolean;
  readonly unit?: RegisterUnit;
  readonly scale?: number;
  readonly initial?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

export function defineRegisters<Name extends string>(
  byteOrder: ByteOrder,
  rows: Readonly<Record<Name, RegisterRow>>,
): RegisterTable<Name> {
  const entries = (Object.entries(rows) as [Name, RegisterRow][]).map(
    ([name, row]) => [name, toRegister(name, row, byteOrder)] as const,
  );
  return Object.fromEntries(entries) as Record<Name, Register>;
}

function toRegister(name: string, row: RegisterRow, byteOrder: ByteOrder): Register {
  const size = row.size ?? 1;
  const signBit = row.signBit ?? 0;
  const isTwosComplement = row.isTwosComplement === true;
  const largest = largestValue(size, signBit, isTwosComplement);
  const smallest = signBit > 0 ? -largest : isTwosComplement ? -largest - 1 : 0;
  return {
    name,
    address: row.address,
    size,
    access: row.access ?? 'rw',
    area: row.area ?? 'ram',
    sign: signBit > 0 ? 'sign-magnitude' : isTwosComplement ? 'twos-complement' : 'unsigned',
    signBit,
    unit: row.unit ?? 'code',
    scale: row.scale ?? 1,
    initial: row.initial ?? 0,
    minimum: row.minimum ?? smallest,
    maximum: row.maximum ?? largest,
    byteOrder,
  };
}

function largestValue(size: number, signBit: number, isTwosComplement: boolean): number {
  if (signBit > 0) return 2 ** signBit - 1;
  return 2 ** (8 * size - (isTwosComplement ? 1 : 0)) - 1;
}

/** The signed value of a register whose first byte is `bytes[offset]`. Allocates nothing. */
export function readRegister(register: Register, bytes: Uint8Array, offset: number): number {
  const raw = readUnsigned(bytes, offset, register.size, register.byteOrder);
  if (register.sign === 'unsigned') return raw;
  if (register.sign === 'twos-complement') {
    const shift = 32 - 8 * register.size;
    return (raw << shift) >> shift;
  }
  const magnitude = raw & ((1 << register.signBit) - 1);
  return (raw >> register.signBit) & 1 ? -magnitude : magnitude;
}

/**
 * Writes a signed value at `bytes[offset]` and what follows. Throws ArmatureError `E_REGISTER_VALUE` for one outside of what
 * the register takes; allocates nothing else.
 */
export function writeRegister(register: Register, value: number, bytes: Uint8Array, offset: number): void {
  if (!Number.isInteger(value) || value < register.minimum || value > register.maximum) {
    throw new ArmatureError('E_REGISTER_VALUE', `register ${register.name} does not take ${value}`, {
      expected: `a whole number from ${register.minimum} to ${register.maximum}`,
      found: String(value),
      remedy: 'Give a value within the range of the register.',
    });
  }
  storeRegister(register, value, bytes, offset);
}

/** As `writeRegister`, for what the servo itself puts into its registers: the range is not asked for. */
export function storeRegister(register: Register, value: number, bytes: Uint8Array, offset: number): void {
  const isNegativeMagnitude = register.sign === 'sign-magnitude' && value < 0;
  const raw = isNegativeMagnitude ? -value | (1 << register.signBit) : value;
  for (let index = 0; index < register.size; index++) {
    const shift = 8 * (register.byteOrder === 'little' ? index : register.size - 1 - index);
    bytes[offset + index] = (raw >> shift) & 0xff;
  }
}

function readUnsigned(bytes: Uint8Array, offset: number, size: number, byteOrder: ByteOrder): number {
  let value = 0;
  for (let index = 0; index < size; index++) {
    const place = byteOrder === 'little' ? offset + size - 1 - index : offset + index;
    // Multiplied, not shifted: four bytes without a sign do not fit into the 32 bits with one that shifts work in.
    value = value * 256 + (bytes[place] ?? 0);
  }
  return value;
}
