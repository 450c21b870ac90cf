import { ABS, KEY } from '../../../src/teleop/gamepad/input-codes.ts';
import type { DeviceFolder, PluggedDevice } from '../device-folder.ts';

/** What a system with 64-bit words writes for a set of codes. */
export function capability(codes: readonly number[]): string {
  const words: bigint[] = [];
  for (const code of codes) {
    const word = Math.floor(code / 64);
    while (words.length <= word) words.push(0n);
    words[word] = (words[word] ?? 0n) | (1n << BigInt(code % 64));
  }
  return `${words
    .map((word) => word.toString(16))
    .toReversed()
    .join(' ')}\n`;
}

const UPPER = [0x130, 0x131, 0x133, 0x134, 0x136, 0x137];
const LOWER = [KEY.SELECT, KEY.START, 0x13c, KEY.THUMBL, KEY.THUMBR];
/** Ascending, as the kernel numbers them. */
const BUTTONS = [...UPPER, ...LOWER];
const BUTTONS_AND_TRIGGERS = [...UPPER, KEY.TL2, KEY.TR2, ...LOWER];
const HAT = [ABS.HAT0X, ABS.HAT0Y];

/** Pads as they describe themselves. */
export const PADS = {
  xbox: {
    name: 'Microsoft X-Box 360 pad',
    vendor: '045e',
    product: '028e',
    axes: [ABS.X, ABS.Y, ABS.Z, ABS.RX, ABS.RY, ABS.RZ, ...HAT],
    keys: BUTTONS,
  },
  dualSense: {
    name: 'Sony Interactive Entertainment DualSense Wireless Controller',
    vendor: '054c',
    product: '0ce6',
    axes: [ABS.X, ABS.Y, ABS.Z, ABS.RX, ABS.RY, ABS.RZ, ...HAT],
    keys: BUTTONS_AND_TRIGGERS,
  },
  xboxBluetooth: {
    name: 'Xbox Wireless Controller',
    vendor: '045e',
    product: '0b13',
    axes: [ABS.X, ABS.Y, ABS.Z, ABS.RZ, ABS.GAS, ABS.BRAKE, ...HAT],
    keys: BUTTONS,
  },
  switchPro: {
    name: 'Nintendo Switch Pro Controller',
    vendor: '057e',
    product: '2009',
    axes: [ABS.X, ABS.Y, ABS.RX, ABS.RY, ...HAT],
    keys: BUTTONS_AND_TRIGGERS,
  },
  logitech: {
    name: 'Logitech Logitech Dual Action',
    vendor: '046d',
    product: 'c216',
    axes: [ABS.X, ABS.Y, ABS.Z, ABS.RZ, ...HAT],
    keys: Array.from({ length: 12 }, (_, number) => KEY.JOYSTICK + number),
  },
  /** No pads: what else the system takes for a joystick. */
  motionSensors: {
    name: 'Sony Interactive Entertainment DualSense Wireless Controller Motion Sensors',
    vendor: '054c',
    product: '0ce6',
    axes: [ABS.X, ABS.Y, ABS.Z, ABS.RX, ABS.RY, ABS.RZ],
    keys: [],
  },
  spaceMouse: {
    name: '3Dconnexion SpaceMouse Compact',
    vendor: '256f',
    product: 'c635',
    axes: [ABS.X, ABS.Y, ABS.Z, ABS.RX, ABS.RY, ABS.RZ],
    keys: [0x100, 0x101],
  },
} as const;

export type Pad = (typeof PADS)[keyof typeof PADS];

export function plugPad(folder: DeviceFolder, node: string, { name, vendor, product, axes, keys }: Pad): PluggedDevice {
  return folder.plug(node, {
    name: `${name}\n`,
    'id/vendor': `${vendor}\n`,
    'id/product': `${product}\n`,
    'capabilities/abs': capability(axes),
    'capabilities/key': capability(keys),
  });
}

/** A record of a joystick device. @param value -32767 to 32767 for an axis, 0 or 1 for a button */
export function jsEvent(kind: 'axis' | 'button', number: number, value: number, isInitial = false): Buffer {
  const record = Buffer.alloc(8);
  record.writeUInt32LE(12_345, 0);
  record.writeInt16LE(value, 4);
  record.writeUInt8((kind === 'axis' ? 2 : 1) | (isInitial ? 0x80 : 0), 6);
  record.writeUInt8(number, 7);
  return record;
}

/** What a joystick device says when it is opened: where everything is. */
export function jsInitial({ axes, keys }: Pad, triggers: readonly number[]): Buffer {
  return Buffer.concat([
    ...keys.map((_, number) => jsEvent('button', number, 0, true)),
    ...axes.map((axis, number) => jsEvent('axis', number, triggers.includes(axis) ? -32767 : 0, true)),
  ]);
}

/** A record of an event device on a system of 64 bits. */
export function inputEvent(type: number, code: number, value: number): Buffer {
  const record = Buffer.alloc(24);
  record.writeBigInt64LE(1_700_000_000n, 0);
  record.writeUInt16LE(type, 16);
  record.writeUInt16LE(code, 18);
  record.writeInt32LE(value, 20);
  return record;
}
