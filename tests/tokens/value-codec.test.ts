import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binOf, linearId, muLaw, muLawId, separatorId, toUnit, vocabularySize } from '../../src/tokens/value-codec.ts';
import { exampleLayout } from './example-layout.ts';

const { codec } = exampleLayout();
/** Far beyond every physical value, and short of where companding overflows. */
const anyNumber = fc.double({ min: -1e300, max: 1e300, noNaN: true });

describe('value codec', () => {
  it('puts text, continuous values and the separator behind one another', () => {
    expect(linearId(-1, codec)).toBe(32000);
    expect(linearId(1, codec)).toBe(33023);
    expect(separatorId(codec)).toBe(33024);
    expect(vocabularySize(codec)).toBe(33025);
  });

  it('gives every number an id of the continuous vocabulary', () => {
    fc.assert(
      fc.property(anyNumber, (value) => {
        for (const id of [muLawId(value, codec), linearId(value, codec)]) {
          expect(Number.isInteger(id) && id >= 32000 && id < 33024).toBe(true);
        }
      }),
    );
  });

  it('never gives a larger value a smaller id', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, (one, other) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        expect(muLawId(low, codec)).toBeLessThanOrEqual(muLawId(high, codec));
        expect(linearId(low, codec)).toBeLessThanOrEqual(linearId(high, codec));
      }),
    );
  });

  it('loses at most half a bin of a value in range', () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: 2, max: 4096 }), (unit, bins) => {
        const centre = (2 * binOf(unit, bins) + 1) / bins - 1;
        expect(Math.abs(centre - unit)).toBeLessThanOrEqual(1 / bins + 1e-12);
      }),
    );
  });

  it('is odd in mu-law and linear in the unit range', () => {
    fc.assert(
      fc.property(fc.double({ min: -256, max: 256, noNaN: true }), (value) => {
        expect(muLaw(-value, codec)).toBe(-muLaw(value, codec));
        expect(Math.abs(muLaw(value, codec))).toBeLessThanOrEqual(1);
        expect(toUnit(value, -256, 256)).toBeCloseTo(value / 256, 12);
      }),
    );
  });

  it.each([Number.NaN, Infinity, -Infinity])('refuses %d', (value) => {
    expect(() => muLawId(value, codec)).toThrow('E_NOT_FINITE');
    expect(() => linearId(value, codec)).toThrow('E_NOT_FINITE');
    expect(() => binOf(value, 1024)).toThrow('E_NOT_FINITE');
  });
});
