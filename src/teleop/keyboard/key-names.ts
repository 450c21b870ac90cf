import type { KeyEvent } from './key-source.ts';

/** Final bytes of `ESC [ ... X` and `ESC O X`. */
export const FINAL_NAMES: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
};

/** Numbers of `ESC [ number ~`. */
export const NUMBER_NAMES: Readonly<Record<number, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'page-up',
  6: 'page-down',
  7: 'home',
  8: 'end',
  11: 'f1',
  12: 'f2',
  13: 'f3',
  14: 'f4',
  15: 'f5',
  17: 'f6',
  18: 'f7',
  19: 'f8',
  20: 'f9',
  21: 'f10',
  23: 'f11',
  24: 'f12',
};

/** Code points that have a name; those from 57399 on are keys of the number pad in the kitty keyboard protocol. */
const POINT_NAMES: Readonly<Record<number, string>> = {
  9: 'tab',
  13: 'enter',
  27: 'escape',
  32: 'space',
  127: 'backspace',
  57409: ',',
  57410: '/',
  57411: '*',
  57412: '-',
  57413: '+',
  57414: 'enter',
  57415: '=',
  57417: 'left',
  57418: 'right',
  57419: 'up',
  57420: 'down',
  57421: 'page-up',
  57422: 'page-down',
  57423: 'home',
  57424: 'end',
  57425: 'insert',
  57426: 'delete',
};
const NUMBER_PAD_ZERO = 57399;
/** Code points the kitty keyboard protocol gives to keys that type nothing, such as shift. */
const NAMELESS = { first: 57344, last: 63743 } as const;

/** Name of the key with this code point; undefined for one that nobody asks for. */
export function nameOfPoint(point: number): string | undefined {
  const name = POINT_NAMES[point];
  if (name !== undefined) return name;
  if (point >= NUMBER_PAD_ZERO && point < NUMBER_PAD_ZERO + 10) return String(point - NUMBER_PAD_ZERO);
  if (!(point > 32) || point > 0x10ffff || (point >= NAMELESS.first && point <= NAMELESS.last)) return undefined;
  return String.fromCodePoint(point).toLowerCase();
}

/** A key that came as one character, or as ESC and one character. */
export function keyOfCharacter(character: string, alt: boolean): KeyEvent | undefined {
  const point = character.codePointAt(0) ?? 0;
  const plain = { kind: 'press', ctrl: false, alt, shift: false } as const;
  if (point === 8) return { ...plain, key: 'backspace' };
  if (point === 10) return { ...plain, key: 'enter' };
  const name = nameOfPoint(point);
  if (name !== undefined) return { ...plain, key: name, shift: name.length === 1 && name !== character };
  if (point === 0) return { ...plain, key: 'space', ctrl: true };
  // Ctrl and a letter is the letter less 96.
  if (point <= 26) return { ...plain, key: String.fromCodePoint(point + 96), ctrl: true };
  return undefined;
}
