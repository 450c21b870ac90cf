import { StringDecoder } from 'node:string_decoder';
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
/** `ESC [ parameters final` (ECMA-48 5.4), `ESC O final`, and strings such as `ESC ] text BEL`, which are no keys. */
const SEQUENCES = {
  control: /^\u001b\[([0-?]*)[ -/]*([@-~])/,
  single: /^\u001bO([ -~])/,
  text: /^\u001b[PX\]^_][^\u0007\u001b]*(?:\u0007|\u001b\\)/,
} as const;
/** The beginning of one that is not there yet. */
const UNFINISHED = /^\u001b(?:\[[0-?]*[ -/]*|O|[PX\]^_][^\u0007\u001b]*\u001b?)?$/;
/** A sequence that does not end by then is none. */
const MOST_CHARACTERS = 256;
const PASTE_BEGIN = '200';
const PASTE_END = `${ESCAPE}[201~`;
/** Bits of modifiers, less one in the sequence. */
const [SHIFT, ALT, CTRL] = [1, 2, 4];
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
    const control = SEQUENCES.control.exec(text);
    if (control !== null) {
      const [all, parameters = '', final = ''] = control;
      if (final === '~' && parameters === PASTE_BEGIN) this.#isPasting = true;
      return this.#take(all.length, controlSequence(parameters, final), events);
    }
    const single = SEQUENCES.single.exec(text);
    if (single !== null) return this.#take(single[0].length, named(FINAL_NAMES[single[1] ?? ''], ''), events);
    const string = SEQUENCES.text.exec(text);
    if (string !== null) return this.#take(string[0].length, [], events);
    if (UNFINISHED.test(text)) return text.length > MOST_CHARACTERS && this.#take(text.length, [], events);
    // ESC and something that begins no sequence: two keys, or Alt.
    const [, second = ''] = text;
    if (second === ESCAPE) return this.#take(1, key(keyOfCharacter(ESCAPE, false)), events);
    const character = [...text.slice(1)][0] ?? '';
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

function controlSequence(parameters: string, final: string): readonly TerminalEvent[] {
  if (final === 'I' || final === 'O') return [{ type: 'focus', isIn: final === 'I' }];
  if (parameters.startsWith('?')) {
    return final === 'u' ? [{ type: 'kitty-flags', flags: Number(parameters.slice(1)) || 0 }] : [];
  }
  const [first = '', modifiers = ''] = parameters.split(';');
  const number = Number(first.split(':')[0] || 1);
  if (final === 'u') return named(nameOfPoint(number), modifiers);
  if (final === '~') return named(NUMBER_NAMES[number], modifiers);
  if (final === 'Z') return named('tab', String(1 + SHIFT));
  return named(FINAL_NAMES[final], modifiers);
}

/** @param modifiers `bits + 1`, or `bits + 1 : kind`; may be empty. */
function named(name: string | undefined, modifiers: string): readonly TerminalEvent[] {
  if (name === undefined) return [];
  const [bits = '', kind = ''] = modifiers.split(':');
  const held = Math.max(0, (Number(bits) || 1) - 1);
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
