/** What stands behind an ESC. */
export type EscapeSequence =
  /** `[ parameters final` (ECMA-48 5.4). */
  | { readonly kind: 'control'; readonly length: number; readonly parameters: string; readonly final: string }
  /** `O final`. */
  | { readonly kind: 'single'; readonly length: number; readonly final: string }
  /** A string such as `] text BEL`, which is no key. */
  | { readonly kind: 'text'; readonly length: number }
  /** The beginning of one of these. */
  | { readonly kind: 'unfinished' }
  /** None: the ESC is a key. */
  | { readonly kind: 'none' };

const CONTROL = /^\[([0-?]*)[ -/]*([@-~])?/;
/** Beginnings of strings: device control, start of string, operating system command, privacy message, application. */
const STRINGS = 'PX]^_';
const [BELL, ESCAPE] = ['\u0007', '\u001b'];
/** A sequence that does not end by then is none. */
const MOST_CHARACTERS = 256;
const UNFINISHED: EscapeSequence = { kind: 'unfinished' };

/** @param text what stands behind the ESC; lengths count from there */
export function escapeSequence(text: string): EscapeSequence {
  const [first = ''] = text;
  if (first === '') return UNFINISHED;
  if (first === '[') return controlSequence(text);
  if (first === 'O') {
    const [, final] = text;
    if (final === undefined) return UNFINISHED;
    return final >= ' ' && final <= '~' ? { kind: 'single', length: 2, final } : { kind: 'none' };
  }
  return STRINGS.includes(first) ? stringSequence(text) : { kind: 'none' };
}

function controlSequence(text: string): EscapeSequence {
  const [all = '', parameters = '', final] = CONTROL.exec(text) ?? [];
  if (final !== undefined) return { kind: 'control', length: all.length, parameters, final };
  return all.length === text.length ? orTooLong(text) : { kind: 'none' };
}

function stringSequence(text: string): EscapeSequence {
  const ends = [BELL, ESCAPE].map((character) => text.indexOf(character)).filter((index) => index >= 0);
  if (ends.length === 0) return orTooLong(text);
  const end = Math.min(...ends);
  if (text[end] === BELL) return { kind: 'text', length: end + 1 };
  if (end + 1 === text.length) return UNFINISHED;
  // ESC and a backslash end it; ESC and anything else begin something new.
  return { kind: 'text', length: text[end + 1] === '\\' ? end + 2 : end };
}

function orTooLong(text: string): EscapeSequence {
  return text.length > MOST_CHARACTERS ? { kind: 'text', length: text.length } : UNFINISHED;
}
