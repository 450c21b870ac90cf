import { describe, expect, it } from 'vitest';
import { decodePicture, encodePicture, pageMessage, parseMessage } from '../../src/serve/messages.ts';

describe('messages between page and runtime', () => {
  it('carry pictures to the bit', () => {
    const rgb = Uint8Array.from({ length: 4 * 3 * 3 }, (_, index) => index);
    const header = { camera: 'front', width: 4, height: 3, number: 7, ageMs: 12.5 };
    const bytes = encodePicture(header, rgb);
    expect(decodePicture(bytes)).toEqual({ header, rgb });
    for (const length of [0, 3, 10, bytes.length - 1]) {
      expect(() => decodePicture(bytes.subarray(0, length))).toThrow(/E_DASHBOARD_MESSAGE/);
    }
  });

  it('are refused when they are not of the table', () => {
    expect(parseMessage(pageMessage, '{"kind":"stop"}')).toEqual({ kind: 'stop' });
    const wrong = [
      'stop',
      '{"kind":"arm"}',
      '{"kind":"stop","share":1}',
      '{"kind":"slow","share":0}',
      '{"kind":"fast","share":1}',
      '{"kind":"fast","share":2,"operator":"x"}',
      '{"kind":"begin","text":"  ","operator":"x"}',
    ];
    for (const text of wrong) expect(() => parseMessage(pageMessage, text), text).toThrow(/E_DASHBOARD_MESSAGE/);
  });
});
