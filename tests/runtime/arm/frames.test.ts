import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FRAME_VERSION,
  FrameReader,
  encodeNumbers,
  encodeText,
  requireLength,
} from '../../../src/runtime/arm/frames.ts';

const numbers = fc.array(fc.double(), { maxLength: 40 }).map((values) => Float64Array.from(values));

/** Bytes cut into pieces of the given sizes, over and over. */
function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const cut: Buffer[] = [];
  for (let from = 0, index = 0; from < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    cut.push(bytes.subarray(from, from + size));
    from += size;
  }
  return cut;
}

describe('frames', () => {
  it('arrive as they were sent, to the bit, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(numbers, { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (sent, sizes) => {
          const reader = new FrameReader();
          const bytes = Buffer.concat(sent.map((values) => encodeNumbers('record', values)));
          const frames = pieces(bytes, sizes).flatMap((piece) => reader.push(piece));
          expect(frames.map((frame) => frame.numbers)).toEqual(sent);
          expect(frames.every(({ kind }) => kind === 'record')).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('carry text beside numbers', () => {
    const [frame] = new FrameReader().push(encodeText('failure', { code: 'E_X', problem: 'größer' }));
    expect(JSON.parse(frame?.text ?? '')).toEqual({ code: 'E_X', problem: 'größer' });
  });

  const good = encodeNumbers('setpoint', Float64Array.of(1, 2));
  const changed = (offset: number, value: number): Buffer => {
    const bytes = Buffer.from(good);
    bytes.writeUInt8(value, offset);
    return bytes;
  };

  it.each([
    ['another beginning', changed(0, 0)],
    ['another version', changed(2, FRAME_VERSION + 1)],
    ['an unknown kind', changed(3, 99)],
    ['half a number', changed(4, 12)],
    ['a length beyond all measure', changed(7, 255)],
  ])('are refused with %s', (_, bytes) => {
    expect(() => new FrameReader().push(bytes)).toThrow(/^E_ARM_FRAME/);
  });

  it('are refused with more or fewer numbers than their kind has', () => {
    const [frame] = new FrameReader().push(good);
    if (frame === undefined) throw new Error('no frame');
    expect([...requireLength(frame, 2)]).toEqual([1, 2]);
    expect(() => requireLength(frame, 3)).toThrow(/^E_ARM_FRAME.*3 numbers in "setpoint".*Found 2/);
  });
});
