import { describe, expect, it } from 'vitest';
import { SightRequest } from '../../src/runtime/sight-request.ts';

describe('a request for a sight', () => {
  it('is answered once, however often it was made', () => {
    const asking = new SightRequest();
    const answering = new SightRequest(asking.shared);
    expect(answering.take()).toBe(false);
    asking.ask();
    asking.ask();
    expect(answering.take()).toBe(true);
    expect(answering.take()).toBe(false);
  });

  it('is for one episode at a time, until that is left', () => {
    const asking = new SightRequest();
    const [first, second] = [new SightRequest(asking.shared), new SightRequest(asking.shared)];
    expect(first.claim(1)).toBe(true);
    expect(second.claim(2)).toBe(false);
    second.leave(2);
    expect(second.claim(2)).toBe(false);
    first.leave(1);
    expect(second.claim(2)).toBe(true);
  });
});
