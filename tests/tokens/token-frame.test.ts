import { describe, expect, it } from 'vitest';
import type { Observation } from '../../src/core/observation.ts';
import { createLayout } from '../../src/tokens/layout.ts';
import { TokenEncoder, encodeObservation } from '../../src/tokens/token-frame.ts';
import { goldenInputs, observationOf } from '../golden/golden-cases.ts';
import { exampleLayout } from './example-layout.ts';

const spec = exampleLayout();
const layout = createLayout(spec);
const observations = goldenInputs(6).map((input) => observationOf(input, spec));

function first(): Observation {
  const observation = observations[0];
  if (observation === undefined) throw new RangeError('no observations');
  return observation;
}

function withArm(changes: Partial<Observation['arm']['value']>): Observation {
  const observation = first();
  return { ...observation, arm: { ...observation.arm, value: { ...observation.arm.value, ...changes } } };
}

describe('token frame', () => {
  it('has the shapes of the layout', () => {
    const { textIds, stateIds, patches } = encodeObservation(layout, first());
    expect([textIds.length, stateIds.length, patches.length]).toEqual([10, 18, 32 * 768]);
    expect(stateIds[1]).toBe(32512);
  });

  it('is the same from reused buffers as from new ones', () => {
    const encoder = new TokenEncoder(layout);
    for (const observation of observations) {
      expect(encoder.encode(observation)).toEqual(encodeObservation(layout, observation));
    }
  });

  it('is written into the same buffers every tick', () => {
    const encoder = new TokenEncoder(layout);
    const before = encoder.encode(first());
    const after = encoder.encode(first());
    expect(after.patches).toBe(before.patches);
    expect(after.stateIds).toBe(before.stateIds);
  });

  it('is the same for both layouts: they differ in positions only', () => {
    const exact = createLayout(exampleLayout({ layout: 'exact' }));
    for (const observation of observations) {
      expect(encodeObservation(exact, observation)).toEqual(encodeObservation(layout, observation));
    }
  });

  it.each([Number.NaN, Infinity, -Infinity])('is refused when a joint reports %d', (value) => {
    const broken = Float64Array.of(0, 0, value, 0, 0, 0);
    expect(() => encodeObservation(layout, withArm({ positionsRad: broken }))).toThrow(
      /E_NOT_FINITE: positions of "elbow_flex"/,
    );
    expect(() => encodeObservation(layout, withArm({ velocitiesRadPerS: broken }))).toThrow('E_NOT_FINITE');
    expect(() => encodeObservation(layout, withArm({ effortsNm: broken }))).toThrow('E_NOT_FINITE');
  });

  it('is refused for an arm of another number of joints', () => {
    expect(() => encodeObservation(layout, withArm({ effortsNm: new Float64Array(7) }))).toThrow(
      /E_JOINT_COUNT.*6 joints.*Found 7/,
    );
  });

  it('is refused without an image, naming the cameras there are', () => {
    const cameras = new Map(first().cameras);
    cameras.delete('wrist');
    expect(() => encodeObservation(layout, { ...first(), cameras })).toThrow(/E_CAMERA_MISSING.*"wrist".*front/);
  });

  it('is refused without the image of a goal, saying who shows goals', () => {
    const [front] = spec.cameras;
    const withGoal = exampleLayout({ cameras: [front, { ...front, name: 'goal', goalOf: 'front' }] });
    expect(() => encodeObservation(createLayout(withGoal), first())).toThrow(
      /E_CAMERA_MISSING.*goal "goal": camera "front" when.*armature eval/,
    );
  });

  it('is refused with an image of another size', () => {
    const cameras = new Map(first().cameras);
    const value = { camera: 'wrist', width: 32, height: 64, rgb: new Uint8Array(32 * 64 * 3), stampNs: 0 };
    cameras.set('wrist', { value, ageNs: 0, fresh: true });
    expect(() => encodeObservation(layout, { ...first(), cameras })).toThrow(/E_CAMERA_SIZE.*64x64.*32x64/);
  });
});
