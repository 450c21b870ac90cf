import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binTarget } from '../../src/actions/action-codec.ts';
import { allowedBins, chunkBins, narrowed } from '../../src/actions/allowed-bins.ts';
import type { LayoutSpec } from '../../src/tokens/layout-spec.ts';
import { contrastingLayout, exampleLayout, so101 } from '../tokens/example-layout.ts';

const commands = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 6, maxLength: 6 });

function softLimits(joint: number): [number, number] {
  const { positionRad = [0, 0], softMarginRad = 0 } = so101.joints[joint]?.limits ?? {};
  return [positionRad[0] + softMarginRad, positionRad[1] - softMarginRad];
}

function targetsOf(spec: LayoutSpec, joint: number, command: number): number[] {
  const action = spec.actions[joint];
  if (action === undefined) throw new RangeError('no such joint');
  return Array.from({ length: spec.codec.bins }, (_, bin) => binTarget(action, spec.codec, bin, command));
}

describe('allowed bins', () => {
  it.each([
    ['at bin centres', exampleLayout()],
    ['at lower edges', contrastingLayout()],
  ])('are exactly those whose target is inside the soft limits, %s', (_, spec) => {
    fc.assert(
      fc.property(commands, (command) => {
        for (const [joint, { low, high }] of allowedBins(spec, command, so101).entries()) {
          const [lowRad, highRad] = softLimits(joint);
          const targets = targetsOf(spec, joint, command[joint] ?? 0);
          const inside = targets.map((target) => target >= lowRad && target <= highRad);
          if (inside.includes(true)) {
            expect([low, high]).toEqual([inside.indexOf(true), inside.lastIndexOf(true)]);
            expect(inside.slice(low, high + 1)).not.toContain(false);
          } else {
            const distances = targets.map((target) => Math.max(lowRad - target, target - highRad));
            expect(low).toBe(high);
            expect(distances[low]).toBe(Math.min(...distances));
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('are all of them away from the limits', () => {
    expect(allowedBins(exampleLayout(), [0, 0, 0, 0, 0, 0.5], so101)).toEqual(Array(6).fill({ low: 0, high: 1023 }));
  });

  it('lead back when the command is beyond the limits', () => {
    const [pan, lift] = allowedBins(exampleLayout(), [3, -3, 0, 0, 0, 0], so101);
    expect(pan).toEqual({ low: 0, high: 0 });
    expect(lift).toEqual({ low: 1023, high: 1023 });
  });

  it('are refused for a command that is no number', () => {
    expect(() => allowedBins(exampleLayout(), [0, Number.NaN, 0, 0, 0, 0], so101)).toThrow(
      /E_NOT_FINITE: the command of "shoulder_lift"/,
    );
  });

  it('are refused for a robot that lacks a joint', () => {
    const smaller = { ...so101, joints: so101.joints.slice(0, 3) };
    expect(() => allowedBins(exampleLayout(), [0, 0, 0, 0, 0, 0], smaller)).toThrow('E_JOINT_COUNT');
  });
});

describe('masks of a chunk', () => {
  const first = Array.from({ length: 6 }, (_, joint) => ({ low: 10 * joint, high: 10 * joint + 5 }));
  const chunk = { steps: 4, execute: 3 };

  it('are those of now for the first tick and for positions, and every bin for later deltas', () => {
    const example = exampleLayout({ chunk });
    const every = { low: 0, high: example.codec.bins - 1 };
    expect(example.actions.map(({ kind }) => kind).indexOf('position')).toBe(5);
    const masks = chunkBins(example, first);
    expect(masks.slice(0, 6)).toEqual(first);
    const later = first.map((mask, joint) => (joint === 5 ? mask : every));
    expect(masks.slice(6)).toEqual([...later, ...later]);
  });

  it('move a token of a later tick to the nearest allowed bin when its tick comes', () => {
    const spec = exampleLayout({ chunk });
    const ids = [3, 12, 99, 30, 45, 70].map((bin) => spec.codec.textVocabulary + bin);
    const bins = narrowed(spec, ids, first).map((id) => id - spec.codec.textVocabulary);
    expect(bins).toEqual([3, 12, 25, 30, 45, 55]);
  });
});
