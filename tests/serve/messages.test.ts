import { describe, expect, it } from 'vitest';
import { decodePicture, encodePicture, pageMessage, parseMessage } from '../../src/serve/messages.ts';

describe('messages between page and runtime', () => {
  it('carry pictures to the bit', () => {
    const rgb = Uint8Array.from({ length: 4 * 3 * 3 }, (_, index) => index);
    const header = { camera: 'front', width: 4, height: 3, stride: 1, number: 7, ageMs: 12.5 };
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

describe('what a page that works an arm may say', () => {
  const axes = { x: 0, y: 0, z: 0, roll: 0, pitch: 0, yaw: 0, gripper: 0, joint: 0 };
  const jog = { kind: 'jog', axes, isDeadManHeld: true, seenMs: 1, operator: 'token' };

  it('is a push of every axis within its ends', () => {
    expect(parseMessage(pageMessage, JSON.stringify(jog))).toEqual(jog);
    const wrong = [{ x: 1.01 }, { x: -2 }, { x: null }, { x: '1' }, { w: 0 }, { x: undefined }];
    for (const change of wrong) {
      const text = JSON.stringify({ ...jog, axes: { ...axes, ...change } });
      expect(() => parseMessage(pageMessage, text), text).toThrow(/E_DASHBOARD_MESSAGE/);
    }
    for (const change of [{ seenMs: null }, { isDeadManHeld: 1 }, { operator: undefined }, { more: 1 }]) {
      expect(() => parseMessage(pageMessage, JSON.stringify({ ...jog, ...change }))).toThrow(/E_DASHBOARD_MESSAGE/);
    }
  });

  it('carries the token of the operator in all that moves, sets, records or resets', () => {
    const requests = [
      { kind: 'take-control' },
      { kind: 'leave-control' },
      { kind: 'set', action: { kind: 'joint', number: 2 } },
      { kind: 'session', action: 'begin' },
      { kind: 'reset' },
    ];
    for (const request of requests) {
      expect(() => parseMessage(pageMessage, JSON.stringify(request))).toThrow(/E_DASHBOARD_MESSAGE/);
      const text = JSON.stringify({ ...request, operator: 'token' });
      expect(parseMessage(pageMessage, text)).toMatchObject(request);
    }
    for (const action of [{ kind: 'joint', number: 0 }, { kind: 'speed', speed: 'ludicrous' }, { kind: 'arm' }]) {
      const text = JSON.stringify({ kind: 'set', action, operator: 'token' });
      expect(() => parseMessage(pageMessage, text)).toThrow(/E_DASHBOARD_MESSAGE/);
    }
  });
});
