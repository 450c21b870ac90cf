import fc from 'fast-check';
import type { Observation } from '../../src/core/observation.ts';
import { describe, expect, it } from 'vitest';
import { TokenStripReader, stripAttention } from '../../src/runtime/token-strip.ts';
import { createLayout } from '../../src/tokens/layout.ts';
import { exampleLayout } from '../tokens/example-layout.ts';
import { goldenInputs, observationOf } from '../golden/golden-cases.ts';

const layout = createLayout(exampleLayout());
const observation = goldenInputs(6).map((input) => observationOf(input, layout.spec))[0] as Observation;
const reader = new TokenStripReader(layout);
const target = undefined;

describe('TokenStripReader', () => {
  it('tells of each action token among which bins it was chosen, and what was likeliest of all', () => {
    const first = layout.spec.codec.textVocabulary;
    const trace = {
      actionTokens: layout.spec.actions.map((_, joint) => first + 500 + joint),
      probabilities: layout.spec.actions.map(() => 0.5),
      masked: layout.spec.actions.map((_, joint) => joint === 0),
      allowed: layout.spec.actions.map(() => ({ low: 480, high: 520 })),
      likeliest: layout.spec.actions.map(() => 700),
    };
    const strip = reader.read(observation, { target, computeNs: 1, trace });
    expect(strip?.bins).toBe(layout.spec.codec.bins);
    expect(strip?.attention).toBeNull();
    expect(strip?.actions[0]).toMatchObject({ bin: 500, isMasked: true, allowed: [480, 520], likeliest: 700 });
    expect(strip?.images.map(({ patches, columns }) => patches % columns)).toEqual(strip?.images.map(() => 0));
  });

  it('says that nobody tells, where a trace has tokens alone', () => {
    const actionTokens = layout.spec.actions.map(() => 0);
    const trace = { actionTokens, probabilities: [], masked: [], keptJoints: 2 };
    const strip = reader.read(observation, { target, computeNs: 1, trace });
    expect(strip?.actions[0]).toMatchObject({ allowed: null, likeliest: null });
    expect(strip?.actions.map(({ isKept }) => isKept)).toEqual([false, false, false, false, true, true]);
    expect(reader.read(observation, { target, computeNs: 1 })).toBeUndefined();
  });
});

describe('attention', () => {
  it('goes to what stands at each position: words, patches, values, separator', () => {
    const weights = new Float32Array(layout.observationPositions);
    const position = (kind: string, name?: string): number =>
      layout.segments.find((segment) => segment.kind === kind && (name === undefined || segment.name === name))
        ?.firstPosition ?? -1;
    const camera = layout.spec.cameras.at(-1)?.name ?? '';
    weights[position('text') + 3] = 0.25;
    weights[position('text') + layout.spec.text.positions - 1] = 0.125;
    weights[position('image', camera) + 5] = 0.5;
    weights[position('state')] = 0.0625;
    weights[position('separator')] = 0.03125;
    const found = stripAttention(layout, 'pick up the cube', weights);
    expect(found.words).toEqual([0, 0, 0, 0.25]);
    expect(found.text).toBe(0.375);
    expect(found.images.at(-1)?.[5]).toBe(0.5);
    expect(found.states[0]?.[0]).toBe(0.0625);
    expect(found.separator).toBe(0.03125);
  });

  it('loses nothing: what is told adds up to what was given', () => {
    const weight = fc.float({ min: 0, max: 1, noNaN: true });
    const length = layout.observationPositions;
    fc.assert(
      fc.property(fc.array(weight, { minLength: length, maxLength: length }), (given) => {
        const total = given.reduce((sum, value) => sum + value, 1e-6);
        const weights = Float32Array.from(given, (value) => value / total);
        const { text, images, states, separator } = stripAttention(layout, 'pick up', weights);
        const told = [text, separator, ...images.flat(), ...states.flat()].reduce((sum, value) => sum + value, 0);
        expect(told).toBeCloseTo(
          weights.reduce((sum, value) => sum + value, 0),
          2,
        );
      }),
    );
  });
});
