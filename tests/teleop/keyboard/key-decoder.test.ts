import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyDecoder } from '../../../src/teleop/keyboard/key-decoder.ts';
import type { TerminalEvent } from '../../../src/teleop/keyboard/key-decoder.ts';

/** What a key looks like in a table: `ctrl+alt+shift+name`, and `:repeat` or `:release` behind it. */
function show(found: TerminalEvent): string {
  if (found.type !== 'key') return JSON.stringify(found);
  const { key, kind, ctrl, alt, shift } = found.event;
  const held = [ctrl && 'ctrl+', alt && 'alt+', shift && 'shift+'].filter((text) => text !== false).join('');
  return `${held}${key}${kind === 'press' ? '' : `:${kind}`}`;
}

function decode(text: string | Buffer): string[] {
  const decoder = new KeyDecoder();
  return [...decoder.push(Buffer.from(text)), ...decoder.settle()].map(show);
}

const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ['letters', 'wA1', ['w', 'shift+a', '1']],
  ['named characters', ' \r\n\t\u007f\b', ['space', 'enter', 'enter', 'tab', 'backspace', 'backspace']],
  ['control characters', '\u0003\u0001\u0000', ['ctrl+c', 'ctrl+a', 'ctrl+space']],
  ['UTF-8', 'éß€🙂', ['é', 'ß', '€', '🙂']],
  ['arrows', '\u001b[A\u001b[B\u001b[C\u001b[D', ['up', 'down', 'right', 'left']],
  ['arrows of the application mode', '\u001bOA\u001bOD', ['up', 'left']],
  ['arrows with modifiers', '\u001b[1;5C\u001b[1;2A\u001b[1;3D', ['ctrl+right', 'shift+up', 'alt+left']],
  ['pages', '\u001b[5~\u001b[6~\u001b[3~\u001b[1~\u001b[F', ['page-up', 'page-down', 'delete', 'home', 'end']],
  ['function keys', '\u001bOP\u001b[15~\u001b[24~', ['f1', 'f5', 'f12']],
  ['a lone Escape', '\u001b', ['escape']],
  ['Escape twice', '\u001b\u001b', ['escape', 'escape']],
  ['Alt and a letter', '\u001bw\u001bé', ['alt+w', 'alt+é']],
  ['shift and tab', '\u001b[Z', ['shift+tab']],
  ['kitty: press, repeat, release', '\u001b[119u\u001b[119;1:2u\u001b[119;1:3u', ['w', 'w:repeat', 'w:release']],
  ['kitty: arrows', '\u001b[1;1:1A\u001b[1;1:3A', ['up', 'up:release']],
  ['kitty: Escape and enter', '\u001b[27u\u001b[13;1:3u', ['escape', 'enter:release']],
  [
    'kitty: modifiers, caps and num lock',
    '\u001b[99;5u\u001b[97:65;2u\u001b[119;65u\u001b[119;129:2u',
    ['ctrl+c', 'shift+a', 'w', 'w:repeat'],
  ],
  [
    'kitty: other layouts',
    '\u001b[38:49;2u\u001b[1094::119u\u001b[61:43;2u\u001b[1094:1062:119;2:3u',
    ['shift+1', 'w', 'shift++', 'shift+w:release'],
  ],
  ['kitty: number pad', '\u001b[57404u\u001b[57419;1:3u', ['5', 'up:release']],
  ['kitty: keys that type nothing', '\u001b[57441;2u\u001b[57441;1:3u', []],
  ['kitty: its answer', '\u001b[?0u', ['{"type":"kitty-flags","flags":0}']],
  ['focus', '\u001b[I\u001b[O', ['{"type":"focus","isIn":true}', '{"type":"focus","isIn":false}']],
  ['pasted text is no keys', 'a\u001b[200~wwww\u001b[A\u001b[201~b', ['a', 'b']],
  ['what the terminal says of itself', '\u001b[?62;4c\u001b]11;rgb:0000/0000/0000\u0007\u001bP1$r0m\u001b\\w', ['w']],
  ['a sequence nobody knows', '\u001b[99;99Xw', ['w']],
];

describe('KeyDecoder', () => {
  it.each(CASES)('reads %s', (_, text, expected) => expect(decode(text)).toEqual(expected));

  it('reads the same, wherever the bytes are split', () => {
    const all = CASES.filter(([name]) => !name.includes('Escape'));
    const text = Buffer.from(all.map(([, part]) => part).join(''));
    const expected = all.flatMap(([, , keys]) => keys);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sizes) => {
        const decoder = new KeyDecoder();
        const found: TerminalEvent[] = [];
        for (let at = 0, part = 0; at < text.length; part += 1) {
          const size = sizes[part % sizes.length] ?? 1;
          found.push(...decoder.push(text.subarray(at, at + size)));
          at += size;
        }
        expect([...found, ...decoder.settle()].map(show)).toEqual(expected);
      }),
    );
  });

  it('waits for what may follow an Escape, and no longer', () => {
    const decoder = new KeyDecoder();
    expect(decoder.push(Buffer.from('\u001b'))).toEqual([]);
    expect(decoder.isWaiting).toBe(true);
    expect(decoder.push(Buffer.from('[A')).map(show)).toEqual(['up']);
    expect(decoder.isWaiting).toBe(false);
    expect(decoder.settle()).toEqual([]);
  });

  it('survives any bytes, and reads keys again after them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoder = new KeyDecoder();
        decoder.push(Buffer.from(bytes));
        decoder.settle();
        // Ends a paste, a string or a sequence that the bytes may have begun.
        decoder.push(Buffer.from('\u001b[201~\u0007'));
        decoder.settle();
        expect(decoder.push(Buffer.from('w')).map(show)).toEqual(['w']);
      }),
      { numRuns: 500 },
    );
  });

  it('does not keep a sequence that never ends', () => {
    const decoder = new KeyDecoder();
    decoder.push(Buffer.from(`\u001b]${'x'.repeat(1000)}`));
    expect(decoder.push(Buffer.from('w')).map(show)).toEqual(['w']);
  });
});
