import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeActions, encodeAction } from '../../src/actions/action-codec.ts';
import type { LayoutSpec } from '../../src/tokens/layout-spec.ts';
import { exampleLayout } from '../tokens/example-layout.ts';

const spec = { ...exampleLayout(), leashRad: 10 };
const exact = withCodec({ deadbandBins: 0 });
const lower = withCodec({ decode: 'lower' });
const joints = spec.actions.length;
const zeros = new Float64Array(joints);

function withCodec(changes: Partial<LayoutSpec['codec']>): LayoutSpec {
  return { ...spec, codec: { ...spec.codec, ...changes } };
}

/** A command and a target that the action range reaches from it. */
const reachable = fc
  .array(fc.tuple(fc.double({ min: -1.5, max: 1.5, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })), {
    minLength: joints,
    maxLength: joints,
  })
  .map((draws) => ({
    commandRad: draws.map(([command]) => command),
    targetRad: draws.map(([command, share], joint) => {
      const { kind = 'delta', lowRad = 0, highRad = 0 } = spec.actions[joint] ?? {};
      return (kind === 'delta' ? command : 0) + lowRad + share * (highRad - lowRad);
    }),
  }));

function binWidth(joint: number): number {
  const { lowRad = 0, highRad = 0 } = spec.actions[joint] ?? {};
  return (highRad - lowRad) / spec.codec.bins;
}

describe('action codec', () => {
  it.each([
    ['half a bin at bin centres', exact, 0.5],
    ['a bin at lower edges', lower, 1],
    ['a bin with the dead band', spec, 1],
  ])('loses at most %s of a reachable target', (_, layout, bins) => {
    fc.assert(
      fc.property(reachable, ({ commandRad, targetRad }) => {
        const { ids, clips } = encodeAction(layout, targetRad, commandRad);
        const decoded = decodeActions(layout, ids, commandRad, zeros);
        decoded.forEach((value, joint) => {
          expect(Math.abs(value - (targetRad[joint] ?? 0))).toBeLessThanOrEqual(bins * binWidth(joint) + 1e-12);
        });
        // A target on the very edge may lie one rounding error beyond it.
        expect(clips === 0 || targetRad.some((_, joint) => ids[joint] === 32000 || ids[joint] === 33023)).toBe(true);
      }),
    );
  });

  it('gets every token back from its own target', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1023 }), (bin) => {
        const ids = Array<number>(joints).fill(32000 + bin);
        expect([...encodeAction(exact, decodeActions(exact, ids, zeros, zeros), zeros).ids]).toEqual(ids);
      }),
    );
  });

  it('rests at exactly the command', () => {
    for (const layout of [spec, lower]) {
      const command = Float64Array.of(0.1, -0.2, 0.3, -0.4, 0.5, 0.6);
      const { ids } = encodeAction(layout, command, command);
      expect([...ids.subarray(0, 5)]).toEqual(Array(5).fill(32512));
      expect(decodeActions(layout, ids, command, command).subarray(0, 5)).toEqual(command.subarray(0, 5));
    }
  });

  it('has a dead band of the bins nearer to zero than deadbandBins, and no wider', () => {
    const deltaOf = (layout: LayoutSpec, bin: number): number | undefined =>
      decodeActions(layout, Array<number>(joints).fill(32000 + bin), zeros, zeros)[0];
    expect([510, 511, 512, 513].map((bin) => deltaOf(spec, bin) === 0)).toEqual([false, true, true, false]);
    expect([510, 511, 512, 513].map((bin) => deltaOf(lower, bin) === 0)).toEqual([false, false, true, false]);
  });

  it('saturates and counts targets out of reach', () => {
    const { ids, clips } = encodeAction(spec, [1, -1, 0, 0, 0, 5], zeros);
    expect(clips).toBe(3);
    expect([ids[0], ids[1], ids[5]]).toEqual([33023, 32000, 33023]);
  });

  it('keeps targets on the leash of the measured position', () => {
    const anyBins = fc.array(fc.integer({ min: 0, max: 1023 }), { minLength: joints, maxLength: joints });
    const angles = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: joints, maxLength: joints });
    fc.assert(
      fc.property(anyBins, angles, angles, (bins, command, measured) => {
        const ids = bins.map((bin) => 32000 + bin);
        const targets = decodeActions({ ...spec, leashRad: 0.3 }, ids, command, measured);
        targets.forEach((target, joint) => {
          expect(Math.abs(target - (measured[joint] ?? 0))).toBeLessThanOrEqual(0.3 + 1e-12);
        });
      }),
    );
  });

  it.each([Number.NaN, Infinity])('refuses %d wherever it stands', (value) => {
    const broken = Float64Array.of(0, 0, 0, 0, value, 0);
    const { ids } = encodeAction(spec, zeros, zeros);
    expect(() => encodeAction(spec, broken, zeros)).toThrow(/E_NOT_FINITE: the target of "wrist_roll"/);
    expect(() => encodeAction(spec, zeros, broken)).toThrow('E_NOT_FINITE');
    expect(() => decodeActions(spec, ids, broken, zeros)).toThrow('E_NOT_FINITE');
    expect(() => decodeActions(spec, ids, zeros, broken)).toThrow('E_NOT_FINITE');
  });

  it.each([31999, 33024, 0, 32000.5, Number.NaN])('refuses %d as an action token', (id) => {
    expect(() => decodeActions(spec, [id, 32000, 32000, 32000, 32000, 32000], zeros, zeros)).toThrow('E_ACTION_TOKEN');
  });

  it('refuses arrays of another robot', () => {
    expect(() => encodeAction(spec, [0, 0], zeros)).toThrow('E_JOINT_COUNT');
    expect(() => decodeActions(spec, [32000], zeros, zeros)).toThrow('E_JOINT_COUNT');
  });
});
