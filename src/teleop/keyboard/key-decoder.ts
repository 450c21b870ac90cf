import { StringDecoder } from 'node:string_decoder';
import { escapeSequence } from './escape-sequence.ts';
import { FINAL_NAMES, NUMBER_NAMES, keyOfCharacter, nameOfPoint } from './key-names.ts';
import type { KeyEvent } from './key-source.ts';

/** What the bytes of a terminal mean. */
export type TerminalEvent =
  | { readonly type: 'key'; readonly event: KeyEvent }
  /** The window of the terminal has, or has no longer, the keys. */
  | { readonly type: 'focus'; readonly isIn: boolean }
  /** The terminal knows the kitty keyboard protocol, and has these of its flags on. */
  | { readonly type: 'kitty-flags'; readonly flags: number };

const ESCAPE = '\u001b';
const PASTE_BEGIN = '200';
const PASTE_END = `${ESCAPE}[201~`;
/** Bits of modifiers, less one in the sequence. */
const [SHIFT, ALT, CTRL] = [1, 2, 4];
const LAST_ASCII = 127;
const KINDS = { 1: 'press', 2: 'repeat', 3: 'release' } as const;

/**
 * Turns the bytes of a terminal into keys: UTF-8, escape sequences of the usual terminals and of the kitty keyboard
 * protocol, wherever they are split. An ESC may be the Escape key or the beginning of a sequence: whoever feeds this calls
 * `settle` when nothing has followed it for a moment. Pasted text is dropped: nobody pressed those keys.
 */
export class KeyDecoder {
  readonly #utf8 = new StringDecoder('utf8');
  #text = '';
  #isPasting = false;

  /** True when what came last may be the beginning of something longer. */
  get isWaiting(): boolean {
    return this.#text !== '' && !this.#isPasting;
  }

  push(bytes: Buffer): TerminalEvent[] {
    this.#text += this.#utf8.write(bytes);
    const events: TerminalEvent[] = [];
    while (this.#text !== '' && this.#takeNext(events));
    return events;
  }

  /** Nothing followed: a lone ESC is the Escape key, and ESC with a beginning is Alt with it. */
  settle(): readonly TerminalEvent[] {
    if (!this.isWaiting) return [];
    const text = this.#text;
    this.#text = '';
    if (text === ESCAPE) return key(keyOfCharacter(ESCAPE, false));
    return text.length === 2 ? key(keyOfCharacter(text.slice(1), true)) : [];
  }

  /** Takes what stands first; false when the rest of it is still to come. */
  #takeNext(events: TerminalEvent[]): boolean {
    if (this.#isPasting) return this.#skipPaste();
    const text = this.#text;
    if (!text.startsWith(ESCAPE)) {
      const [character = ''] = text;
      return this.#take(character.length, key(keyOfCharacter(character, false)), events);
    }
    const sequence = escapeSequence(text.slice(1));
    switch (sequence.kind) {
      case 'unfinished':
        return false;
      case 'text':
        return this.#take(1 + sequence.length, [], events);
      case 'single':
        return this.#take(1 + sequence.length, named(FINAL_NAMES[sequence.final], ''), events);
      case 'control': {
        const { length, parameters, final } = sequence;
        if (final === '~' && parameters === PASTE_BEGIN) this.#isPasting = true;
        return this.#take(1 + length, controlEvents(parameters, final), events);
      }
      case 'none':
        return this.#takeEscape(text.slice(1), events);
    }
  }

  /** ESC and something that begins no sequence: two keys, or Alt. */
  #takeEscape(text: string, events: TerminalEvent[]): boolean {
    const [character = ''] = text;
    if (character === ESCAPE) return this.#take(1, key(keyOfCharacter(ESCAPE, false)), events);
    return this.#take(1 + character.length, key(keyOfCharacter(character, true)), events);
  }

  #take(length: number, found: readonly TerminalEvent[], events: TerminalEvent[]): boolean {
    this.#text = this.#text.slice(length);
    events.push(...found);
    return true;
  }

  #skipPaste(): boolean {
    const end = this.#text.indexOf(PASTE_END);
    this.#isPasting = end < 0;
    // Its end may be split as well.
    this.#text = end < 0 ? this.#text.slice(1 - PASTE_END.length) : this.#text.slice(end + PASTE_END.length);
    return end >= 0;
  }
}

function controlEvents(parameters: string, final: string): readonly TerminalEvent[] {
  if (final === 'I' || final === 'O') return [{ type: 'focus', isIn: final === 'I' }];
  if (parameters.startsWith('?')) {
    return final === 'u' ? [{ type: 'kitty-flags', flags: Number(parameters.slice(1)) || 0 }] : [];
  }
  const [first = '', modifiers = ''] = parameters.split(';');
  switch (final) {
    case 'u':
      return named(nameOfKittyKey(first, modifiers), modifiers);
    case '~':
      return named(NUMBER_NAMES[Number(first)], modifiers);
    case 'Z':
      return named('tab', String(1 + SHIFT));
    default:
      return named(FINAL_NAMES[final], modifiers);
  }
}

/** @param points code points of the key: as it is, with shift, and on a standard keyboard; all but the first may be missing */
function nameOfKittyKey(points: string, modifiers: string): string | undefined {
  const [plain = 1, shifted, standard] = points.split(':').map((part) => (part === '' ? undefined : Number(part)));
  const typed = isShifted(modifiers) ? (shifted ?? plain) : plain;
  // On a keyboard of another script: what the key is on a standard one.
  return nameOfPoint(typed > LAST_ASCII ? (standard ?? typed) : typed);
}

function isShifted(modifiers: string): boolean {
  return (heldBits(modifiers.split(':')[0] ?? '') & SHIFT) !== 0;
}

function heldBits(text: string): number {
  return Math.max(0, (Number(text) || 1) - 1);
}

/** @param modifiers `bits + 1`, or `bits + 1 : kind`; may be empty. */
function named(name: string | undefined, modifiers: string): readonly TerminalEvent[] {
  if (name === undefined) return [];
  const [bits = '', kind = ''] = modifiers.split(':');
  const held = heldBits(bits);
  return key({
    key: name,
    kind: KINDS[Number(kind) as keyof typeof KINDS] ?? 'press',
    ctrl: (held & CTRL) !== 0,
    alt: (held & ALT) !== 0,
    shift: (held & SHIFT) !== 0,
  });
}

function key(event: KeyEvent | undefined): readonly TerminalEvent[] {
  return event === undefined ? [] : [{ type: 'key', event }];
}
