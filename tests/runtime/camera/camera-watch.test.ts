import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CameraWatch } from '../../../src/runtime/camera/camera-watch.ts';

const MS = 1e6;

/** A watch that saw pictures at a steady rate up to and including `lastMs`, all different. */
function watched(rateHz: number, lastMs: number, frozenMs?: number): CameraWatch {
  const watch = new CameraWatch(frozenMs);
  for (let frame = 0; frame <= (lastMs / 1000) * rateHz; frame += 1) {
    const stampNs = (frame / rateHz) * 1e9;
    watch.arrived(stampNs, stampNs);
  }
  return watch;
}

describe('a camera', () => {
  it('is lost until it gives a picture', () => {
    expect(new CameraWatch().at(5e9)).toEqual({ state: 'lost', rateHz: 0, ageMs: Infinity });
  });

  it.each([5, 10, 30, 60])('of %i Hz is ok while pictures come, with its rate and the age of the newest', (rateHz) => {
    const { state, rateHz: measuredHz, ageMs } = watched(rateHz, 5000).at(5000 * MS + 0.3e9 / rateHz);
    expect(state).toBe('ok');
    expect(measuredHz).toBeCloseTo(rateHz, 6);
    expect(ageMs).toBeCloseTo(300 / rateHz, 6);
  });

  it.each([7, 15, 30, 60])('of %i Hz that falls silent is lost within 450 ms, and not before 350', (rateHz) => {
    const watch = watched(rateHz, 4000);
    const { ageMs } = watch.at(4000 * MS);
    expect(watch.at((4350 - ageMs) * MS).state).toBe('ok');
    expect(watch.at((4450 - ageMs) * MS).state).toBe('lost');
    expect(watch.at((6000 - ageMs) * MS).rateHz).toBeLessThan(0.6 * rateHz);
  });

  it('that is slow is given time', () => {
    const watch = watched(1, 4000);
    expect(watch.at(6000 * MS).state).toBe('ok');
    expect(watch.at(6600 * MS).state).toBe('lost');
  });

  it.each([7, 15, 30, 60])(
    'of %i Hz whose picture stands still is frozen within 500 ms, and ok once it changes',
    (rateHz) => {
      const watch = watched(rateHz, 3000);
      const lastNs = Math.floor(3 * rateHz) * (1e9 / rateHz);
      const states = new Set<string>();
      let stampNs = lastNs;
      while (stampNs + 1e9 / rateHz < lastNs + 500 * MS) {
        stampNs += 1e9 / rateHz;
        watch.arrived(stampNs, lastNs);
        states.add(watch.at(stampNs).state);
      }
      expect([...states]).toEqual(['ok', 'frozen']);
      stampNs += 1e9 / rateHz;
      watch.arrived(stampNs, stampNs);
      expect(watch.at(stampNs).state).toBe('ok');
    },
  );

  it('may stand still where that is allowed', () => {
    const watch = watched(30, 1000, 0);
    for (let frame = 31; frame < 120; frame += 1) watch.arrived(frame * 33e6, 33e6);
    expect(watch.at(120 * 33e6).state).toBe('ok');
  });

  it('is never called ok on pictures that are old', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 0, max: 5000 }), (gapsMs, silenceMs) => {
        const watch = new CameraWatch();
        let nowMs = 0;
        for (const gap of gapsMs) watch.arrived((nowMs += gap) * MS, nowMs * MS);
        const { state, rateHz, ageMs } = watch.at((nowMs + silenceMs) * MS);
        expect(ageMs).toBeCloseTo(silenceMs, 6);
        if (silenceMs > 2.5 * 900) expect(state).toBe('lost');
        if (silenceMs <= 400) expect(state).toBe('ok');
        expect(rateHz).toBeGreaterThanOrEqual(0);
        expect(rateHz).toBeLessThanOrEqual(1000);
      }),
    );
  });
});
