/** Codes of absolute axes and keys, from linux/input-event-codes.h. */
export const ABS = {
  X: 0x00,
  Y: 0x01,
  Z: 0x02,
  RX: 0x03,
  RY: 0x04,
  RZ: 0x05,
  GAS: 0x09,
  BRAKE: 0x0a,
  HAT0X: 0x10,
  HAT0Y: 0x11,
} as const;

/** Buttons of gamepads are named by where they are; those of joysticks (0x120 on) have numbers. */
export const KEY = {
  BASE: 0x100,
  JOYSTICK: 0x120,
  SOUTH: 0x130,
  EAST: 0x131,
  TR: 0x137,
  TL2: 0x138,
  TR2: 0x139,
  SELECT: 0x13a,
  START: 0x13b,
  THUMBL: 0x13d,
  THUMBR: 0x13e,
  LAST: 0x2ff,
} as const;

/** Something that was pushed or let go. */
export interface PadEvent {
  readonly kind: 'axis' | 'key';
  /** One of ABS or KEY. */
  readonly code: number;
  /** An axis in [-1, 1], a trigger from -1 at rest; a key 0 or 1. */
  readonly value: number;
}

/** Codes that are set in a capability of sysfs: words in hexadecimal, the highest first. @param wordBits 64 or 32 */
export function capabilityCodes(text: string, wordBits: number): number[] {
  const words = text.trim().split(/\s+/).toReversed();
  return words.flatMap((word, index) => {
    const bits = /^[0-9a-f]+$/i.test(word) ? BigInt(`0x${word}`) : 0n;
    return Array.from({ length: wordBits }, (_, bit) => bit)
      .filter((bit) => ((bits >> BigInt(bit)) & 1n) === 1n)
      .map((bit) => index * wordBits + bit);
  });
}
