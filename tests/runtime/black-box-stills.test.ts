import { describe, expect, it } from 'vitest';
import type { CameraFrame, Observation } from '../../src/core/observation.ts';
import { BLACK_BOX_S } from '../../src/runtime/black-box-ring.ts';
import { BlackBoxStills } from '../../src/runtime/black-box-stills.ts';

/** What a camera of 4 x 2 pixels delivers; all pixels have this brightness. */
function seen(brightness: number, stampNs: number, [width, height] = [4, 2]): Observation {
  const value: CameraFrame = {
    camera: 'front',
    width,
    height,
    rgb: new Uint8Array(width * height * 3).fill(brightness),
    stampNs,
  };
  return { cameras: new Map([['front', { value, ageNs: 0, fresh: true }]]) } as unknown as Observation;
}

describe('BlackBoxStills', () => {
  it('keeps four pictures a second, and the newest whenever it came', () => {
    const stills = new BlackBoxStills();
    for (let index = 0; index < 32; index += 1) stills.see(seen(index, index * 1e8), index * 1e8);
    const times = stills.snapshot().map(({ timeNs }) => timeNs / 1e8);
    expect(times).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 31]);
    expect(stills.snapshot().at(-1)?.rgb[0]).toBe(31);
  });

  it('remembers as long as the black box, however long it goes on', () => {
    const stills = new BlackBoxStills();
    for (let index = 0; index < 1000; index += 1) stills.see(seen(1, index * 1e8), index * 1e8);
    const { length, 0: first } = stills.snapshot();
    expect(length).toBeLessThanOrEqual(4 * BLACK_BOX_S + 1);
    expect((999e8 - (first?.timeNs ?? 0)) / 1e9).toBeGreaterThanOrEqual(BLACK_BOX_S - 1);
  });

  it('keeps its own copy, and of a picture that has not changed only one', () => {
    const stills = new BlackBoxStills();
    const observation = seen(7, 0);
    stills.see(observation, 0);
    stills.see(observation, 1e9);
    observation.cameras.get('front')?.value.rgb.fill(9);
    expect(stills.snapshot()).toMatchObject([{ timeNs: 0, rgb: new Uint8Array(24).fill(7) }]);
  });

  it('thins large pictures, and leaves out what no camera has sent', () => {
    const stills = new BlackBoxStills();
    stills.see(seen(3, -Infinity, [640, 480]), 0);
    expect(stills.snapshot()).toEqual([]);
    stills.see(seen(3, 5, [640, 480]), 1);
    const [still] = stills.snapshot();
    expect(still).toMatchObject({ width: 91, height: 68, rgb: new Uint8Array(91 * 68 * 3).fill(3) });
  });
});
