import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../src/drivers/ros/backoff.ts';
import { Liveness } from '../../../src/drivers/ros/liveness.ts';
import '../../property-seed.ts';

describe('a peer that falls silent', () => {
  it('gets no commands soon, and is lost within 300 ms', () => {
    const peer = new Liveness(0);
    expect(peer.mayCommand(50e6)).toBe(true);
    expect(peer.mayCommand(150e6)).toBe(false);
    expect(peer.isLost(150e6)).toBe(false);
    // It is looked at every 40 ms.
    expect(peer.isLost(260e6)).toBe(true);
    peer.hear(260e6);
    expect([peer.mayCommand(270e6), peer.isLost(270e6)]).toEqual([true, false]);
  });
});

describe('the wait before the next attempt to connect', () => {
  it('doubles up to eight seconds, and keeps between half of that and all of it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 12 }),
        (randoms) => {
          let index = 0;
          const backoff = new Backoff(() => randoms[index++ % randoms.length] ?? 0);
          for (let attempt = 0; attempt < 12; attempt += 1) {
            const fullMs = Math.min(100 * 2 ** attempt, 8000);
            const waitMs = backoff.next();
            expect(waitMs).toBeGreaterThanOrEqual(fullMs / 2);
            expect(waitMs).toBeLessThanOrEqual(fullMs);
          }
          backoff.reset();
          expect(backoff.next()).toBeLessThanOrEqual(100);
        },
      ),
    );
  });
});
